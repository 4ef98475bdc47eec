"""Delimited text as a sheet, and a sheet as delimited text."""

from __future__ import annotations

import csv
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from convert.decode import as_text
from convert.errors import CannotConvert
from convert.sheets import Cells, Sheet
from swarm_job.delimited import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_delimited(place: Path, name: str, mark: str | None = None) -> Sheet:
    """The text as one sheet, its cells separated by `mark`, or by what is found; raises CannotConvert."""
    decoded, cells = as_text(place.read_bytes(), name), Cells()
    try:
        for number, row in enumerate(rows_of(decoded.characters, mark)):
            if cells.begin_row(number):
                for column, cell in enumerate(row):
                    cells.put(number, column, cell)
    except csv.Error as error:
        raise CannotConvert(f"{name} is no table ({error})") from error
    return cells.sheet(PurePosixPath(name).stem, note=decoded.note)


def write_delimited(rows: Sequence[Sequence[str]], place: Path, mark: str) -> None:
    """The rows as UTF-8 text, one line each."""
    with place.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=mark, lineterminator="\n").writerows(rows)
