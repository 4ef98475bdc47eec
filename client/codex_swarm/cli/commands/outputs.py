"""What is in a run's workspace, and what the run recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from codex_swarm.cli import output as words
from codex_swarm.cli.output import Output
from codex_swarm.cli.session import ProjectId, RunId, Session
from codex_swarm.models import SearchRead
from codex_swarm.text import printable

STDOUT = Path("-")
_NAMED = 10
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
    html: Annotated[bool, typer.Option("--html", help="A page that shows it word by word.")] = False,
    from_turn: Annotated[int | None, typer.Option(min=0, help="Since this turn.", show_default=False)] = None,
    to_turn: Annotated[int | None, typer.Option(min=0, help="Until this turn.", show_default=False)] = None,
) -> None:
    """Show what a run changed, as a patch for `git apply`.

    Documents are compared by their text as far as it is known, in lines that `git apply` passes over; `search --read`
    has them read.
    """
    output = session.output
    with session.client() as client:
        if html:
            output.bytes(client.get_diff_page(run_id, from_turn=from_turn, to_turn=to_turn).encode())
            return
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


def search(
    session: Session,
    query: Annotated[str, typer.Argument(metavar="WORDS", help="Words that stand next to each other.")],
    run_id: Annotated[str | None, typer.Option("--run", metavar="RUN", help="Of this run.", show_default=False)] = None,
    project_id: ProjectId = None,
    read: Annotated[bool, typer.Option("--read", help="Have documents read first that were not yet.")] = False,
    most: Annotated[int, typer.Option(min=1, help="At most so many lines.")] = 200,
) -> None:
    """Look for words in the files of a run, or of the newest runs of a project.

    Documents are searched by their text. Prints path, place and line, and of a project the run first.
    """
    output = session.output
    with session.client() as client:

        def find() -> SearchRead:
            if run_id is not None:
                return client.search_run(run_id, query, most=most)
            return client.search_project(session.project(project_id), query, most=most)

        found = find()
        unread = list(dict.fromkeys(each.run_id for each in found.not_searched if each.unread))
        if read and unread:
            for each in unread:
                client.read_texts(each)
            found = find()
    if output.as_json:
        output.json(found)
        return
    rows = [(*(() if run_id else (hit.run_id,)), hit.path, hit.place, hit.snippet) for hit in found.hits]
    output.table([*([] if run_id else ["run"]), "path", "place", "line"], rows, empty="no line has these words")
    output.remark((f"{found.searched} files searched", "dim"))
    for missing in found.not_searched[:_NAMED]:
        output.remark(f"not searched: {missing.path}: {missing.reason}")
    if found.not_searched_total > _NAMED:
        output.remark(f"not searched: {found.not_searched_total - _NAMED} more; --json lists them")
    if any(each.unread for each in found.not_searched):
        output.remark("--read has documents read first that were not yet")
    if found.next_cursor is not None:
        output.remark("there are more; --most shows them")


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
