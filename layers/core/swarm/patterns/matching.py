"""Which earlier work is like a new request, from the words of both alone: the same texts always match the same.

The likeness is the part of their words that two texts share (Dice's coefficient), between 0 and 1. What varies from
one run to the next of the same kind weighs little: names of files are left out but for their suffix, and verbs and
nouns that stand in most requests count for less. Words are the same when they are spelled nearly the same, so that
"convert" is "converting", and a slip of the pen is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process

ALIKE = 0.5
"""Less than this is other work. tests/unit/patterns/test_matching.py shows what that means."""

_SAME_WORD = 80.0
_LIGHT = 0.3
_READ = 2_000
_MAX_WORDS = 80

_FILE = re.compile(r"[\w./-]{0,120}[\w-]\.([a-z][a-z0-9]{0,4})(?![\w.])")
_WORD = re.compile(r"[^\W_]{1,40}")

_UNSAID = frozenset(
    "a about all an and are as at be but by can do does each every for from has have if in into is it its must no not"
    " of on or our please should so that the their them then this to under was we were will with you your".split()
)
_IN_MOST_REQUESTS = frozenset(
    "add called create document file files generate give keep list make named new prepare produce put save show text"
    " use write".split()
)


class Match(NamedTuple):
    """The place of the best candidate, and how alike it is, from 0 to 1."""

    place: int
    score: float


def best(request: str, candidates: Sequence[str]) -> Match | None:
    """The candidate most like the request, the first of equals; None where none is alike enough."""
    wanted = words(request)
    scores = [_likeness(wanted, words(candidate)) for candidate in candidates]
    place = max(range(len(scores)), key=scores.__getitem__, default=None)
    return Match(place, round(scores[place], 3)) if place is not None and scores[place] >= ALIKE else None


def likeness(one: str, other: str) -> float:
    """How alike two texts are: 0 without a word in common, 1 with all of them."""
    return _likeness(words(one), words(other))


def words(text: str) -> list[str]:
    """The words that say what is wanted, each once, in order; then the suffixes of the files that are named."""
    read = text[:_READ].casefold()
    words = [word for word in _WORD.findall(_FILE.sub(" ", read)) if word not in _UNSAID and not word.isdigit()]
    suffixes = [f".{suffix}" for suffix in _FILE.findall(read)]
    return list(dict.fromkeys([*words, *suffixes]))[:_MAX_WORDS]


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    whole = _weight(one) + _weight(other)
    left = list(other)
    shared = 0.0
    for word in one:
        found = process.extractOne(word, left, scorer=fuzz.ratio, score_cutoff=_SAME_WORD)
        if found is not None:
            shared += _weight([word, found[0]])
            left.remove(found[0])
    return shared / whole if whole else 0.0


def _weight(counted: Iterable[str]) -> float:
    return sum(_LIGHT if word in _IN_MOST_REQUESTS or word.startswith(".") else 1.0 for word in counted)
