"""Convert one document, from this machine or of a run, and bring what was made here."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from codex_swarm.cli.sending import batches, files_of
from codex_swarm.cli.session import ProjectId, Session
from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import InvalidArgument, NotFound
from codex_swarm.models import DocumentTemplate
from codex_swarm.saving import local_files
from codex_swarm.shaping import file_path


class Changes(StrEnum):
    """What becomes of tracked changes."""

    ACCEPT = "accept"
    REJECT = "reject"
    ALL = "all"


def _option(metavar: str, told: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(metavar=metavar, help=told, show_default=False)
    return option


def convert(
    session: Session,
    source: Annotated[str, typer.Argument(help="A file of this machine; with --run a path of that run.")],
    target: Annotated[Path, typer.Argument(help="Where to put what is made; its suffix is the format.")],
    run_id: Annotated[str | None, typer.Option("--run", metavar="RUN", help="Of this run.", show_default=False)] = None,
    beside: Annotated[
        list[Path] | None, _option("PATH", "A file or folder to send along, such as pictures; may be given often.")
    ] = None,
    project_id: ProjectId = None,
    reference_document: Annotated[str | None, _option("PATH", "Its styles are the target's.")] = None,
    template: Annotated[DocumentTemplate | None, _option("NAME", "In its place a look by name.")] = None,
    changes: Annotated[Changes | None, _option("WHAT", "What becomes of tracked changes.")] = None,
    table_of_contents: Annotated[bool, typer.Option("--toc", help="Begin with a table of contents.")] = False,
    title: Annotated[str | None, _option("TEXT", "In place of its own.")] = None,
    author: Annotated[str | None, _option("NAMES", "Several are separated by semicolons.")] = None,
    subject: Annotated[str | None, _option("TEXT", "In the file's properties.")] = None,
    date: Annotated[str | None, _option("TEXT", "As it is to be printed.")] = None,
    bibliography: Annotated[str | None, _option("PATH", "For citations such as [@key].")] = None,
    citation_style: Annotated[str | None, _option("PATH", "A .csl file.")] = None,
    language: Annotated[str | None, _option("TAG", "Such as de-CH; else that of the document.")] = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long to wait at most.")] = 600.0,
) -> None:
    """Convert one document, and download what was made.

    No model works on it. Prints where the result is, and on standard error what it could not show.

        codex-swarm convert plan.md plan.pdf --template report
        codex-swarm convert plan.md plan.docx --run RUN
    """
    if not target.suffix or target.is_dir():
        raise InvalidArgument(f"{target} is no file with a suffix, which is the format: such as plan.pdf")
    named = [source, *filter(None, (reference_document, bibliography, citation_style))]
    local = files_of([*map(Path, named), *(beside or ())] if run_id is None else beside or ())
    project = session.project(project_id)
    with session.client() as client:
        if run_id is not None and project_id is None:
            project = client.get_run(run_id).project_id
        begun = client.convert(
            project,
            _there(source, run_id),
            target.name,
            from_run_id=run_id,
            uploads=[client.upload_files(project, batch) for batch in batches(local)],
            reference_document=reference_document and _there(reference_document, run_id),
            template=template,
            changes=None if changes is None else changes.value,
            table_of_contents=table_of_contents,
            title=title,
            language=language,
            author=author,
            subject=subject,
            date=date,
            bibliography=bibliography and _there(bibliography, run_id),
            citation_style=citation_style and _there(citation_style, run_id),
        )
        ended = client.wait(begun.id, timeout, check=True)
        saved = [str(_brought(client, ended.id, path, target)) for path in _made(client, ended.id, target.name)]
    told = ended.closing_words or ""
    session.output.result({"run_id": ended.id, "saved": saved, "told": told}, "\n".join(saved))
    if not session.as_json:
        session.output.remark((told, "dim"))


def _made(client: CodexSwarmClient, run_id: str, target: str) -> list[str]:
    """The target, and what belongs to it: pictures beside a text, further sheets of a workbook."""
    try:
        changed = client.get_diff(run_id).summary.files
    except NotFound:
        # What the run began with had the very same file.
        return [target]
    return [target, *sorted(file.path for file in changed if file.status != "D" and file.path != target)]


def _brought(client: CodexSwarmClient, run_id: str, path: str, target: Path) -> Path:
    place = target.parent / file_path(path)
    with local_files():
        place.parent.mkdir(parents=True, exist_ok=True)
    return client.download_file(run_id, path, place)


def _there(path: str, run_id: str | None) -> str:
    """The path as the workspace has it: a file of this machine goes under its own name. Raises `InvalidArgument`."""
    if run_id is not None:
        return path
    if not Path(path).is_file():
        raise InvalidArgument(f"there is no file {path}; with --run it is a path of that run")
    return Path(path).name
