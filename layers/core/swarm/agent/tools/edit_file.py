"""Replaces passages of a text file: one, several, or each that is alike; all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.passages import Place, nearest, places_of, replaced
from swarm.agent.tools.tool import PATH_DESCRIPTION, Arguments, Tool
from swarm.errors import ToolFailure
from swarm.workspace.text_files import as_text, described

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace

MAX_EDITS = 100


class Edit(Arguments):
    """One replacement."""

    old_text: str = Field(
        description="The text to replace, as read_file shows it, with enough around it to occur only once."
    )
    new_text: str = Field(description="What to put in its place; empty to delete it.")


class EditFile(Arguments):
    """What `edit_file` takes: one replacement, or `edits`."""

    path: str = Field(description=PATH_DESCRIPTION)
    old_text: str | None = Field(default=None, description="For one edit: the text to replace. Null with edits.")
    new_text: str | None = Field(
        default=None, description="For one edit: what to put in its place; empty to delete it. Null with edits."
    )
    replace_all: bool | None = Field(default=None, description="Whether to replace every occurrence. Null for no.")
    edits: list[Edit] | None = Field(
        default=None, description="Several edits of this file, done in this order, all or none. Null for one edit."
    )


def edit_file(args: EditFile, workspace: Workspace) -> str:
    """Make the edits, one after the other; with one that does not fit, none is made. Raises `ToolFailure`."""
    text = as_text(workspace.read(args.path))
    if text is None:
        raise ToolFailure(f"{args.path} is not text ({described(args.path)}), so it cannot be edited as text")
    edits, places = _edits(args), 0
    for number, edit in enumerate(edits, start=1):
        which = f"edit {number} of {len(edits)}: " if len(edits) > 1 else ""
        try:
            text, more = _edited(text, edit, args.path, replace_all=bool(args.replace_all))
        except ToolFailure as failure:
            none = "; none of the edits was made" if len(edits) > 1 else ""
            raise ToolFailure(f"{which}{failure}{none}") from None
        places += more
    entry = workspace.write(args.path, text.encode())
    return f"edited {args.path}{f' in {places} places' if places > 1 else ''}, now {entry.size} bytes"


def _edits(args: EditFile) -> Sequence[Edit]:
    alone = args.old_text is not None or args.new_text is not None
    if alone == bool(args.edits):
        raise ToolFailure("give old_text and new_text, or edits, and not both")
    if args.edits:
        if len(args.edits) > MAX_EDITS:
            raise ToolFailure(f"{len(args.edits)} edits are too many at once; give at most {MAX_EDITS}")
        return args.edits
    return [Edit(old_text=args.old_text or "", new_text=args.new_text or "")]


def _edited(text: str, edit: Edit, path: str, *, replace_all: bool) -> tuple[str, int]:
    """The text after one edit, and in how many places it was made."""
    if not edit.old_text:
        raise ToolFailure("old_text is empty; give the text to replace, or write the whole file with write_file")
    if edit.old_text == edit.new_text:
        raise ToolFailure("old_text and new_text are the same; nothing to change")
    places = places_of(text, edit.old_text)
    if not places:
        close = nearest(text, edit.old_text)
        hint = f"the nearest is {close}" if close else "nothing is like it"
        raise ToolFailure(f"old_text occurs 0 times in {path}; {hint}. Read the file and copy the text")
    if len(places) > 1 and not replace_all:
        lines = ", ".join(str(text.count("\n", 0, place.start) + 1) for place in places[:10])
        raise ToolFailure(
            f"old_text occurs {len(places)} times in {path} (lines {lines}); include more of the text around yours, or"
            " set replace_all"
        )
    apart: list[Place] = []
    for place in places:
        if not apart or place.start >= apart[-1].end:
            apart.append(place)
    for place in reversed(apart):
        text = replaced(text, place, edit.new_text)
    return text, len(apart)


TOOL = Tool(
    name="edit_file",
    intent="edit",
    description=(
        "Replace passages of a text file: one that occurs once, several with edits, every occurrence with replace_all."
        " All or nothing. Read the file first."
    ),
    arguments=EditFile,
    run=edit_file,
    reads=("path",),
    writes=("path",),
)
