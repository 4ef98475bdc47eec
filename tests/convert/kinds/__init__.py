"""What is there to lose in a document, format by format: small files made here, with a word for each kind of content.

A module for each family of formats has its files and cases. `test_kinds.py` reads every file once and looks for the
words; the table of `docs/conversions.md` is made of the same cases: `python -m tests.convert.kinds` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from convert.inventory import Content


class Fate(StrEnum):
    """What becomes of a piece of content when `read_document` reads the file."""

    CARRIED = "carried"  # it stands in the text
    NOTED = "noted"  # a note names it


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of content in one of the files, with words that stand for it and for nothing else in that file.

    `said` are further words that have to be with a noted one or beside a carried one: that it is hidden, who wrote it.
    """

    kind: Content
    path: str
    words: str
    fate: Fate
    said: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.kind}"

    @property
    def format(self) -> str:
        """The column of the table that the case is for: the file's suffix."""
        return PurePosixPath(self.path).suffix.removeprefix(".")


@dataclass(frozen=True, slots=True)
class Family:
    """Files by name, and what is in them."""

    files: Mapping[str, bytes]
    cases: tuple[Case, ...]


def table(cases: Iterable[Case]) -> str:
    """Kinds of content by formats, as Markdown; a dash where a format has no such thing, or no case yet."""
    found: dict[tuple[Content, str], set[str]] = {}
    for case in cases:
        found.setdefault((case.kind, case.format), set()).add(case.fate.value)
    formats = list(dict.fromkeys(column for _, column in found))
    kinds = [kind for kind in Content if any(kind is row for row, _ in found)]
    lines = [f"| {' | '.join(['read from', *formats])} |", "|---" * (len(formats) + 1) + "|"]
    for kind in kinds:
        cells = [" or ".join(sorted(found.get((kind, column), {"-"}))) for column in formats]
        lines.append(f"| {' | '.join([kind.value, *cells])} |")
    return "\n".join(lines) + "\n"
