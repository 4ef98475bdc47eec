"""Changes several files by one patch: all of it or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.patches import FileChange, changes_in, patched
from swarm.agent.tools.tool import Arguments, Done, Tool
from swarm.errors import ToolFailure
from swarm.text import clip_lines
from swarm.workspace.text_files import as_text, described

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


class ApplyPatch(Arguments):
    """What `apply_patch` takes."""

    patch: str = Field(
        description="From the line '*** Begin Patch' to '*** End Patch'; in between '*** Add File: path',"
        " '*** Update File: path' (perhaps with '*** Move to: path') or '*** Delete File: path', each with its lines."
    )


def apply_patch(args: ApplyPatch, workspace: Workspace) -> Done:
    """Do what the patch says, in its order. Raises `ToolFailure`, and as a write does; then nothing is changed."""
    lines, files = [], []
    with workspace.all_or_nothing():
        for change in changes_in(args.patch):
            path = _apply(change, workspace)
            word = {"add": "A", "delete": "D", "update": "M"}[change.kind]
            lines.append(f"{word} {change.path}{f' -> {path}' if path != change.path else ''}")
            files.append(path)
    count = f"{len(lines)} file{'s' * (len(lines) != 1)}"
    return Done(clip_lines([f"applied to {count}:", *lines], 1), tuple(dict.fromkeys(files)))


def _apply(change: FileChange, workspace: Workspace) -> str:
    """Change one file; its path after that."""
    if change.kind == "add":
        if change.path.removeprefix("./") in workspace.paths():
            raise ToolFailure(f"{change.path} is there already; update it, or delete it first in the same patch")
        workspace.write(change.path, change.content.encode())
        return change.path
    if change.kind == "delete":
        workspace.delete(change.path)
        return change.path
    target = change.target or change.path
    if not change.hunks:
        entry = workspace.entry(change.path)
        workspace.delete(change.path)
        workspace.link(target, entry)
        return target
    text = as_text(workspace.read(change.path))
    if text is None:
        raise ToolFailure(f"{change.path} is not text ({described(change.path)}), so it cannot be patched")
    after = patched(text, change)
    if target != change.path:
        if target.removeprefix("./") in workspace.paths():
            raise ToolFailure(f"{target} is there already, so {change.path} cannot be moved to it")
        workspace.delete(change.path)
    workspace.write(target, after.encode())
    return target


TOOL = Tool(
    name="apply_patch",
    intent="edit",
    description="Add, change, move and delete text files by one patch in the apply_patch format. All or nothing.",
    arguments=ApplyPatch,
    run=apply_patch,
)
