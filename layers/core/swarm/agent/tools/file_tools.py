"""The tools that work on the files of a workspace, and `finish`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import Field

from swarm.agent.tools.file_search import search
from swarm.agent.tools.file_text import as_text, kind_of, lines_of
from swarm.agent.tools.tool import FINISH, Arguments, Tool
from swarm.errors import ToolFailure, WorkspaceFileNotFound
from swarm.text import MAX_OUTPUT, clip_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swarm.workspace.working_copy import Workspace

MAX_LISTED = 1_000

_PATH = "Path relative to the workspace, such as docs/report.md."


class ListFiles(Arguments):
    """What `list_files` takes."""

    prefix: str | None = Field(
        default=None, description="Only paths that begin with this, such as docs/. Null for all files."
    )


class ReadFile(Arguments):
    """What `read_file` takes."""

    path: str = Field(description=_PATH)
    start_line: int | None = Field(default=None, description="First line, from 1. Null for the beginning.")
    end_line: int | None = Field(default=None, description="Last line, inclusive. Null for the end.")


class WriteFile(Arguments):
    """What `write_file` takes."""

    path: str = Field(description=_PATH)
    content: str = Field(description="The whole content of the file.")


class EditFile(Arguments):
    """What `edit_file` takes."""

    path: str = Field(description=_PATH)
    old_text: str = Field(
        description="The text to replace, exactly as in the file, with enough around it to occur only once."
    )
    new_text: str = Field(description="What to put in its place; empty to delete it.")


class DeleteFile(Arguments):
    """What `delete_file` takes."""

    path: str = Field(description=_PATH)


class SearchFiles(Arguments):
    """What `search_files` takes."""

    pattern: str = Field(
        description="Regular expression in RE2 syntax (no lookaround or backreference), tried on each line."
    )
    path_prefix: str | None = Field(
        default=None, description="Only files whose path begins with this. Null for all files."
    )


class Finish(Arguments):
    """What `finish` takes."""

    summary: str = Field(
        description="What was done, which files hold the result, what could not be done. A few sentences."
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


def read_file(args: ReadFile, workspace: Workspace) -> str:
    """The text of a file or of a range of its lines; of a file without text, what it is."""
    data = workspace.read(args.path)
    text = as_text(data)
    if text is None:
        return f"{args.path} is not text: {kind_of(args.path)}, {len(data)} bytes"
    lines = lines_of(text)
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


def write_file(args: WriteFile, workspace: Workspace) -> str:
    """Create a file or replace all of it."""
    try:
        workspace.entry(args.path)
        verb = "replaced"
    except WorkspaceFileNotFound:
        verb = "created"
    entry = workspace.write(args.path, args.content.encode())
    return f"{verb} {args.path}, {entry.size} bytes"


def edit_file(args: EditFile, workspace: Workspace) -> str:
    """Replace the one place where `old_text` stands."""
    text = as_text(workspace.read(args.path))
    if text is None:
        raise ToolFailure(f"{args.path} is not text ({kind_of(args.path)}), so it cannot be edited as text")
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


def delete_file(args: DeleteFile, workspace: Workspace) -> str:
    """Remove a file."""
    workspace.delete(args.path)
    return f"deleted {args.path}"


def search_files(args: SearchFiles, workspace: Workspace) -> str:
    """The lines that match, as path:line: text."""
    return search(args.pattern, (args.path_prefix or "").removeprefix("./").lstrip("/"), workspace)


def finish(args: Finish, _workspace: Workspace) -> str:
    """Accept the model's own word that it is done; the loop ends the run's work on it."""
    return f"finished, with a summary of {len(args.summary)} characters"


_TOOLS: tuple[Tool[Any], ...] = (
    Tool("list_files", "list", "List the files of the workspace with size and type.", ListFiles, list_files),
    Tool(
        "read_file",
        "read",
        "Read a text file, whole or by lines. A long text is cut in the middle; read the rest by lines. Of a"
        " file that is not text you get type and size.",
        ReadFile,
        read_file,
    ),
    Tool("write_file", "write", "Create a text file, or replace all of its content.", WriteFile, write_file),
    Tool(
        "edit_file",
        "edit",
        "Replace one passage of a text file. old_text must occur in it exactly once. Read the file first.",
        EditFile,
        edit_file,
    ),
    Tool("delete_file", "delete", "Delete a file of the workspace.", DeleteFile, delete_file),
    Tool(
        "search_files",
        "search",
        "Search the text files for a regular expression, line by line; gives path, line number and line.",
        SearchFiles,
        search_files,
    ),
    Tool(
        FINISH,
        "finish",
        "Say that the task is done, once every file is written and checked. Nothing can be done after it.",
        Finish,
        finish,
    ),
)

FILE_TOOLS: Mapping[str, Tool[Any]] = MappingProxyType({tool.name: tool for tool in _TOOLS})
"""Every tool that runs in the agent's own process, by name."""
