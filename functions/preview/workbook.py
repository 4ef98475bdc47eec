"""Workbooks as HTML, read by openpyxl: the beginning of each sheet, as a spreadsheet program shows it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from preview.errors import CannotShow
from preview.texts import MAX_COLUMNS, MAX_ROWS, cells_of
from preview.word import require_sound
from swarm_job.number_formats import shown

MAX_SHEETS = 30


def workbook(document: Path) -> bytes:
    """The visible sheets, the first rows and columns of each, as a spreadsheet shows them. Raises `CannotShow`."""
    require_sound(document)
    try:
        # Results and formulas are two readings of one file, which has no suffix here.
        with document.open("rb") as of_results, document.open("rb") as of_formulas:
            saved = load_workbook(of_results, read_only=True, data_only=True)
            written = load_workbook(of_formulas, read_only=True)
            pairs = [(sheet, written[sheet.title]) for sheet in saved.worksheets]
            visible = [pair for pair in pairs if pair[0].sheet_state == "visible"]
            parts = [part for pair in visible[:MAX_SHEETS] for part in _sheet(*pair)]
    except Exception as error:
        # A library of other people at work on a document of other people's: it may raise whatever it likes.
        raise CannotShow("it is damaged, or no workbook") from error
    if left := len(visible[MAX_SHEETS:]):
        parts.append(f"<p>{left} more sheets are not shown.</p>")
    if hidden := len(pairs) - len(visible):
        parts.append(f"<p>Hidden sheets that are not shown: {hidden}.</p>")
    return "".join(parts).encode()


def _sheet(saved: Any, written: Any) -> Iterator[str]:
    yield f"<h2>{escape(saved.title)}</h2>"
    within = {"max_row": MAX_ROWS + 1, "max_col": MAX_COLUMNS + 1}
    rows = [
        [_cell(value, formula) for value, formula in zip(values, formulas, strict=False)]
        for values, formulas in zip(saved.iter_rows(**within), written.iter_rows(**within), strict=False)
    ]
    while rows and not any(rows[-1]):
        rows.pop()
    width = max((place for row in rows for place, cell in enumerate(row, 1) if cell), default=0)
    if not rows:
        yield "<p>Empty.</p>"
        return
    yield f"<table>{''.join(cells_of(row[:width], 'td') for row in rows[:MAX_ROWS])}</table>"
    if len(rows) > MAX_ROWS:
        yield f"<p>The first {MAX_ROWS} rows.</p>"


def _cell(saved: Any, written: Any) -> str:
    """What the cell shows; where no program has saved the result of its formula, the formula."""
    value = written.value if saved.value is None else saved.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return shown(value, saved.number_format or "").text
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "minutes")
    return str(value)
