"""Reads the text of a document, from its beginning or from a place on: page, clause, heading, slide, cells.

The text is made once for a document's bytes, in the convert function, where nothing in a file can do harm; then it is
read from where it is kept. Another view of tracked changes, and files that are no office documents, are read there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import Arguments, Tool
from swarm.errors import ToolFailure, WorkspaceFileNotFound
from swarm.text import MAX_OUTPUT
from swarm.workspace.document_texts import DocumentText, is_document

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace

ROOM = MAX_OUTPUT - 1_000
"""Characters of a part; the rest is for what is said of the document."""

_SUGGESTED = 5


class ReadDocument(Arguments):
    """What `read_document` takes."""

    path: str = Field(description="The document: a path relative to the workspace, such as uploads/contract.pdf.")
    changes: str | None = Field(
        default=None,
        description="What to show of a Word file's tracked changes: accept, reject or all. Null for all, as"
        " {++inserted++} and {--deleted--}.",
    )
    start_page: int | None = Field(
        default=None,
        description="Page of a pdf, or part of another document, to begin with, from 1. Null for the beginning.",
    )
    place: str | None = Field(
        default=None,
        description="Place to begin with, as search_files gives it: page 4, clause 4.2, heading Payment, slide 3,"
        " Budget!A5. Null for the beginning, or start_page.",
    )


def document_of(args: ReadDocument, workspace: Workspace) -> Sequence[str] | None:
    """The document, if it is read from its text; None where the convert function has to show it in another way."""
    path = args.path.removeprefix("./")
    if args.changes in {"accept", "reject"} or not is_document(path):
        return None
    try:
        workspace.entry(path)
    except WorkspaceFileNotFound:
        return []
    return [path]


def read_document(args: ReadDocument, workspace: Workspace) -> str:
    """A part of the text under a line that says what the document is. Raises `ToolFailure`."""
    path = args.path.removeprefix("./")
    entry = workspace.entry(path)
    text = workspace.texts.get(entry.sha256)
    if text is None:
        raise ToolFailure(workspace.unread.get(entry.sha256, f"the text of {path} could not be made; try again"))
    text = text.called(path)
    if text.problem:
        raise ToolFailure(text.problem if path in text.problem else f"{path}: {text.problem}")
    if text.kind == "pdf":
        return _pages(args, path, text)
    parts = list(_parts(text))
    number, skipped = _begin(args, path, parts)
    heading = f"[{path}: part {number} of {len(parts)}]" if len(parts) > 1 else f"[{path}]"
    shown = parts[number - 1][skipped:]
    lines = [heading, *(text.about if number == 1 and not skipped else ()), *(line for _, line in shown)]
    if skipped and shown:
        lines.insert(1, f"[from {shown[0][0]} on]")
    if number < len(parts):
        lines.append(f"[go on with start_page {number + 1}]")
    elif text.cut:
        lines.append("[the document is longer; no more of it was read]")
    return "\n".join(lines)


def _pages(args: ReadDocument, path: str, text: DocumentText) -> str:
    pages = [(place, [line for _, line in lines]) for place, lines in groupby(text.lines, key=lambda line: line[0])]
    first = args.start_page or 1
    if args.place:
        first = 1 + _index_of(args.place, path, [place for place, _ in pages])
    if not 1 <= first <= len(pages):
        raise ToolFailure(f"{path} has {text.pages} pages; there is no page {first}")
    out, room, last = [f"[{path}: pdf, {text.pages} pages]", *(text.about if first == 1 else ())], ROOM, 0
    for number, (place, lines) in enumerate(pages[first - 1 :], first):
        words = "\n".join(lines)
        if last and len(words) > room:
            break
        shown = words if len(words) <= room else f"{words[:room]}\n[the rest of this page is left out]"
        out.append(f"--- {place} of {text.pages} ---\n{shown}")
        room, last = room - len(shown), number
    if last < len(pages):
        out.append(f"[pages {last + 1} to {text.pages} are not shown; go on with start_page {last + 1}]")
    elif text.cut:
        out.append("[the document is longer; no more of it was read]")
    return "\n".join(out)


def _parts(text: DocumentText) -> Iterator[list[tuple[str, str]]]:
    """The lines in parts of at most `ROOM` characters; a line that is longer is cut."""
    part: list[tuple[str, str]] = []
    room = ROOM
    for place, line in text.lines:
        for begin in range(0, max(1, len(line)), ROOM - 1):
            piece = line[begin : begin + ROOM - 1]
            if part and len(piece) + 1 > room:
                yield part
                part, room = [], ROOM
            part.append((place, piece))
            room -= len(piece) + 1
    yield part


def _begin(args: ReadDocument, path: str, parts: Sequence[Sequence[tuple[str, str]]]) -> tuple[int, int]:
    """The part to begin with, counted from 1, and how many of its lines are passed over."""
    if args.place:
        index = _index_of(args.place, path, [place for part in parts for place, _ in part])
        for number, part in enumerate(parts, 1):
            if index < len(part):
                return number, index
            index -= len(part)
    number = args.start_page or 1
    if not 1 <= number <= len(parts):
        raise ToolFailure(f"{path} has {len(parts)} parts; there is no part {number}")
    return number, 0


def _index_of(wanted: str, path: str, places: Sequence[str]) -> int:
    """The first line at this place, or inside it. Raises `ToolFailure` with the places that come nearest."""
    asked = " ".join(wanted.removeprefix(path).removeprefix(",").split()).casefold()
    known = [" ".join(place.split()).casefold() for place in places]
    bare = [place.split(" ", 1)[-1] for place in known]
    inside = [place if place[len(asked) :][:1].isalnum() else place[: len(asked)] for place in known]
    for candidates in (known, bare, inside):
        if asked in candidates:
            return candidates.index(asked)
    near = [place for place in dict.fromkeys(places) if set(asked.split()) & set(place.casefold().split())]
    shown = near[:_SUGGESTED] or list(dict.fromkeys(places))[:_SUGGESTED]
    raise ToolFailure(f"{path} has no place {wanted[:80]!r}; it has places such as {', '.join(shown)}")


TOOL = Tool(
    name="read_document",
    intent="read",
    description=(
        "Read the text of a docx, pdf, pptx, xlsx, odt, epub, rtf, ipynb, eml or mht file, as Markdown, a pdf with page"
        " markers, from the beginning or from a place on. A long document comes in parts; the result says how to go"
        " on. Of an image you get kind and size."
    ),
    arguments=ReadDocument,
    executor="convert",
    run=read_document,
    reads=("path",),
    writes=(),
    texts=document_of,
)
