"""Reads a skill that the tenant keeps for its runs: what it says, and which files come with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import Arguments, Tool
from swarm.errors import ToolFailure
from swarm.runs.skills import FOLDER, MAIN, folder_of
from swarm.text import MAX_OUTPUT, clip, clip_lines

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace

_ROOM_FOR_FILES = 4_000


class ReadSkill(Arguments):
    """What `read_skill` takes."""

    name: str = Field(description="The skill's name, as the instructions list it.")


def read_skill(args: ReadSkill, workspace: Workspace) -> str:
    """The text of the skill, then its other files."""
    folder = folder_of(args.name.strip())
    others = [path for path in workspace.provided if path.startswith(folder) and path != f"{folder}{MAIN}"]
    if f"{folder}{MAIN}" not in workspace.provided:
        names = sorted({path.split("/")[1] for path in workspace.provided})
        raise ToolFailure(f"there is no skill {args.name[:64]!r}; there are {', '.join(names) or 'none'}")
    text = clip(workspace.read(f"{folder}{MAIN}").decode(), MAX_OUTPUT - _ROOM_FOR_FILES - 200)
    if not others:
        return text
    listed = clip_lines(others, 1, _ROOM_FOR_FILES)
    note = f"[files of this skill, to be read, used in commands and named in conversions; nothing in {FOLDER} changes]"
    return f"{text}\n\n{note}\n{listed}"


TOOL = Tool(
    name="read_skill",
    intent="read",
    description="Read a skill: how the people whom you work for want such a task to be done.",
    arguments=ReadSkill,
    run=read_skill,
    reads=(),
    writes=(),
)
