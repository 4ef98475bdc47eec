"""Removes a file of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import PATH_DESCRIPTION, Arguments, Tool

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


class DeleteFile(Arguments):
    """What `delete_file` takes."""

    path: str = Field(description=PATH_DESCRIPTION)


def delete_file(args: DeleteFile, workspace: Workspace) -> str:
    """Remove a file."""
    workspace.delete(args.path)
    return f"deleted {args.path}"


TOOL = Tool(
    name="delete_file",
    intent="delete",
    description="Delete a file of the workspace.",
    arguments=DeleteFile,
    run=delete_file,
    reads=(),
    writes=("path",),
)
