"""Searches the workspace for a regular expression: text files by line, documents by the places of their text.

The pattern is untrusted, so it is matched by RE2, whose time is linear in the text whatever the pattern
(https://github.com/google/re2/wiki/WhyRE2). Whatever could not be searched is named: that nothing was found says
nothing about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

import re2  # type: ignore[import-untyped]
from pydantic import Field

from swarm.agent.tools.tool import Arguments, Tool
from swarm.errors import ToolFailure
from swarm.text import clip_lines
from swarm.workspace.document_texts import MAX_DOCUMENT_BYTES, DocumentText, is_document, is_markup, is_web_page
from swarm.workspace.file_types import file_type, is_binary_type
from swarm.workspace.searching import Find, finder, matches_in_document, matches_in_text
from swarm.workspace.text_files import described, lines_of, searchable

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


MAX_MATCHES = 200
MAX_FILES = 1_000
"""Files read for one search: each may be a request to storage."""
MAX_DOCUMENTS = 500
"""Documents looked into by one search; each may have to be read first."""
MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_TEXT = 256 * 1024 * 1024
"""Bytes of text files read for one search."""
_NAMED = 20
_EITHER_CASE = "[no line matches as it is written; these match with letters of either case:]"


class _Compiled(Protocol):
    """What re2 gives for a pattern."""

    def search(self, text: str) -> _Found | None: ...


class _Found(Protocol):
    def span(self) -> tuple[int, int]: ...


class SearchFiles(Arguments):
    """What `search_files` takes."""

    pattern: str = Field(
        description="Regular expression in RE2 syntax (no lookaround or backreference), tried on each line."
    )
    path_prefix: str | None = Field(
        default=None, description="Only files whose path begins with this. Null for all files."
    )


@dataclass
class _Searched:
    """What a search found, what it went through, and why it passed over the rest.

    `loose` are lines that match with letters of either case, as long as none matches as it is written.
    """

    found: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    texts: int = 0
    documents: set[str] = field(default_factory=set)
    images: int = 0
    passed_over: dict[str, str] = field(default_factory=dict)

    @property
    def footer(self) -> list[str]:
        """What was searched, and what was not."""
        parts = [_counted(self.texts, "text file"), _counted(len(self.documents), "document")]
        lines = [f"[searched {' and '.join(parts if self.documents else parts[:1])}]"]
        told = [f"{path} ({reason})" for path, reason in self.passed_over.items()]
        if self.images:
            lines.append(f"[{_counted(self.images, 'image')} not searched; view_image shows them]")
        if told:
            more = f" and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
            lines.append(f"[not searched, so what they say is not known: {'; '.join(told[:_NAMED])}{more}]")
        return lines


def search_files(args: SearchFiles, workspace: Workspace) -> str:
    """Matching lines as `path:number: line` or `path, place: line`, and how many files were searched.

    Where nothing matches, letters may be of either case. Raises `ToolFailure`.
    """
    exact, loose = _compile(args.pattern), _compile(f"(?i){args.pattern}")
    searched = _search(exact, loose, args, workspace)
    found = searched.found or ([_EITHER_CASE, *searched.loose] if searched.loose else ["no line matches"])
    if len(found) > MAX_MATCHES + 1:
        note = f"[more than {MAX_MATCHES} matches; narrow the pattern or path_prefix]"
        return clip_lines([*found[:MAX_MATCHES], note], 1)
    return clip_lines([*found, *searched.footer], 1)


def _compile(pattern: str) -> Find:
    try:
        return finder(pattern, _compiled)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args else "unknown syntax"
        raise ToolFailure(f"the pattern is no regular expression in RE2 syntax: {reason}") from None


def _compiled(pattern: str) -> Find:
    options = re2.Options()
    options.log_errors = False
    compiled: _Compiled = re2.compile(pattern, options)

    def find(line: str) -> tuple[int, int] | None:
        found = compiled.search(line)
        return found.span() if found else None

    return find


def _paths(args: SearchFiles, workspace: Workspace) -> list[str]:
    prefix = (args.path_prefix or "").removeprefix("./").lstrip("/")
    return [path for path in workspace.paths() if path.startswith(prefix)]


def documents_of(args: SearchFiles, workspace: Workspace) -> Sequence[str]:
    """The documents that a search looks into."""
    documents = [path for path in _paths(args, workspace) if is_document(path)]
    return [path for path in documents if workspace.entry(path).size <= MAX_DOCUMENT_BYTES][:MAX_DOCUMENTS]


def _search(exact: Find, loose: Find, args: SearchFiles, workspace: Workspace) -> _Searched:
    searched, room = _Searched(), MAX_TEXT
    documents = documents_of(args, workspace)
    # In the order in which files are gone through, so that few texts are held at a time.
    texts = workspace.texts.of(workspace.entry(path) for path in documents)
    covered = set(documents)
    for path in _paths(args, workspace):
        if len(searched.found) > MAX_MATCHES:
            break
        size = workspace.entry(path).size
        if is_document(path):
            text = next(texts) if path in covered else None
            matches = partial(_in_document, path, text, searched, workspace, covered=path in covered)
        elif file_type(path) == "image" and not path.endswith(".svg"):
            searched.images += 1
            continue
        elif is_binary_type(path) and PurePosixPath(path).suffix and not path.endswith(".svg"):
            searched.passed_over[path] = described(path)
            continue
        elif size > MAX_FILE_BYTES:
            searched.passed_over[path] = f"larger than {MAX_FILE_BYTES} bytes; search it with run_command"
            continue
        elif searched.texts >= MAX_FILES or size > room:
            searched.passed_over[path] = "too much for one search; narrow path_prefix"
            continue
        else:
            room -= size
            # A name without a suffix (Makefile) tells nothing, so its bytes decide.
            lines = searchable(workspace.read(path))
            if lines is None:
                searched.passed_over[path] = f"not text: {described(path)}"
                continue
            searched.texts += 1
            matches = partial(_in_text, path, lines_of(lines))
        searched.found += matches(exact)
        if not searched.found and len(searched.loose) <= MAX_MATCHES:
            searched.loose += matches(loose)
    return searched


def _in_text(path: str, lines: Sequence[str], find: Find) -> list[str]:
    return [f"{path}:{match.place}: {match.shown}" for match in matches_in_text(find, lines)]


def _in_document(
    path: str, text: DocumentText | None, searched: _Searched, workspace: Workspace, find: Find, *, covered: bool
) -> list[str]:
    """Lines of a document; of one that is text as it is, too, those of its other reading where this one has none.

    A web page is code first, which is edited by its lines; of other documents their text comes first.
    """
    entry = workspace.entry(path)
    read: list[str] = []
    reason = ""
    if not covered:
        reason = "too large" if entry.size > MAX_DOCUMENT_BYTES else "too much for one search; narrow path_prefix"
    elif text is None:
        reason = workspace.unread.get(entry.sha256, "its text could not be made")
    else:
        text = text.called(path)
        reason = text.problem.removeprefix(f"{path} is ").removeprefix(f"{path}: ") or text.gaps
        read = [f"{path}, {match.place}: {match.shown}" for match in matches_in_document(find, text)]
    if reason:
        searched.passed_over[path] = reason
    if text is not None and not text.problem:
        searched.documents.add(path)
    if not is_markup(path) or entry.size > MAX_FILE_BYTES or (read and not is_web_page(path)):
        return read
    return _in_text(path, lines_of(searchable(workspace.read(path)) or ""), find) or read


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


TOOL = Tool(
    name="search_files",
    intent="search",
    description=(
        "Search all files for a regular expression, documents (docx, pdf, pptx, xlsx, odt, epub, rtf, html, ipynb,"
        " eml) by their text. Gives path, line number and line; of documents the place: page, clause, heading, slide,"
        " cells. Says how many files were searched, and names those that could not be, such as scans."
    ),
    arguments=SearchFiles,
    run=search_files,
    writes=(),
    texts=documents_of,
)
