"""Where a passage that a model gives stands in a text, and the text with another in its place.

What looks the same is the same: blanks at the ends of lines, kinds of line ends, typographic quotes, hard blanks and
hyphens. A passage that stands there exactly is always found as it is, before any other. What is put in its place has
the line ends of the place.
"""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz, process

from swarm.workspace.folding import ALIKE
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
    alike, positions = _alike(text)
    wanted, _ = _alike(passage)
    if not wanted.strip():
        return []
    return [
        Place(positions[start], _end(text, positions, start + len(wanted), wanted)) for start in _starts(alike, wanted)
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


def _alike(text: str) -> tuple[str, list[int]]:
    """The text with one character for all that look alike and no blanks at the ends of lines; where each came from."""
    kept: list[str] = []
    positions: list[int] = []
    for number, character in enumerate(text):
        if character == "\n":
            while kept and kept[-1] in " \t\r":
                kept.pop()
                positions.pop()
        if one := character.translate(ALIKE):
            kept.append(one)
            positions.append(number)
    return "".join(kept), positions


def _end(text: str, positions: list[int], end: int, wanted: str) -> int:
    """Where a match ends in the text itself: with the blanks that were passed over, where it goes to the line's end."""
    last = positions[end - 1] + 1
    following = positions[end] if end < len(positions) else len(text)
    if not wanted.endswith("\n") and text[last:following].strip(" \t") == "":
        return following
    return last
