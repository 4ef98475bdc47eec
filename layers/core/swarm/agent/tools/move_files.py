"""Moves or renames files of the workspace, one or all that match a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swarm.agent.tools.moving import FilesAndTarget, report, targets_of
from swarm.agent.tools.tool import Done, Tool

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


def move_files(args: FilesAndTarget, workspace: Workspace) -> Done:
    """Move all of them or none; no byte is read. Raises `ToolFailure`, and as a write does."""
    targets = targets_of(args, workspace)
    entries = {source: workspace.entry(source) for source in targets}
    with workspace.all_or_nothing():
        for source in targets:
            workspace.delete(source)
        for source, target in targets.items():
            workspace.link(target, entries[source])
    return report("moved", targets)


TOOL = Tool(
    name="move_files",
    intent="move",
    description="Move or rename a file, a folder, or every file that matches a pattern. All or nothing.",
    arguments=FilesAndTarget,
    run=move_files,
)
