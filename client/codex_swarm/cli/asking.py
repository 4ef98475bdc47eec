"""What options and files say of a request: its instructions, schema, tools and criteria."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from codex_swarm.cli.templates import TEMPLATES, TemplateName
from codex_swarm.errors import InvalidArgument
from codex_swarm.models import ToolCreate
from codex_swarm.shaping import shaped

FROM_STDIN = "-"


def words_of(text: str) -> str:
    """The text; what standard input has where it is `-`."""
    return sys.stdin.read() if text == FROM_STDIN else text


def request_of(instructions: str, **options: object) -> dict[str, object]:
    """The request for each run of a batch or a schedule: its instructions, `-` reads them, and what was given."""
    return {"instructions": words_of(instructions)} | {
        field: value for field, value in options.items() if value is not None
    }


def schema_in(path: Path | None) -> dict[str, Any] | None:
    """The JSON Schema of a file. Raises `InvalidArgument`."""
    return _object_in(path, "JSON Schema")


def _object_in(path: Path | None, what: str) -> dict[str, Any] | None:
    if path is None:
        return None
    found = _json_in(path, what)
    if not isinstance(found, dict):
        raise InvalidArgument(f"{path} has no {what}: it is no object")
    return found


def tools_in(path: Path | None) -> list[ToolCreate]:
    """The tools of a file. Raises `InvalidArgument`."""
    if path is None:
        return []
    found = _json_in(path, "list of tools")
    if not isinstance(found, list):
        raise InvalidArgument(f"{path} has no list of tools: each has a name, a description and parameters")
    return [shaped(ToolCreate, **(each if isinstance(each, dict) else {"name": each})) for each in found]


def _json_in(path: Path, what: str) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidArgument(f"{path} has no {what}: {error}") from error


def instructions_of(given: str, template: TemplateName | None) -> str:
    """What a run is to do, of the template and what was given. Raises `InvalidArgument` where that is nothing."""
    parts = [TEMPLATES[template].instructions] if template else []
    asked = "\n\n".join([*parts, *filter(str.strip, [words_of(given)])])
    if not asked:
        raise InvalidArgument("say what to do, or name a --template; `codex-swarm run --help` has examples")
    return asked


def accepting(words: list[str], path: Path | None, max_rounds: int | None) -> dict[str, Any] | None:
    """What the work has to be like: what the file says, and the words besides."""
    given = _object_in(path, "criteria") or {}
    if not words and not given:
        if max_rounds is not None:
            raise InvalidArgument("--max-rounds is about criteria; give --criterion or --acceptance, too")
        return None
    rounds = {} if max_rounds is None else {"max_rounds": max_rounds}
    return {**given, "criteria": [*given.get("criteria", []), *words], **rounds}
