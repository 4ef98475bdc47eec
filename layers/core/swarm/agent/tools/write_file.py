"""Creates a text file, or replaces all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import PATH_DESCRIPTION, Arguments, Tool
from swarm.errors import WorkspaceFileNotFound

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


class WriteFile(Arguments):
    """What `write_file` takes."""

    path: str = Field(description=PATH_DESCRIPTION)
    content: str = Field(description="The whole content of the file.")


def write_file(args: WriteFile, workspace: Workspace) -> str:
    """Create a file or replace all of it."""
    try:
        workspace.entry(args.path)
        verb = "replaced"
    except WorkspaceFileNotFound:
        verb = "created"
    entry = workspace.write(args.path, args.content.encode())
    return f"{verb} {args.path}, {entry.size} bytes"


TOOL = Tool(
    name="write_file",
    intent="write",
    description="Create a text file, or replace all of its content.",
    arguments=WriteFile,
    run=write_file,
    reads=(),
    writes=("path",),
)
