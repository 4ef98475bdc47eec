"""Skills: list them, keep one from a folder, drop it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codex_swarm.cli import output as words
from codex_swarm.cli.session import ProjectId, Session

Name = Annotated[str, typer.Argument(metavar="NAME", help="The skill's name.", show_default=False)]
ForAll = Annotated[bool, typer.Option("--all-projects", help="A skill of all projects, not of one.")]


def skills(session: Session, project_id: ProjectId = None, for_all: ForAll = False) -> None:
    """List what runs can use; show, set or delete one.

    Prints name, whose it is, since when, size, and what it is for.
    """
    with session.client() as client:
        found = client.list_skills(None if for_all else session.project(project_id))
    rows = (
        (each.name, each.scope, words.when(each.changed_at), f"{each.bytes:,} bytes", each.description)
        for each in found
    )
    session.output.listing(found, ["skill", "of", "since", "size", "for"], rows, empty="no skills")


def show_skill(session: Session, name: Name, project_id: ProjectId = None, for_all: ForAll = False) -> None:
    """Show a skill and its files."""
    with session.client() as client:
        found = client.get_skill(name, project_id=None if for_all else session.project(project_id))
    output = session.output
    if output.as_json:
        output.json(found)
        return
    output.line((found.name, "bold"), f"  version {found.version[:12]}")
    output.line(found.description)
    output.table(["file", "bytes"], [(file.path, f"{file.size:,}") for file in found.files])


def set_skill(
    session: Session,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder with a SKILL.md.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="The skill's name; the folder's when left out.")] = None,
    project_id: ProjectId = None,
    for_all: ForAll = False,
    upload_to: Annotated[
        str | None,
        typer.Option(metavar="PROJECT", help="Whose uploads take files that are no short texts.", show_default=False),
    ] = None,
) -> None:
    """Keep a folder as a skill, in place of the one that had its name."""
    with session.client() as client:
        kept = client.put_skill(
            name or folder.resolve().name,
            folder,
            project_id=None if for_all else session.project(project_id),
            upload_to=upload_to,
        )
    session.output.result(kept, (kept.name, "bold"), f" version {kept.version[:12]}, {len(kept.files)} files")


def delete_skill(session: Session, name: Name, project_id: ProjectId = None, for_all: ForAll = False) -> None:
    """Drop a skill; runs that have begun keep it."""
    with session.client() as client:
        client.delete_skill(name, project_id=None if for_all else session.project(project_id))
    session.output.result({"name": name, "status": "deleted"}, "deleted ", (name, "bold"))
