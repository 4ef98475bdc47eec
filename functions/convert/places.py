"""Where each line of a document's Markdown stands, in the words by which people find it: clause, heading, slide.

A clause is a line that begins with a number; what follows without one belongs to it. Where a text has neither numbers
nor headings, its paragraphs are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LONGEST_HEADING = 80

_HEADING = re.compile(r"(?P<level>#{1,6})\s+(?P<text>.+?)\s*#*\s*$")
_SLIDE = re.compile(r"Slide (\d+)\b")
_MARKS = re.compile(r"[*_`]+|\\(?=[^\w\s])|\{[#.][^}]*\}|\{\+\+|\+\+\}")
_LEADING = re.compile(r"^(?:[-+>|]\s+|\s)*")
_CLAUSE = re.compile(
    r"(?:(?P<word>article|section|clause|part|schedule|annex|appendix|artikel|abschnitt|§{1,2})\s*)?"
    r"(?P<number>\d{1,3}(?:\.\d{1,3}){0,7}|[IVXLC]{1,7}|[A-Z](?:\.\d{1,3})+)(?P<end>[.):]*)(?=\s|$)",
    re.IGNORECASE,
)
_PART = re.compile(r"\((?P<part>[a-z]{1,5}|\d{1,2})\)\s")
_FENCE = re.compile(r"```|~~~")


def places(lines: Iterable[str], *, slides: bool = False) -> Iterator[str]:
    """The place of each line, in order: `slide 3`, `clause 4.2(b)`, `heading Payment`, `paragraph 12`."""
    section = clause = part = ""
    paragraph, blank, fenced = 0, True, False
    for line in lines:
        if _FENCE.match(line.lstrip()):
            fenced = not fenced
        paragraph += blank and bool(line.strip())
        blank = not line.strip()
        heading = None if fenced else _HEADING.match(line)
        words = _MARKS.sub("", _LEADING.sub("", heading["text"] if heading else line)).strip()
        if slides:
            if heading and (slide := _SLIDE.match(words)):
                section = f"slide {slide[1]}"
        elif not fenced and (number := _number_of(words, is_heading=heading is not None)):
            clause, part = number, ""
        elif heading:
            section, clause, part = f"heading {words[:LONGEST_HEADING]}", "", ""
        elif clause and (found := _PART.match(words)):
            part = f"({found['part']})"
        yield f"clause {clause}{part}" if clause else section or f"paragraph {max(1, paragraph)}"


def _number_of(words: str, *, is_heading: bool) -> str:
    """The number that a clause begins with; empty for a line that begins with another number, or with a word."""
    found = _CLAUSE.match(words)
    if not found:
        return ""
    named, number = found["word"], found["number"]
    if named:
        return f"{named} {number}" if named[0] != "§" else f"{named}{number}"
    if not number[0].isdigit():
        return number if "." in number else ""
    # "12 months" begins a sentence; "12." and "12.1" begin a clause, and so does a heading "12 Payment".
    return number if "." in number or found["end"] or is_heading else ""
