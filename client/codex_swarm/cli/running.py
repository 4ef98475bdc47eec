"""One command from its words to its exit code: whatever goes wrong is one line for people, or one object of JSON."""

from __future__ import annotations

import io
import json
import sys
from functools import cache
from typing import Any

import typer
from typer.main import get_command

from codex_swarm.cli.app import app
from codex_swarm.cli.exits import Exit, of_error
from codex_swarm.cli.session import Session
from codex_swarm.errors import ApiError, CodexSwarmError


def run(arguments: list[str]) -> int:
    """Runs the command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What an old terminal cannot show is better seen as an escape than not at all.
            stream.reconfigure(errors="backslashreplace")
    session = Session()
    try:
        _command().main(arguments, "codex-swarm", obj=session)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except CodexSwarmError as error:
        _tell(session, error)
        return of_error(error)
    except (KeyboardInterrupt, typer.Abort):
        return Exit.INTERRUPTED
    return Exit.SUCCEEDED


@cache
def _command() -> Any:
    # Made of all functions' signatures, so once a process. Typer gives its type no public name.
    return get_command(app)


def _tell(session: Session, error: CodexSwarmError) -> None:
    code = of_error(error)
    if session.as_json:
        told = {"detail": str(error), "code": code.name.lower()}
        if isinstance(error, ApiError):
            told = {"detail": error.detail, "code": error.code}
        session.output.err.file.write(json.dumps({"error": told}, ensure_ascii=False) + "\n")
        return
    session.output.remark(("codex-swarm: ", "bold red"), str(error))
    if code in {Exit.UNREACHABLE, Exit.KEY}:
        session.output.remark(("`codex-swarm doctor` says what is wrong", "dim"))
