"""Delimited text as rows of cells, whatever separates them: declared in a first line `sep=;`, or else looked for."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DECLARED = re.compile(r"sep=(.)\n")
_MARKS = "\t;|,"
"""In the order in which they are believed: commas are in numbers and sentences, too."""
_SAMPLE = 1 << 16
_SAMPLE_ROWS = 200


def rows_of(text: str, mark: str | None = None) -> Iterator[list[str]]:
    """The rows, one after the other; `mark` separates the cells unless the text declares another. Raises csv.Error."""
    # Line ends of old Macs are none to the csv module.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if declared := _DECLARED.match(text):
        mark, text = declared[1], text[declared.end() :]
    # It is the whole process's, so it only ever grows.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark or delimiter(text))


def delimiter(text: str) -> str:
    """The mark that makes the most rows of one width, whatever stands above them; a comma where none makes any."""
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample.rpartition("\n")[0] or sample
    found: dict[str, int] = {}
    for mark in _MARKS:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=mark)
        widths = Counter(len(row) for row in islice(reader, _SAMPLE_ROWS) if len(row) > 1)
        found[mark] = max(widths.values(), default=0)
    best = max(found.values())
    return next(mark for mark in _MARKS if found[mark] == best) if best else ","
