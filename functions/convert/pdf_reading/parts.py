"""Letters that a font draws in parts, in Arabic a skeleton, dots and marks, each of which says the whole letter.

Noto's fonts do, and so do the PDFs that are made here, also of Hebrew, Thai and Bengali. Pdfium tells such a letter
once for each part, on lines of their own where parts stand higher. So the parts go, and their line is put in order
again: letters by where they stand, in the direction of most of them, with runs of the other direction turned (the
display order of https://www.unicode.org/reports/tr9/, backwards). Lines without such letters stay as they are.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from convert.pdf_reading.characters import Character, from_right, in_order

_NEAR = 0.1
"""Points by which the shares of a box may miss each other."""

_EPSILON = 0.01
_NEIGHBOURS = 8
"""Characters before or behind a mark among which its letter is."""

_VIRAMA = 9
"""The combining class of what joins two consonants of an Indic script."""

_ABOVE = 0.75
"""Of the size of the type, by which a part may stand above or below its letter; the next line is further away."""

_MOST = 8_000
"""Characters of a page that is looked at; a page of a book has half as many."""

_SIDE = 0.15
"""Of the size of the type, between a consonant and a vowel behind it."""

_FAR = 300
"""Characters between a part and its letter, at most, as pdfium puts them."""


def put_together(characters: Sequence[Character], *, every_line: bool = False) -> Sequence[Character]:
    """The characters of a page with each letter once; the same ones where none is drawn in parts.

    With `every_line`, all lines are put in order that have letters which are read to the left.
    """
    if len(characters) > _MOST:
        return characters
    glyphs = _glyphs(characters)
    owners = _owners(glyphs)
    begun = {owner.number: owner for owner in owners.values()}
    if every_line:
        begun |= {each.number: each for each in glyphs if each.number not in owners and from_right(each.text[0])}
    if not begun:
        return characters
    ends: dict[int, float] = defaultdict(float)
    for part in (glyph for glyph in glyphs if glyph.number in owners):
        ends[owners[part.number].number] = max(ends[owners[part.number].number], part.right)
    drawn = [
        glyph._replace(right=max(glyph.right, ends[glyph.number])) for glyph in glyphs if glyph.number not in owners
    ]
    line_of: dict[int, int] = {}
    lines: list[list[Character]] = []
    for owner in sorted(begun.values(), key=lambda each: each.top):
        if owner.number not in line_of:
            lines.append([each for each in drawn if each.number not in line_of and _beside(each, owner)])
            line_of |= {each.number: len(lines) - 1 for each in lines[-1]}
    return _with_lines(characters, glyphs, owners, line_of, lines)


def may_have_parts(text: str) -> bool:
    """Whether a page with these characters can have letters that are drawn so: few have."""
    return not text.isascii() and any("\u0600" <= each <= "\u08ff" or _is_mark(each) for each in set(text))


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
            found[at - 1] = found[at - 1]._replace(text=found[at - 1].text + mark.text, right=mark.right)
            del found[at]
        elif _is_mark(mark.text) and (of := next(joins, None)) is not None:
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
        and not from_right(before.text[0])
        and min(abs(before.right - character.left), abs(before.left - character.left)) < _NEAR
        and abs(before.top - character.top) < _NEAR
        and abs(before.bottom - character.bottom) < _NEAR
        and abs(shares[before.number] - (character.right - character.left)) < _NEAR
    )


def _is_share(mark: Character, letter: Character, shares: dict[int, float]) -> bool:
    """Whether both have one box, or equal shares of one, the letter first."""
    share, own = shares[letter.number], mark.right - mark.left
    same = abs(mark.top - letter.top) < _NEAR and abs(mark.bottom - letter.bottom) < _NEAR and abs(share - own) < _NEAR
    gap = letter.left - mark.right if from_right(letter.text[0]) else mark.left - letter.right
    return same and min(abs(gap), abs(letter.left - mark.left)) < _NEAR and not _is_mark(letter.text[0])


def _joined(letter: Character, mark: Character) -> Character:
    # Of an alef with this mark the mark is said first.
    text = mark.text + letter.text if (mark.text, letter.text) == ("\u064b", "\u0627") else letter.text + mark.text
    return letter._replace(text=text, left=min(letter.left, mark.left), right=max(letter.right, mark.right))


def _owners(glyphs: Sequence[Character]) -> dict[int, Character]:
    """The parts, by their numbers, each with the wider glyph that says the same over, under or in which it stands."""
    alike: dict[str, list[Character]] = defaultdict(list)
    for glyph in glyphs:
        if from_right(glyph.text[0]) or len(glyph.text) > 1:
            alike[glyph.text].append(glyph)
    owners: dict[int, Character] = {}
    for same in alike.values():
        numbers = [each.number for each in same]
        for part in same:
            first, last = bisect_left(numbers, part.number - _FAR), bisect_left(numbers, part.number + _FAR)
            if owner := next((wider for wider in same[first:last] if _is_part(part, wider)), None):
                owners[part.number] = owner
        _add_sides(same, owners)
    return owners


def _add_sides(same: Sequence[Character], owners: dict[int, Character]) -> None:
    """A vowel that is drawn as a mark above its consonant and a letter behind it says all of it behind it, too."""
    with_parts = {owners[each.number].number for each in same if each.number in owners}
    for each in same:
        if len(each.text) == 1 or each.number in owners or each.number in with_parts:
            continue
        for other in same:
            near = _SIDE * other.size
            if other.number in with_parts and abs(each.left - other.right) < near > abs(each.top - other.top):
                owners[each.number] = other


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
                made += [_break(each), *in_order(lines[line]), _break(each)]
            moved = True
        elif each.number in owners or (moved and each.number not in known):
            # Of a glyph of several characters the others, and blanks between what went elsewhere.
            continue
        else:
            moved = False
            made.append(each)
    return made


def _break(at: Character) -> Character:
    return at._replace(text="\n")
