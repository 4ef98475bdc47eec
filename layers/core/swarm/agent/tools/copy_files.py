"""Copies files of the workspace, one or all that match a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swarm.agent.tools.moving import FilesAndTarget, report, targets_of
from swarm.agent.tools.tool import Done, Tool

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


def copy_files(args: FilesAndTarget, workspace: Workspace) -> Done:
    """Copy all of them or none; no byte is read. Raises `ToolFailure`, and as a write does."""
    targets = targets_of(args, workspace)
    with workspace.all_or_nothing():
        for source, target in targets.items():
            workspace.link(target, workspace.entry(source))
    return report("copied", targets)


TOOL = Tool(
    name="copy_files",
    intent="copy",
    description="Copy a file, a folder, or every file that matches a pattern. All or nothing.",
    arguments=FilesAndTarget,
    run=copy_files,
)
