"""Lists the files of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import Arguments, Tool
from swarm.text import clip_lines

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


MAX_LISTED = 1_000


class ListFiles(Arguments):
    """What `list_files` takes."""

    prefix: str | None = Field(
        default=None, description="Only paths that begin with this, such as docs/. Null for all files."
    )


def list_files(args: ListFiles, workspace: Workspace) -> str:
    """One line a file: path, size in bytes, type."""
    prefix = (args.prefix or "").removeprefix("./").lstrip("/")
    paths = [path for path in workspace.paths() if path.startswith(prefix)]
    if not paths:
        return f"no file begins with {prefix}" if prefix else "the workspace is empty"
    entries = [(path, workspace.entry(path)) for path in paths[:MAX_LISTED]]
    lines = [f"{path}  {entry.size} bytes  {entry.type}" for path, entry in entries]
    if len(paths) > MAX_LISTED:
        lines.append(f"[{len(paths) - MAX_LISTED} of {len(paths)} files not shown; list a narrower prefix]")
    return clip_lines(lines, 1)


TOOL = Tool(
    name="list_files",
    intent="list",
    description="List the files of the workspace with size and type.",
    arguments=ListFiles,
    run=list_files,
    writes=(),
)
