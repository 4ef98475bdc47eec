"""Reads a text file, whole or by lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import PATH_DESCRIPTION, Arguments, Tool
from swarm.errors import ToolFailure
from swarm.text import MAX_OUTPUT, clip_lines
from swarm.workspace.text_files import as_text, described, lines_of

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


class ReadFile(Arguments):
    """What `read_file` takes."""

    path: str = Field(description=PATH_DESCRIPTION)
    start_line: int | None = Field(default=None, description="First line, from 1. Null for the beginning.")
    end_line: int | None = Field(default=None, description="Last line, inclusive. Null for the end.")


def read_file(args: ReadFile, workspace: Workspace) -> str:
    """The text of a file or of a range of its lines; of a file without text, what it is."""
    data = workspace.read(args.path)
    text = as_text(data)
    if text is None:
        return f"{args.path} is not text: {described(args.path)}, {len(data)} bytes"
    # A byte order mark says how to read the file, and is none of its text.
    lines = lines_of(text.removeprefix("\ufeff"))
    if not lines:
        return f"[{args.path} is empty]"
    first = args.start_line or 1
    last = min(args.end_line or len(lines), len(lines))
    if not 1 <= first <= last:
        raise ToolFailure(f"lines {first} to {last} are not in {args.path}, which has lines 1 to {len(lines)}")
    if last - first + 1 == len(lines):
        return clip_lines(lines, 1)
    heading = f"[{args.path}, lines {first} to {last} of {len(lines)}]"
    return f"{heading}\n{clip_lines(lines[first - 1 : last], first, MAX_OUTPUT - len(heading) - 1)}"


TOOL = Tool(
    name="read_file",
    intent="read",
    description=(
        "Read a text file, whole or by lines. A long text is cut in the middle; read the rest by lines. Of a"
        " file that is not text you get type and size."
    ),
    arguments=ReadFile,
    run=read_file,
    reads=("path",),
    writes=(),
)
