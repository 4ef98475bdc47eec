"""Creates a text file, replaces all of it, or adds to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import PATH_DESCRIPTION, Arguments, Tool
from swarm.errors import ToolFailure, WorkspaceFileNotFound
from swarm.workspace.text_files import as_text, described

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


class WriteFile(Arguments):
    """What `write_file` takes."""

    path: str = Field(description=PATH_DESCRIPTION)
    content: str = Field(description="The whole content of the file; with append, what comes after what it has.")
    append: bool | None = Field(
        default=None,
        description="Whether to add to the end of the file, as for the next part of a long one. Null for no.",
    )


def write_file(args: WriteFile, workspace: Workspace) -> str:
    """Create a file, replace all of it or add to its end. Raises `ToolFailure` where there is no text to add to."""
    content = args.content.encode()
    try:
        workspace.entry(args.path)
        verb = "replaced"
    except WorkspaceFileNotFound:
        verb = "created"
    if args.append and verb == "replaced":
        before = workspace.read(args.path)
        if as_text(before) is None:
            raise ToolFailure(f"{args.path} is not text ({described(args.path)}), so nothing can be added to it")
        entry = workspace.write(args.path, before + content)
        return f"added {len(content)} bytes to {args.path}, now {entry.size} bytes"
    entry = workspace.write(args.path, content)
    return f"{verb} {args.path}, {entry.size} bytes"


TOOL = Tool(
    name="write_file",
    intent="write",
    description="Create a text file, replace all of its content, or add to its end.",
    arguments=WriteFile,
    run=write_file,
    reads=("path",),
    writes=("path",),
)
