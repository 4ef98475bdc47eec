"""What a kind of variable is, and the building blocks of the expressions that find one.

The texts are a user's, so every repetition is bounded or possessive, no two that overlap stand side by side, and
`swarm.patterns.variables` bounds the text: time stays linear in it. Texts arrive with single spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

_TRIED = 20
"""Matches of one expression that are looked at."""

WORD = r"[\w'’-]{1,30}+"
WORDS = rf"{WORD}(?: {WORD}){{0,5}}"

_CLAUSE_END = (
    r"(?=[.,;:!?()\"]|$| (?:and (?:then|write|save|put|create|make|cite|list|report|summari[sz]e)"
    r"|with|in|into|for|from|using|to|as|by|that|which|but)\b)"
)
PHRASE = rf"(?:{WORD}(?: {WORD}){{0,7}}?{_CLAUSE_END}|{WORDS})"
"""Words up to where the clause seems to end, at most eight."""

_QUOTES = "\"'`“”"
QUOTED = r'(?:"[^"]{1,60}"|“[^”]{1,60}”|`[^`]{1,60}`|\'[^\']{1,60}\')'

PATH_START = r"(?<![\w./:*-])"
PATH = rf"{PATH_START}[\w./-]{{1,120}}"


def file_name(suffixes: str) -> str:
    """An expression for a path that ends in one of these suffixes, given with spaces between them."""
    return rf"{PATH}\.(?:{suffixes.replace(' ', '|')})(?![\w-])"


def any_of(words: str) -> str:
    """An expression for any of these words or phrases, given with `|` between them, on word boundaries."""
    return rf"\b(?:{words})\b"


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that differs from one run to the next, how its values are written, and what they are.

    An expression's groups, joined by an arrow, are the value; without a group the whole match is.
    """

    name: str
    type: str
    expressions: tuple[str, ...]

    def values(self, text: str) -> Iterator[str]:
        """What the text has of this kind, in its order, with repetitions."""
        found = [
            (match.start(), " -> ".join(group.strip(_QUOTES) for group in match.groups() if group) or match[0])
            for expression in self.expressions
            for match in islice(_compiled(expression).finditer(text), _TRIED)
        ]
        return (value for _, value in sorted(found))


def kind(name: str, value_type: str, *expressions: str) -> Kind:
    """A kind whose values are written in any of these ways, in capitals or not."""
    return Kind(name, value_type, expressions)


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    # Only when a pattern is made: compiling all of them takes longer than most functions take to start.
    return re.compile(expression, re.IGNORECASE)
