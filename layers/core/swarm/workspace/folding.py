"""What is the same to whoever looks for words: typographic characters, composed letters, letters as scripts vary them.

Of Arabic and Hebrew, points and marks, final and joined forms, and the letters that are written for one another are
left out of account, as collation at its first level does (https://www.unicode.org/reports/tr10/) and Lucene's
`ArabicNormalizer` (https://lucene.apache.org/core/). Nobody types what a text has of them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

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

DASHES: dict[int, str | None] = {**ALIKE, **dict.fromkeys(range(0x2012, 0x2016), "-"), 0x2212: "-"}
"""The same, and dashes are hyphens: as models write them in a passage that they copy."""

_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_TATWEEL = "\u0640"
_JOINERS = "\u200c\u200d"
_LETTERS = {
    **dict.fromkeys("\u0622\u0623\u0625\u0671", "\u0627"),
    **dict.fromkeys("\u0649\u06cc", "\u064a"),
    "\u0629": "\u0647",
    "\u06a9": "\u0643",
    "\u05da": "\u05db",
    "\u05dd": "\u05de",
    "\u05df": "\u05e0",
    "\u05e3": "\u05e4",
    "\u05e5": "\u05e6",
}
"""Alef with its marks, the forms of yeh, teh marbuta, the Persian kaf; the final letters of Hebrew."""


def _points() -> Iterator[str]:
    for first, last in ((0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06ED)):
        yield from (chr(code) for code in range(first, last + 1) if unicodedata.combining(chr(code)))


def _forms() -> Iterator[tuple[str, str]]:
    """Letters as they are joined, as some PDFs have them, and as they are: also `fi` and its like."""
    for first, last in ((0xFB00, 0xFDFF), (0xFE70, 0xFEFC)):
        for code in range(first, last + 1):
            letters = unicodedata.normalize("NFKC", chr(code))
            # Others are punctuation, which patterns take for something else.
            if letters != chr(code) and letters.isalpha():
                yield chr(code), letters.translate(_SCRIPTS)


_UNSEEN: dict[str, str | None] = dict.fromkeys([*_points(), *_DIRECTIONS, *_JOINERS, _TATWEEL])
_SCRIPTS = str.maketrans({**_LETTERS, **_UNSEEN})
_FORMS: dict[str, str | None] = dict(_forms())
_FOLDED = {**ALIKE, **_SCRIPTS, **str.maketrans(_FORMS)}


def folded(text: str) -> str:
    """The text with one character for all that are the same to a reader."""
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_FOLDED)


def unfolded(text: str, start: int, end: int) -> tuple[int, int]:
    """Where in a text is what is from `start` to `end` when it is folded, with the marks that belong to it."""
    first = last = None
    at = 0
    for begins, ends in clusters(text):
        following = at + len(folded(text[begins:ends]))
        if first is None and following > start:
            first = begins
        if at < end and following > at:
            last = ends
        at = following
    return (0, 0) if first is None or last is None else (first, max(first, last))


def clusters(text: str) -> Iterator[tuple[int, int]]:
    """Where each letter begins and ends with all that is composed with it."""
    begins = 0
    for at in range(1, len(text)):
        if not _goes_on(text[at]):
            yield begins, at
            begins = at
    if text:
        yield begins, len(text)


def _goes_on(character: str) -> bool:
    # Vowels and last consonants of Korean syllables that are written in parts are no combining marks.
    return bool(unicodedata.combining(character)) or "\u1160" <= character <= "\u11ff"
