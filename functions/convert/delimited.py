"""Delimited text, read with whatever separates its cells, and written as UTF-8."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from convert.decode import as_text
from convert.errors import CannotConvert
from convert.sheets import Cells, Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

_DECLARED = re.compile(r"sep=(.)\r?\n")
_MARKS = "\t;|,"
"""In the order in which they are believed: commas are in numbers and sentences, too."""
_SAMPLE = 1 << 16
_SAMPLE_ROWS = 200


def read_delimited(place: Path, name: str, mark: str | None = None) -> Sheet:
    """The text as one sheet. Without a mark, the first line may declare it (`sep=;`), or else it is looked for."""
    decoded = as_text(place.read_bytes(), name)
    # Line ends of old Macs are no line ends to the csv module.
    text = decoded.characters.replace("\r\n", "\n").replace("\r", "\n")
    if declared := _DECLARED.match(text):
        mark, text = declared[1], text[declared.end() :]
    csv.field_size_limit(len(text) + 1)
    cells = Cells()
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=mark or delimiter(text))):
            if cells.begin_row(number):
                for column, cell in enumerate(row):
                    cells.put(number, column, cell)
    except csv.Error as error:
        raise CannotConvert(f"{name} is no table ({error})") from error
    return cells.sheet(PurePosixPath(name).stem, note=decoded.note)


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


def write_delimited(rows: Sequence[Sequence[str]], place: Path, mark: str) -> None:
    """The rows as text, one line each."""
    with place.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=mark, lineterminator="\n").writerows(rows)
