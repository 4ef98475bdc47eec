"""Spreadsheets and delimited text: sheets of rows, as Markdown, as HTML for pandoc, and as each other."""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from dataclasses import dataclass
from html import escape
from itertools import islice, zip_longest
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from convert.archives import check_archive
from convert.decode import as_text
from convert.errors import CannotConvert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_ROWS = 100_000
MAX_COLUMNS = 500
MAX_SHOWN_ROWS = 5_000
"""Rows of one sheet that a document shows; a spreadsheet takes them all."""

_CELL = str | int | float | bool | datetime.datetime | None
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
_WIDEST_COLUMN = 60

# What openpyxl raises for a damaged workbook is whatever its parsers raise.
_DAMAGE = (
    InvalidFileException,
    zipfile.BadZipFile,
    ParseError,
    OSError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of equal length, without empty ones at the end. `cut` says that there were more."""

    name: str
    rows: Sequence[Sequence[str]]
    cut: bool = False


def read_sheets(place: Path, name: str, format_name: str) -> list[Sheet]:
    """Every sheet with its values as text; raises CannotConvert for a file that cannot be read."""
    if format_name == "xlsx":
        check_archive(place, name)
        return _workbook(place, name)
    text = as_text(place.read_bytes(), name)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, format_name))
        return [_sheet(PurePosixPath(name).stem, rows)]
    except csv.Error as error:
        raise CannotConvert(f"{name} is no table ({error})") from error


def rewritten(
    place: Path, source: str, source_format: str, target: str, target_format: str, scratch: Path
) -> tuple[dict[str, Path], str, list[str]]:
    """A table file as another: new files for the workspace -> where they lie, a word on the size, and notes.

    Delimited text holds one sheet, so further sheets become files beside the target.
    """
    sheets = read_sheets(place, source, source_format)
    result, count = scratch / "result", f"{len(sheets)} sheet{'s' * (len(sheets) != 1)}"
    if target_format == "markdown":
        result.write_text(as_markdown(sheets), encoding="utf-8")
        return {target: result}, count, _notes(sheets, MAX_SHOWN_ROWS)
    if target_format == "xlsx":
        write_workbook(sheets, result)
        return {target: result}, count, _notes(sheets, MAX_ROWS)
    files = {}
    for number, sheet in enumerate(sheets):
        path = PurePosixPath(target)
        if number:
            name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in sheet.name)
            path = path.with_name(f"{path.stem}-{number + 1}-{name}{path.suffix}")
        files[str(path)] = scratch / f"result-{number}"
        write_delimited(sheet, files[str(path)], target_format)
    return files, f"{count}, {len(sheets[0].rows)} rows" if len(sheets) == 1 else count, _notes(sheets, MAX_ROWS)


def _notes(sheets: Sequence[Sheet], most: int) -> list[str]:
    return [note for sheet in sheets if (note := left_out(sheet, most))]


def _workbook(place: Path, name: str) -> list[Sheet]:
    try:
        values = openpyxl.load_workbook(place, read_only=True, data_only=True)
        formulas = openpyxl.load_workbook(place, read_only=True)
        return [_sheet(title, _shown(values[title], formulas[title])) for title in values.sheetnames]
    except _DAMAGE as error:
        raise CannotConvert(f"{name} is damaged or is no workbook ({type(error).__name__}: {error})") from error


def _shown(values: Any, formulas: Any) -> Iterator[list[str]]:
    """Cells as a reader sees them: the saved result of a formula, or the formula where none was saved."""
    if not hasattr(values, "reset_dimensions"):  # a sheet that is a chart
        return
    for sheet in (values, formulas):
        sheet.reset_dimensions()
    pairs = zip_longest(values.iter_rows(values_only=True), formulas.iter_rows(values_only=True), fillvalue=())
    for row, written in pairs:
        yield [_text(cell if cell is not None else other) for cell, other in zip_longest(row, written)]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ") if cell.time() != datetime.time() else cell.date().isoformat()
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return f"{cell:.15g}"
    return str(cell)


def _sheet(name: str, rows: Iterable[Sequence[str]]) -> Sheet:
    kept = [list(row[:MAX_COLUMNS]) for row in islice(rows, MAX_ROWS + 1)]
    cut = len(kept) > MAX_ROWS or any(len(row) > MAX_COLUMNS for row in kept)
    kept = kept[:MAX_ROWS]
    while kept and not any(kept[-1]):
        kept.pop()
    width = max((last for row in kept for last, cell in enumerate(row, 1) if cell), default=0)
    return Sheet(name, [(row + [""] * width)[:width] for row in kept], cut)


def _delimiter(text: str, format_name: str) -> str:
    if format_name == "tsv":
        return "\t"
    first = text[:10_000].splitlines()[:5]
    counts = {mark: min((line.count(mark) for line in first if line), default=0) for mark in ",;\t|"}
    return max(counts, key=lambda mark: counts[mark])


def as_markdown(sheets: Sequence[Sheet], *, most: int = MAX_SHOWN_ROWS) -> str:
    """A table a sheet, under the sheet's name when there are several."""
    parts = []
    for sheet in sheets:
        heading = [f"## {sheet.name}", ""] if len(sheets) > 1 else []
        parts.append("\n".join([*heading, *_lines(sheet, most)]))
    return "\n\n".join(parts) + "\n"


def _lines(sheet: Sheet, most: int) -> Iterator[str]:
    if not sheet.rows:
        yield "(empty)"
        return
    shown = [[_cell(cell) for cell in row] for row in sheet.rows[: most + 1]]
    for number, row in enumerate(shown):
        yield f"| {' | '.join(row)} |"
        if number == 0:
            yield f"|{' --- |' * len(row)}"
    if note := left_out(sheet, most):
        yield f"\n[{note}]"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r\n", "\n").replace("\n", "<br>").strip()


def left_out(sheet: Sheet, most: int = MAX_SHOWN_ROWS) -> str:
    """Which rows are not shown, as a note; nothing when all are."""
    if len(sheet.rows) > most + 1:
        return f"{sheet.name}: {len(sheet.rows) - most - 1:,} of {len(sheet.rows) - 1:,} rows are left out"
    return f"{sheet.name}: only {MAX_ROWS:,} rows and {MAX_COLUMNS} columns are read" if sheet.cut else ""


def as_html(sheets: Sequence[Sheet]) -> str:
    """The same as HTML, where a cell may hold anything."""
    parts = []
    for sheet in sheets:
        if len(sheets) > 1:
            parts.append(f"<h2>{escape(sheet.name)}</h2>")
        tags = ["th", *["td"] * MAX_SHOWN_ROWS]
        rows = zip(tags, sheet.rows, strict=False)
        lines = ("".join(f"<{tag}>{_html(cell)}</{tag}>" for cell in row) for tag, row in rows)
        parts.append(f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>")
    return f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>{''.join(parts)}</body></html>"


def _html(cell: str) -> str:
    return escape(cell).replace("\n", "<br>")


def write_delimited(sheet: Sheet, place: Path, format_name: str) -> None:
    """One sheet as UTF-8 text with a comma or a tab between cells."""
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t" if format_name == "tsv" else ",", lineterminator="\n")
        writer.writerows(sheet.rows)


def write_workbook(sheets: Sequence[Sheet], place: Path) -> None:
    """A workbook with a bold, fixed first row. What is plainly a number becomes one; a formula stays text."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", sheet.name)[:31] or "Sheet")
        for number, row in enumerate(sheet.rows, 1):
            for column, text in enumerate(row, 1):
                _fill(page.cell(number, column), text)
        for cells in page.iter_cols(max_row=min(page.max_row, 100)):
            longest = max(len(str(cell.value or "")) for cell in cells)
            page.column_dimensions[cells[0].column_letter].width = min(longest + 2, _WIDEST_COLUMN)
            cells[0].font = Font(bold=True)
        page.freeze_panes = "A2"
    book.save(place)


def _fill(cell: Any, text: str) -> None:
    if not text:
        return
    if _NUMBER.fullmatch(text):
        cell.value = float(text) if "." in text else int(text)
        return
    # Control characters have no place in XML; openpyxl takes text that begins with = for a formula.
    cell.value = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)
    cell.data_type = "s"
