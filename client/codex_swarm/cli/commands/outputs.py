"""What is in a run's workspace, and what the run recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from codex_swarm.cli import output as words
from codex_swarm.cli.output import Output
from codex_swarm.cli.session import RunId, Session
from codex_swarm.text import printable

STDOUT = Path("-")
Turn = Annotated[int | None, typer.Option(min=0, help="As it was after this turn.", show_default=False)]
_COLOURS = {"+": "green", "-": "red", "@": "cyan", "d": "bold", "i": "bold"}
"""By the first character of a patch's line."""


def files(session: Session, run_id: RunId, turn: Turn = None) -> None:
    """List the files of a run: path, size and type."""
    output = session.output
    with session.client() as client:
        if output.as_json:
            output.json(client.list_files(run_id, turn=turn))
            return
        listed = list(client.iter_files(run_id, turn=turn))
    size = words.size if output.is_terminal else str
    rows = [(file.path, size(file.size_bytes), file.type) for file in listed]
    output.table(["path", "size", "type"], rows, empty="no files")


def get(
    session: Session,
    run_id: RunId,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Files; all of them when left out.", show_default=False),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar="PLACE", help="A folder, a file, or `-` for standard output.", show_default=False),
    ] = None,
    turn: Turn = None,
) -> None:
    """Download files of a run.

    Prints where they are. Named files go into the current folder, all of them into a folder that is called like
    the run. What is there already
    is not fetched again.
    """
    output = session.output
    saved: list[Path] = []
    with session.client() as client:
        if not paths:
            folder = Path(run_id) if to is None else to
            got = client.download_workspace(run_id, folder, turn=turn)
            saved = [got.folder / path for path in got.paths]
        elif to == STDOUT:
            for path in paths:
                output.bytes(client.get_file(run_id, path, turn=turn))
            return
        else:
            saved = [client.download_file(run_id, path, Path() if to is None else to, turn=turn) for path in paths]
    _told(output, saved)


def archive(
    session: Session,
    run_id: RunId,
    to: Annotated[Path, typer.Option(metavar="PLACE", help="A folder or a file.")] = Path(),
    turn: Turn = None,
) -> None:
    """Download all files of a run as one zip file."""
    with session.client() as client:
        saved = client.download_archive(run_id, to, turn=turn)
    _told(session.output, [saved])


def _told(output: Output, saved: list[Path]) -> None:
    if output.as_json:
        output.json({"saved": [str(path) for path in saved]})
        return
    for path in saved:
        output.line(str(path))


def diff(
    session: Session,
    run_id: RunId,
    stat: Annotated[bool, typer.Option("--stat", help="Only which files changed, and how.")] = False,
    from_turn: Annotated[int | None, typer.Option(min=0, help="Since this turn.", show_default=False)] = None,
    to_turn: Annotated[int | None, typer.Option(min=0, help="Until this turn.", show_default=False)] = None,
) -> None:
    """Show what a run changed, as a patch for `git apply`."""
    output = session.output
    with session.client() as client:
        if stat or output.as_json:
            found = client.get_diff(run_id, from_turn=from_turn, to_turn=to_turn)
            if output.as_json:
                output.json(found)
                return
            output.table(["", "path"], [(file.status, file.path) for file in found.summary.files])
            output.remark((found.summary.shortstat, "dim"))
            return
        patch = client.get_patch(run_id, from_turn=from_turn, to_turn=to_turn)
    if not output.is_terminal:
        output.bytes(patch.encode())
        return
    for line in patch.splitlines():
        output.show(Text(printable(line), style=_COLOURS.get(line[:1], ""), overflow="fold"))


def artifacts(
    session: Session,
    run_id: RunId,
    get_id: Annotated[
        str | None,
        typer.Option("--get", metavar="ID", help="Write this one to standard output.", show_default=False),
    ] = None,
) -> None:
    """List what a run recorded: id, kind, size and path."""
    output = session.output
    with session.client() as client:
        if get_id is not None:
            output.bytes(client.get_artifact(run_id, get_id))
            return
        found = client.get_artifacts(run_id)
    if output.as_json:
        output.json(found)
        return
    size = words.size if output.is_terminal else str
    rows = [(artifact.id, artifact.kind, size(artifact.bytes), artifact.path) for artifact in found]
    output.table(["artifact", "kind", "size", "path"], rows, empty="no artifacts")
