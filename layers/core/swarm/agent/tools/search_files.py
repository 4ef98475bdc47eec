"""Searches the text files of the workspace for a regular expression.

The pattern is untrusted, so it is matched by RE2, whose time is linear in the text whatever the pattern
(https://github.com/google/re2/wiki/WhyRE2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import re2  # type: ignore[import-untyped]
from pydantic import Field

from swarm.agent.tools.text_files import as_text, lines_of
from swarm.agent.tools.tool import Arguments, Tool
from swarm.errors import ToolFailure
from swarm.text import clip_lines
from swarm.workspace.file_types import is_binary_type

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


MAX_MATCHES = 200
MAX_FILES = 1_000
"""Files read for one search: each may be a request to storage."""
MAX_FILE_BYTES = 4 * 1024 * 1024
_MAX_LINE = 300

_Finder = Callable[[str], object]
"""Truthy for a text in which the pattern occurs."""


class SearchFiles(Arguments):
    """What `search_files` takes."""

    pattern: str = Field(
        description="Regular expression in RE2 syntax (no lookaround or backreference), tried on each line."
    )
    path_prefix: str | None = Field(
        default=None, description="Only files whose path begins with this. Null for all files."
    )


def search_files(args: SearchFiles, workspace: Workspace) -> str:
    """Matching lines as `path:number: line`, the first of them when there are many. Raises `ToolFailure`."""
    compiled = _compile(args.pattern)
    prefix = (args.path_prefix or "").removeprefix("./").lstrip("/")
    paths = [path for path in workspace.paths() if path.startswith(prefix)]
    candidates = [path for path in paths if _may_hold_text(path, workspace)]
    found: list[str] = []
    for path in candidates[:MAX_FILES]:
        found.extend(_matches(compiled, path, workspace))
        if len(found) > MAX_MATCHES:
            note = f"[more than {MAX_MATCHES} matches; narrow the pattern or path_prefix]"
            return clip_lines([*found[:MAX_MATCHES], note], 1)
    if len(candidates) > MAX_FILES:
        found.append(f"[searched only {MAX_FILES} of {len(candidates)} files; narrow path_prefix for the others]")
    return clip_lines(found, 1) if found else f"no line matches in {len(candidates)} text files"


def _compile(pattern: str) -> _Finder:
    options = re2.Options()
    options.log_errors = False
    try:
        finder: _Finder = re2.compile(pattern, options).search
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args else "unknown syntax"
        raise ToolFailure(f"the pattern is no regular expression in RE2 syntax: {reason}") from None
    return finder


def _may_hold_text(path: str, workspace: Workspace) -> bool:
    """Judged by name and size. A name without a suffix (Makefile) tells nothing, so its bytes decide."""
    named_binary = is_binary_type(path) and PurePosixPath(path).suffix != ""
    return not named_binary and workspace.entry(path).size <= MAX_FILE_BYTES


def _matches(occurs_in: _Finder, path: str, workspace: Workspace) -> Iterator[str]:
    text = as_text(workspace.read(path))
    if text is None:
        return
    for number, line in enumerate(lines_of(text), start=1):
        if occurs_in(line):
            yield f"{path}:{number}: {line[:_MAX_LINE]}"


TOOL = Tool(
    name="search_files",
    intent="search",
    description="Search the text files for a regular expression, line by line; gives path, line number and line.",
    arguments=SearchFiles,
    run=search_files,
    writes=(),
)
