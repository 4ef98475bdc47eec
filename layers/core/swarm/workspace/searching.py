"""Lines that say what somebody looks for, in text files and in texts of documents, with their places.

What looks alike is alike here: typographic quotes, hard blanks and hyphens, soft hyphens, composed letters. In a
document the marks of Markdown are passed over, and a passage that goes on in the next line is found too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from swarm.workspace.document_texts import DocumentText

Find = Callable[[str], tuple[int, int] | None]
"""Where the first match in a line begins and ends; None where there is none."""

LONGEST_SHOWN = 300

ALIKE = str.maketrans(
    {
        **dict.fromkeys(
            "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
        ),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011", "-"),
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff", None),
    }
)
"""For `str.translate`: one character for all that look alike; those that are not seen are nothing."""

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
    """A line that matches: its place (a line number, or words as in a document), and what to show of it."""

    place: str
    shown: str


def folded(text: str) -> str:
    """The text with one character for all that look alike."""
    return text if text.isascii() else unicodedata.normalize("NFC", text.translate(ALIKE))


def plain(line: str) -> str:
    """What people read of a line of Markdown: no marks, links as their words."""
    line = _BREAK.sub(" ", folded(line))
    if "{>>" in line:
        line = _COMMENT.sub(lambda comment: f" {comment[0][3:-3]} ", line)
    return _MARKS.sub("", _LINK.sub(lambda link: link[1] or "", _HEADING.sub("", line, count=1))).strip()


def matches_in_text(find: Find, lines: Sequence[str]) -> Iterator[Match]:
    """Matching lines of a text file, as they are."""
    for number, line in enumerate(lines, start=1):
        if found := find(line):
            yield Match(str(number), excerpt(line, *found))
        elif not line.isascii() and (found := find(folded(line))):
            yield Match(str(number), excerpt(folded(line), *found))


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
            yield Match(place, excerpt(shown, *found))


def _joined(line: str, following: str) -> str:
    """Two lines as one; a word that was divided at the end of the first is whole again."""
    return f"{_HYPHENATED.sub('', line)}{following}" if _HYPHENATED.search(line) else f"{line} {following}"


def excerpt(line: str, start: int, end: int) -> str:
    """The line, or of a long one what is around the match."""
    line = line.strip("\r\n")
    if len(line) <= LONGEST_SHOWN:
        return line
    first = max(0, min(start, (start + end - LONGEST_SHOWN) // 2, len(line) - LONGEST_SHOWN))
    last = first + LONGEST_SHOWN
    return f"{'…' if first else ''}{line[first:last]}{'…' if last < len(line) else ''}"
