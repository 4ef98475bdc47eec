"""Characters of a page where pdfium finds them, and the order in which those of one line are read."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple


class Character(NamedTuple):
    """A character of a page, in points from the left and from the top, and its number in pdfium's order.

    A glyph that stands for several characters is one of these with all of them, once it was put together.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    number: int
    size: float = 0.0
    """Of the type, in points; of what parts lines it is 0."""

    @property
    def middle(self) -> float:
        """Where it stands, from the left."""
        return (self.left + self.right) / 2

    @property
    def height(self) -> float:
        """Of its box."""
        return self.bottom - self.top


_SPACE = 0.12
"""Of the height of a line: between the letters of a word there is less."""

_BRACKETS = str.maketrans("()[]{}", ")(][}{")


def in_order(line: Sequence[Character]) -> list[Character]:
    """The glyphs of a line as they are read, with a blank wherever there is room between two."""
    letters = sum(from_right(each.text[0]) for each in line)
    rightwards = letters <= sum(unicodedata.bidirectional(each.text[0]) == "L" for each in line)
    ordered = _with_marks(sorted(line, key=lambda each: each.middle, reverse=not rightwards))
    height = max(each.height for each in line)
    blanks = {
        after.number: _SPACE * height < max(after.left - before.right, before.left - after.right)
        for before, after in pairwise(ordered)
    }
    spaced: list[Character] = []
    for each in ordered:
        if blanks.get(each.number):
            spaced.append(each._replace(text=" "))
        spaced.append(each)
    made: list[Character] = []
    for turned, run in groupby(_directed(spaced, rightwards), key=lambda pair: pair[0]):
        part = [each for _, each in run]
        made += reversed(part) if turned else part
    return made if rightwards else _opened(made)


def _with_marks(line: Sequence[Character]) -> list[Character]:
    """The same, each mark behind the letter over or under which it stands, wherever that has its middle."""
    letters = [each for each in line if not unicodedata.combining(each.text[0])]
    if len(letters) == len(line) or not letters:
        return list(line)
    with_marks = {each.number: each for each in letters}
    for mark in sorted((each for each in line if unicodedata.combining(each.text[0])), key=lambda each: each.number):
        of = min(letters, key=lambda each: abs(each.middle - mark.middle) - (each.right - each.left) / 2)
        letter = with_marks[of.number]
        left, right = min(letter.left, mark.left), max(letter.right, mark.right)
        with_marks[of.number] = letter._replace(text=letter.text + mark.text, left=left, right=right)
    return [with_marks[each.number] for each in letters]


def _opened(line: list[Character]) -> list[Character]:
    """The line with brackets that open before they close: pdfium turns them, as if files held what is seen."""
    found = "".join(each.text for each in line if each.text in set("()[]{}"))
    if not found or unicodedata.category(found[0]) != "Pe" or unicodedata.category(found[-1]) != "Ps":
        return line
    return [each._replace(text=each.text.translate(_BRACKETS)) for each in line]


def _directed(line: Sequence[Character], rightwards: bool) -> list[tuple[bool, Character]]:
    """Each glyph, and whether it is read against the direction of the line: with neighbours on both sides that are."""
    directions = [_direction(each.text[0]) for each in line]
    for at, each in enumerate(line):
        # A sign of percent or of a currency at the end of a number is set with it, or behind it as the line goes.
        if unicodedata.bidirectional(each.text[0]) == "ET" and directions[at + 1 : at + 2] == [1]:
            directions[at] = 1
    against = [direction == (-1 if rightwards else 1) for direction in directions]
    neutral = [direction == 0 for direction in directions]
    at = 0
    while at < len(line):
        if not neutral[at]:
            at += 1
            continue
        end = at
        while end < len(line) and neutral[end]:
            end += 1
        if at and end < len(line) and against[at - 1] and against[end]:
            against[at:end] = [True] * (end - at)
        at = end
    return list(zip(against, line, strict=True))


def _direction(character: str) -> int:
    """1 where it is read to the right, -1 where to the left, 0 where as its neighbours are."""
    kind = unicodedata.bidirectional(character)
    return 1 if kind in {"L", "EN", "AN"} else -1 if kind in {"R", "AL"} else 0


def from_right(character: str) -> bool:
    """Whether it is read to the left, or is a mark, which goes with its letter."""
    return unicodedata.bidirectional(character) in {"R", "AL", "NSM"}
