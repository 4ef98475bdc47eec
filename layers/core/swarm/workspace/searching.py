"""Lines that say what somebody looks for, in text files and in texts of documents, with their places.

What is the same to a reader is the same here (`swarm.workspace.folding`), and is shown as it is written. In a
document the marks of Markdown are passed over, and a passage that goes on in the next line is found too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from swarm.workspace.document_texts import DocumentText
from swarm.workspace.folding import folded, unfolded

Find = Callable[[str], tuple[int, int] | None]
"""Where the first match in a line begins and ends; None where there is none."""

LONGEST_SHOWN = 300

_BREAK = re.compile(r"<br\s*/?>|\\$")
_COMMENT = re.compile(r"\{>>.*?<<\}")
_LINK = re.compile(r"!?\[([^][]*)\]\([^()\s]*(?:\s\"[^\"]*\")?\)|\[\^[^]\s]{1,20}\]")
_MARKS = re.compile(
    r"\*+|`+|(?<!\w)_+|_+(?!\w)|\\(?=[^\w\s])|\{\+\+|\+\+\}|\{--|--\}|\{==|==\}|</?(?:u|sub|sup|span|mark)\b[^<>]*>"
)
_HEADING = re.compile(r"#{1,6} |(?:[-+>|] +)+")
_HYPHENATED = re.compile(r"(?<=\w)-$")


@dataclass(frozen=True, slots=True)
class Match:
    """A line that matches: its place (a line number, or words as in a document), what to show of it, and where in that
    the match begins and ends.
    """

    place: str
    shown: str
    start: int
    end: int


def finder(pattern: str, compiled: Callable[[str], Find]) -> Find:
    """Finds a pattern in a line as it is written, else as it is the same to a reader."""
    loose = folded(pattern) or pattern
    as_written, as_read = compiled(pattern), compiled(loose)

    def find(line: str) -> tuple[int, int] | None:
        if found := as_written(line):
            return found
        if loose == pattern and line.isascii():
            return None
        found = as_read(folded(line))
        return unfolded(line, *found) if found else None

    return find


def plain(line: str) -> str:
    """What people read of a line of Markdown: no marks, links as their words."""
    line = _BREAK.sub(" ", line)
    if "{>>" in line:
        line = _COMMENT.sub(lambda comment: f" {comment[0][3:-3]} ", line)
    return _MARKS.sub("", _LINK.sub(lambda link: link[1] or "", _HEADING.sub("", line, count=1))).strip()


def matches_in_text(find: Find, lines: Sequence[str]) -> Iterator[Match]:
    """Matching lines of a text file, as they are."""
    for number, line in enumerate(lines, start=1):
        if found := find(line):
            yield _match(str(number), line, *found)


def matches_in_document(find: Find, text: DocumentText) -> Iterator[Match]:
    """Matching lines of a document; a match that goes over the end of a line is shown with both."""
    goes_on = text.kind == "pdf"
    before = False
    for (place, line), (_, following) in pairwise([*text.lines, ("", "")]):
        found = find(line)
        shown = line
        if not found:
            shown = plain(line)
            found = find(shown)
        matched = found is not None
        if not found and not before and shown and following and (goes_on or line.endswith("\\")):
            joined = _joined(shown, plain(following))
            # Only what neither line says alone: the next one has its turn.
            found = find(joined) if not find(plain(following)) else None
            shown = joined
        before = matched
        if found:
            yield _match(place, shown, *found)


def _joined(line: str, following: str) -> str:
    """Two lines as one; a word that was divided at the end of the first is whole again."""
    return f"{_HYPHENATED.sub('', line)}{following}" if _HYPHENATED.search(line) else f"{line} {following}"


def _match(place: str, line: str, start: int, end: int) -> Match:
    """The line, or of a long one what is around the match."""
    line = line.strip("\r\n")
    if len(line) <= LONGEST_SHOWN:
        return Match(place, line, start, end)
    first = max(0, min(start, (start + end - LONGEST_SHOWN) // 2, len(line) - LONGEST_SHOWN))
    last = first + LONGEST_SHOWN
    begun = "…" if first else ""
    shown = f"{begun}{line[first:last]}{'…' if last < len(line) else ''}"
    return Match(place, shown, start - first + len(begun), min(end, last) - first + len(begun))
