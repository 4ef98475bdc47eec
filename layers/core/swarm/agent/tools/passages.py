"""Where a passage that a model gives stands in a text, and the text with another in its place.

What looks the same is the same: blanks at the ends of lines, kinds of line ends, typographic quotes, hard blanks,
hyphens and dashes, letters composed or not. A passage that stands there exactly is always found as it is, before any
other. What is put in its place has the line ends of the place.
"""

from __future__ import annotations

import unicodedata
from array import array
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from swarm.workspace.folding import DASHES, clusters
from swarm.workspace.text_files import lines_of

_NEAREST = 3
_LEAST_LIKE = 60
_LONGEST_SHOWN = 200
_MOST_LINES = 50_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage begins and ends, in characters."""

    start: int
    end: int


def places_of(text: str, passage: str) -> list[Place]:
    """Every place where the passage stands, overlapping ones too; of those that only look alike where none is exact."""
    if exact := [Place(start, start + len(passage)) for start in _starts(text, passage)]:
        return exact
    alike = _alike(text)
    wanted = _alike(passage).text
    if not wanted.strip():
        return []
    return [
        Place(alike.starts[start], _end(text, alike, start + len(wanted), wanted))
        for start in _starts(alike.text, wanted)
    ]


def replaced(text: str, place: Place, new: str) -> str:
    """The text with something else in this place, in the line ends of the place."""
    return f"{text[: place.start]}{with_line_ends(new, line_end_at(text, place))}{text[place.end :]}"


def with_line_ends(text: str, line_end: str) -> str:
    """The text with these line ends; models write newlines."""
    return text.replace("\r\n", "\n").replace("\n", line_end)


def line_end_at(text: str, place: Place) -> str:
    """How the first line of this place ends; at the end of a text without one, as the line before does."""
    end = text.find("\n", place.start)
    if end < 0:
        end = text.rfind("\n", 0, place.start)
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


def nearest(text: str, passage: str) -> str:
    """The lines that are most like the passage, with their numbers; empty where none is."""
    wanted = max(lines_of(passage), key=lambda line: len(line.strip()), default="").strip()
    lines = lines_of(text)[:_MOST_LINES]
    found = process.extract(
        wanted[:_LONGEST_SHOWN],
        [line.strip()[:_LONGEST_SHOWN] for line in lines],
        scorer=fuzz.ratio,
        score_cutoff=_LEAST_LIKE,
        limit=_NEAREST,
    )
    return "; ".join(f"line {number + 1}: {lines[number].strip()[:_LONGEST_SHOWN]!r}" for _, _, number in found)


def _starts(text: str, passage: str) -> list[int]:
    starts, start = [], text.find(passage)
    while start >= 0:
        starts.append(start)
        start = text.find(passage, start + 1)
    return starts


@dataclass(frozen=True, slots=True)
class _Alike:
    """A text with one character for all that look alike, and where in the text itself each begins and ends."""

    text: str
    starts: array[int]
    ends: array[int]


def _alike(text: str) -> _Alike:
    """The text as it looks, without blanks at the ends of lines."""
    kept: list[str] = []
    starts, ends = array("L"), array("L")
    for start, end in clusters(text):
        letter = text[start:end]
        if letter == "\n":
            while kept and kept[-1] in " \t\r":
                kept.pop()
                starts.pop()
                ends.pop()
        for one in unicodedata.normalize("NFC", letter).translate(DASHES):
            kept.append(one)
            starts.append(start)
            ends.append(end)
    return _Alike("".join(kept), starts, ends)


def _end(text: str, alike: _Alike, end: int, wanted: str) -> int:
    """Where a match ends in the text itself: with the blanks that were passed over, where it goes to the line's end."""
    last = alike.ends[end - 1]
    following = alike.starts[end] if end < len(alike.starts) else len(text)
    if not wanted.endswith("\n") and text[last:following].strip(" \t") == "":
        return following
    return last
