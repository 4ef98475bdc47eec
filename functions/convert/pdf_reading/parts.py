"""Letters of Arabic that a font draws in parts: a skeleton, dots and marks, each of which says the whole letter.

Noto's fonts do, and so do the PDFs that are made here. Pdfium tells such a letter once for each part, on lines of
their own where parts stand higher. So the parts go, and their line is put in order again: letters by where they
stand, in the direction of most of them, with runs of the other direction turned (the display order of
https://www.unicode.org/reports/tr9/, backwards). Lines without such letters stay as they are.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise


@dataclass(frozen=True, slots=True)
class Character:
    """A character of a page, in points from the left and from the top, and its number in pdfium's order.

    A glyph that stands for several characters is one of these with all of them, once it was put together.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    number: int
    size: float
    """Of the type, in points; of what parts lines it is 0."""

    @property
    def middle(self) -> float:
        """Where it stands, from the left."""
        return (self.left + self.right) / 2

    @property
    def height(self) -> float:
        """Of its box."""
        return self.bottom - self.top


_NEAR = 0.1
"""Points by which the shares of a box may miss each other."""

_EPSILON = 0.01
_NEIGHBOURS = 8
"""Characters before or behind a mark among which its letter is."""

_VIRAMA = 9
"""The combining class of what joins two consonants of an Indic script."""

_SPACE = 0.12
"""Of the height of a line: between the letters of a word there is less."""

_ABOVE = 0.75
"""Of the size of the type, by which a part may stand above or below its letter; the next line is further away."""

_FAR = 300
"""Characters between a part and its letter, at most, as pdfium puts them."""

_BRACKETS = str.maketrans("()[]{}", ")(][}{")


def put_together(characters: Sequence[Character]) -> Sequence[Character]:
    """The characters of a page with each letter once; the same ones where none is drawn in parts."""
    if not any("\u0600" <= each.text <= "\u08ff" or _is_mark(each.text) for each in characters):
        return characters
    glyphs = _glyphs(characters)
    owners = _owners(glyphs)
    if not owners:
        return characters
    drawn = [glyph for glyph in glyphs if glyph.number not in owners]
    line_of: dict[int, int] = {}
    lines: list[list[Character]] = []
    for owner in sorted({owner.number: owner for owner in owners.values()}.values(), key=lambda each: each.top):
        if owner.number not in line_of:
            lines.append([each for each in drawn if each.number not in line_of and _beside(each, owner)])
            line_of |= {each.number: len(lines) - 1 for each in lines[-1]}
    return _with_lines(characters, glyphs, owners, line_of, lines)


def _glyphs(characters: Sequence[Character]) -> list[Character]:
    """What is drawn: a glyph that says a letter with its marks is one, though pdfium tells each of these."""
    found = [each for each in characters if not each.text.isspace() and each.text != "\0"]
    shares = {each.number: each.right - each.left for each in found}
    at = 0
    while at < len(found):
        mark = found[at]
        near = range(max(0, at - _NEIGHBOURS), min(len(found), at + _NEIGHBOURS))
        joins = (other for other in near if other != at and _is_share(mark, found[other], shares))
        if at and _goes_on(found[at - 1], mark, shares):
            found[at - 1] = replace(found[at - 1], text=found[at - 1].text + mark.text, right=mark.right)
            del found[at]
        elif unicodedata.combining(mark.text[0]) and (of := next(joins, None)) is not None:
            found[of] = _joined(found[of], mark)
            del found[at]
        else:
            at += 1
    return found


def _is_mark(character: str) -> bool:
    # A vowel of Thai and one of Lao are letters by their category, and are drawn as a mark and a letter.
    return len(character) == 1 and (unicodedata.category(character) in {"Mn", "Mc"} or character in "\u0e33\u0eb3")


def _goes_on(before: Character, character: Character, shares: dict[int, float]) -> bool:
    """Whether a glyph that is read to the right says this, too: a mark, or a letter that is joined to one before."""
    joined = _is_mark(character.text) or unicodedata.combining(before.text[-1]) == _VIRAMA
    return (
        joined
        and not _from_right(before.text[0])
        and abs(before.right - character.left) < _NEAR
        and abs(before.top - character.top) < _NEAR
        and abs(before.bottom - character.bottom) < _NEAR
        and abs(shares[before.number] - (character.right - character.left)) < _NEAR
    )


def _is_share(mark: Character, letter: Character, shares: dict[int, float]) -> bool:
    """Whether both have one box, or equal shares of one, the letter at the right."""
    share, own = shares[letter.number], mark.right - mark.left
    same = abs(mark.top - letter.top) < _NEAR and abs(mark.bottom - letter.bottom) < _NEAR and abs(share - own) < _NEAR
    beside = min(abs(letter.left - mark.right), abs(letter.left - mark.left)) < _NEAR
    return same and beside and _from_right(letter.text[0]) and not unicodedata.combining(letter.text[0])


def _joined(letter: Character, mark: Character) -> Character:
    # Of an alef with this mark the mark is said first.
    text = mark.text + letter.text if (mark.text, letter.text) == ("\u064b", "\u0627") else letter.text + mark.text
    return replace(letter, text=text, left=min(letter.left, mark.left))


def _owners(glyphs: Sequence[Character]) -> dict[int, Character]:
    """The parts, by their numbers, each with the wider glyph that says the same over, under or in which it stands."""
    alike: dict[str, list[Character]] = defaultdict(list)
    for glyph in glyphs:
        if _from_right(glyph.text[0]) or len(glyph.text) > 1:
            alike[glyph.text].append(glyph)
    owners: dict[int, Character] = {}
    for same in alike.values():
        numbers = [each.number for each in same]
        for part in same:
            first, last = bisect_left(numbers, part.number - _FAR), bisect_left(numbers, part.number + _FAR)
            if owner := next((wider for wider in same[first:last] if _is_part(part, wider)), None):
                owners[part.number] = owner
    return owners


def _is_part(part: Character, wider: Character) -> bool:
    less = (part.right - part.left) - (wider.right - wider.left)
    return (
        (less < -_EPSILON or (less < _EPSILON and part.number > wider.number))
        and wider.left - _NEAR <= part.middle <= wider.right + _NEAR
        and abs((part.top + part.bottom) - (wider.top + wider.bottom)) / 2 < _ABOVE * wider.size
    )


def _beside(one: Character, other: Character) -> bool:
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    return overlap >= 0.5 * min(one.height, other.height) and overlap > 0


def _with_lines(
    characters: Sequence[Character],
    glyphs: Sequence[Character],
    owners: dict[int, Character],
    line_of: dict[int, int],
    lines: Sequence[Sequence[Character]],
) -> list[Character]:
    """Each line that was put together where its first character was; of the others, all that was there."""
    told: set[int] = set()
    known = {glyph.number for glyph in glyphs}
    made: list[Character] = []
    moved = False
    for each in characters:
        if (line := line_of.get(each.number)) is not None:
            if line not in told:
                told.add(line)
                made += [_break(each), *_in_order(lines[line]), _break(each)]
            moved = True
        elif each.number in owners or (moved and each.number not in known):
            # Of a glyph of several characters the others, and blanks between what went elsewhere.
            continue
        else:
            moved = False
            made.append(each)
    return made


def _in_order(line: Sequence[Character]) -> list[Character]:
    """The glyphs of a line as they are read, with a blank wherever there is room between two."""
    letters = sum(_from_right(each.text[0]) for each in line)
    rightwards = letters <= sum(unicodedata.bidirectional(each.text[0]) == "L" for each in line)
    ordered = sorted(line, key=lambda each: each.middle, reverse=not rightwards)
    height = max(each.height for each in line)
    blanks = {
        after.number: _SPACE * height < max(after.left - before.right, before.left - after.right)
        for before, after in pairwise(ordered)
    }
    spaced: list[Character] = []
    for each in ordered:
        if blanks.get(each.number):
            spaced.append(replace(each, text=" "))
        spaced.append(each)
    made: list[Character] = []
    for turned, run in groupby(_directed(spaced, rightwards), key=lambda pair: pair[0]):
        part = [each for _, each in run]
        made += reversed(part) if turned else part
    return made if rightwards else _opened(made)


def _opened(line: list[Character]) -> list[Character]:
    """The line with brackets that open before they close: pdfium turns them, as if files held what is seen."""
    found = "".join(each.text for each in line if each.text in set("()[]{}"))
    if not found or unicodedata.category(found[0]) != "Pe" or unicodedata.category(found[-1]) != "Ps":
        return line
    return [replace(each, text=each.text.translate(_BRACKETS)) for each in line]


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


def _from_right(character: str) -> bool:
    return unicodedata.bidirectional(character) in {"R", "AL", "NSM"}


def _break(at: Character) -> Character:
    return replace(at, text="\n")
