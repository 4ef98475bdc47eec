"""Replaces one passage of a text file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.text_files import as_text, described
from swarm.agent.tools.tool import PATH_DESCRIPTION, Arguments, Tool
from swarm.errors import ToolFailure

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


class EditFile(Arguments):
    """What `edit_file` takes."""

    path: str = Field(description=PATH_DESCRIPTION)
    old_text: str = Field(
        description="The text to replace, exactly as in the file, with enough around it to occur only once."
    )
    new_text: str = Field(description="What to put in its place; empty to delete it.")


def edit_file(args: EditFile, workspace: Workspace) -> str:
    """Replace the one place where `old_text` stands."""
    text = as_text(workspace.read(args.path))
    if text is None:
        raise ToolFailure(f"{args.path} is not text ({described(args.path)}), so it cannot be edited as text")
    old, new = _with_line_ends_of(text, args)
    _check_once(text, old, args.path)
    if old == new:
        raise ToolFailure("old_text and new_text are the same; nothing to change")
    entry = workspace.write(args.path, text.replace(old, new).encode())
    return f"edited {args.path}, now {entry.size} bytes"


def _with_line_ends_of(text: str, args: EditFile) -> tuple[str, str]:
    """Models write newlines; a file with CRLF line ends keeps them."""
    if "\r\n" not in text or "\r\n" in args.old_text:
        return args.old_text, args.new_text
    return args.old_text.replace("\n", "\r\n"), args.new_text.replace("\r\n", "\n").replace("\n", "\r\n")


def _check_once(text: str, old: str, path: str) -> None:
    if not old:
        raise ToolFailure("old_text is empty; give the text to replace, or write the whole file with write_file")
    places, start = 0, text.find(old)
    while start >= 0:
        places, start = places + 1, text.find(old, start + 1)
    if places == 0:
        raise ToolFailure(f"old_text occurs 0 times in {path}; read the file and copy the text exactly")
    if places > 1:
        raise ToolFailure(f"old_text occurs {places} times in {path}; include more of the text around yours")


TOOL = Tool(
    name="edit_file",
    intent="edit",
    description="Replace one passage of a text file. old_text must occur in it exactly once. Read the file first.",
    arguments=EditFile,
    run=edit_file,
    reads=("path",),
    writes=("path",),
)
