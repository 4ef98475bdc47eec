"""What the offline model does with `shorter, and add the budget`: it changes the document that is there.

    make it shorter         the first half of its sections is kept
    add the budget          a section of that heading comes behind the others
    add the risks to a.md   the same, in a file that is named

The document is the one that is named, else the one that the conversation named last. A Word or OpenDocument file is
made again from its text, which is the Markdown beside it or what it converts to, in its own look.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from swarm.agent.offline.clauses import clauses, mentioned_names
from swarm.agent.offline.content import OFFLINE_NOTE, one_line, title_of
from swarm.agent.offline.script import Made, Script, listed
from swarm.agent.offline.turns import CONVERT, PlannedCall, PlannedTurn, closing

_THE_DOCUMENT = r"(?:it|this|that|them|(?:the|this|that|my|our)\s+\w+|[\w./-]+\.\w{2,4})"
_SHORTER = re.compile(
    rf"(?:make\s+)?(?:{_THE_DOCUMENT}\s+)?(?:an?\s+(?:bit|little)\s+)?(?:much\s+)?shorter(?:,?\s+please)?\W*"
    rf"|shorten(?:\s+{_THE_DOCUMENT})?\W*",
    re.IGNORECASE,
)
_ADD = re.compile(
    rf"(?:add|include|mention)\s+(.{{1,500}}?)(?:\s+(?:to|in)\s+{_THE_DOCUMENT})?[\s.!]*", re.IGNORECASE | re.DOTALL
)
_AND = re.compile(r",?\s+and\s+(?=(?:include|mention|shorten)\b)", re.IGNORECASE)
_NEW_FILE = re.compile(r"\b(?:file|document|script)s?\s+(?:called|named)\b", re.IGNORECASE)
_A_SECTION = re.compile(
    r"(?:an?|another)\s+(?:\w+\s+)?(?:section|chapter|part|paragraph)\s+(?:about|on|for|with)\s+", re.IGNORECASE
)
_HEADING = re.compile(r"(?=^#{2,6} )", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{2,}")
_LEFT_OUT = re.compile(r"^\[\.\.\. lines \d+ to \d+ left out; .*\]$|^\[.+, lines \d+ to \d+ of \d+\]$", re.MULTILINE)

_TEXTS, _OFFICE = frozenset({".md", ".txt"}), frozenset({".docx", ".odt"})
_CODE = frozenset(f".{suffix}" for suffix in "py js ts tsx go rs java c cpp cs rb php sh sql r".split())


@dataclass(frozen=True, slots=True)
class Revision:
    """How a document is to change: shorter or not, and what is added; `path` is the file's that was named."""

    shorter: bool
    additions: tuple[str, ...]
    path: str | None = None


def revision_in(text: str) -> Revision | None:
    """What the text asks of a document that is there; None where it asks for anything else, too."""
    shorter, additions, names = False, [], []
    for clause in (each for part in clauses(text) for each in _AND.split(part)):
        names += [named.path for named in mentioned_names(clause)]
        if _SHORTER.fullmatch(clause):
            shorter = True
        elif (added := _ADD.fullmatch(clause)) and not (mentioned_names(added[1]) or _NEW_FILE.search(clause)):
            additions.append(_A_SECTION.sub("", added[1]))
        else:
            return None
    if not (shorter or additions) or len(set(names)) > 1:
        return None
    return Revision(shorter, tuple(additions), names[0] if names else None)


def revising(wanted: Revision, earlier: str, offered: frozenset[str], otherwise: Sequence[PlannedTurn]) -> Script:
    """Change the document, or do what else the text can mean where there is none to change."""
    [listing] = yield PlannedTurn("Looking for the document.", (PlannedCall("list_files", {"prefix": None}),))
    files = listed(listing)
    document = _document(wanted, files, earlier)
    if document is None:
        # Not `yield from otherwise`: that would send the outcomes to the sequence, which takes none.
        for turn in otherwise:  # noqa: UP028
            yield turn
        return
    if PurePosixPath(document).suffix in _OFFICE and CONVERT not in offered:
        yield closing(
            f"Nothing was written. Not done: change {document} (documents cannot be converted here).", offered
        )
        return
    changed = yield from _changed(wanted, document, files)
    done = f"Done: {document} {_said(wanted)}." if changed else "Nothing was written."
    yield closing(done if changed else f"{done} Not done: change {document}, which cannot be read as a whole.", offered)


def _document(wanted: Revision, files: Mapping[str, str], earlier: str) -> str | None:
    """The file to change: the one that was named, else what was spoken of last, else the first by path."""
    if wanted.path is not None:
        return wanted.path if wanted.path in files and _suffix(wanted.path) in _TEXTS | _OFFICE else None
    if not wanted.shorter and any(_suffix(path) in _CODE for path in files):
        # "Add tests" to a program is no section of its README.
        return None
    found = [path for path in files if _suffix(path) in _TEXTS | _OFFICE]
    # Of a document and the text that it was made from, the document is what people mean.
    found = [
        path
        for path in found
        if not (_suffix(path) in _TEXTS and any(_beside(path, each) in files for each in _OFFICE))
    ]
    return max(found, key=earlier.rfind, default=None)


def _changed(wanted: Revision, document: str, files: Mapping[str, str]) -> Generator[PlannedTurn, Sequence[Made], bool]:
    """Whether the document was changed."""
    is_office = _suffix(document) in _OFFICE
    source = _beside(document, ".md") if is_office else document
    is_ours = is_office and source not in files
    if is_ours:
        [made] = yield PlannedTurn(
            f"Taking the text of {document}.", (PlannedCall(CONVERT, {"source": document, "target": source}),)
        )
        if not made.ok:
            return False
    [read] = yield PlannedTurn(f"Reading {source}.", (PlannedCall("read_file", {"path": source}),))
    if not read.ok or _LEFT_OUT.search(read.output):
        return False
    calls = [PlannedCall("write_file", {"path": source, "content": revised(read.output, wanted)})]
    if is_office:
        again = {"source": source, "target": document, "reference_document": document}
        calls.append(PlannedCall(CONVERT, again))
    if is_ours:
        calls.append(PlannedCall("delete_file", {"path": source}))
    outcomes: list[Made] = []
    # One after the other: each takes what the one before has made.
    for call in calls:
        outcomes += yield PlannedTurn(f"Next: {call.tool} {document}.", (call,))
    return all(each.ok for each in outcomes)


def revised(text: str, wanted: Revision) -> str:
    """The text with its first half of sections, where it is to be shorter, and with the sections that are added."""
    body, note, _ = text.partition(f"---\n\n{OFFLINE_NOTE}")
    body = body.strip("\n")
    if wanted.shorter:
        body = _half(body)
    for about in wanted.additions:
        body += f"\n\n## {title_of(about)}\n\n[What is to be said about {one_line(about).rstrip('.')}.]"
    return f"{body}\n" + (f"\n{note}\n" if note else "")


def _half(body: str) -> str:
    first, *sections = _HEADING.split(body)
    if len(sections) > 1:
        return (first + "".join(sections[: math.ceil(len(sections) / 2)])).strip("\n")
    blocks = _BLANK_LINES.split(body)
    return "\n\n".join(blocks[: math.ceil(len(blocks) / 2)])


def _said(wanted: Revision) -> str:
    said = ["is shorter"] if wanted.shorter else []
    if wanted.additions:
        said.append(f"says more about {', '.join(map(one_line, wanted.additions))}")
    return " and ".join(said)


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()


def _beside(path: str, suffix: str) -> str:
    return str(PurePosixPath(path).with_suffix(suffix))
