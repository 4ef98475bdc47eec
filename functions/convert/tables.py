"""Spreadsheets and delimited text, read, and written as Markdown, as HTML for pandoc, and as each other."""

from __future__ import annotations

import re
import zipfile
from html import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from convert.archives import check_archive
from convert.delimited import read_delimited, write_delimited
from convert.inventory import Content, inventory, lost
from convert.inventory import notes as left_out_notes
from convert.sheets import MAX_ROWS, Extra, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_SHOWN_ROWS = 5_000
"""Rows of one sheet that a document shows; a spreadsheet takes them all."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
_WIDEST_COLUMN = 60
_MARKS = {Content.HIDDEN_SHEET, Content.HIDDEN_ROW, Content.HIDDEN_COLUMN}


def read_sheets(place: Path, name: str, format_name: str) -> list[Sheet]:
    """Every sheet with its cells as they are shown; raises CannotConvert for a file that cannot be read."""
    if format_name == "csv":
        return [read_delimited(place, name)]
    if format_name == "tsv":
        return [read_delimited(place, name, "\t")]
    if format_name == "xls" and not zipfile.is_zipfile(place):
        from convert.xls import read_xls  # noqa: PLC0415 - slow to load, and rarely needed

        return read_xls(place, name)
    check_archive(place, name)
    if format_name == "ods":
        from convert.ods import read_ods  # noqa: PLC0415 - as above

        return read_ods(place, name)
    from convert.workbook import read_workbook  # noqa: PLC0415 - as above

    return read_workbook(place, name)


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
        return {target: result}, count, sheet_notes(sheets, MAX_SHOWN_ROWS)
    notes = [*sheet_notes(sheets, MAX_ROWS), *_dropped(sheets, place, source, source_format)]
    if target_format == "xlsx":
        write_workbook(sheets, result)
        return {target: result}, count, notes
    files = {}
    for number, sheet in enumerate(sheets):
        path = PurePosixPath(target)
        if number:
            name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in sheet.name)
            path = path.with_name(f"{path.stem}-{number + 1}-{name}{path.suffix}")
        files[str(path)] = scratch / f"result-{number}"
        write_delimited(sheet.data(), files[str(path)], "\t" if target_format == "tsv" else ",")
    return files, f"{count}, {len(sheets[0].rows)} rows" if len(sheets) == 1 else count, notes


def sheet_notes(sheets: Sequence[Sheet], most: int = MAX_SHOWN_ROWS) -> list[str]:
    """What of the cells is not shown where a sheet has at most so many rows, and what was guessed."""
    return [
        note
        for sheet in sheets
        for note in (sheet.note and f"{sheet.name}: {sheet.note}", left_out(sheet, most))
        if note
    ]


def _dropped(sheets: Sequence[Sheet], place: Path, source: str, source_format: str) -> list[str]:
    """What tables without anything beside their cells leave out."""
    found = lost(
        inventory(place, source, source_format),
        "\n".join(cell for sheet in sheets for row in sheet.rows for cell in row),
    )
    notes = left_out_notes(item for item in found if item.kind not in _MARKS)
    if any(sheet.hidden for sheet in sheets):
        notes.append(f"hidden in the source: {', '.join(sheet.name for sheet in sheets if sheet.hidden)}")
    notes += [
        f"hidden in the source: {extra.kind}s {extra.place} of {sheet.name}"
        for sheet in sheets
        for extra in sheet.extras
        if extra.kind in _MARKS
    ]
    if any(sheet.values for sheet in sheets):
        notes.append("numbers and dates are written as data, without their formats")
    return notes


def as_markdown(sheets: Sequence[Sheet], *, most: int = MAX_SHOWN_ROWS, exact: bool = False) -> str:
    """A table a sheet, under the sheet's name when there are several or it is hidden, and what lies beside the cells.

    `exact` puts a cell's value into brackets behind what it shows, where that says less.
    """
    parts = []
    for sheet in sheets:
        heading = [f"## {sheet.title}", ""] if len(sheets) > 1 or sheet.hidden else []
        parts.append("\n".join([*heading, *(_lines(sheet, most, exact=exact) if sheet.rows else ["(empty)"])]))
        parts.extend(
            "\n".join([f"- {_extra_line(extra)}", "", *_lines(Sheet("", extra.rows), most)]) for extra in sheet.extras
        )
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def placed_lines(sheets: Sequence[Sheet]) -> Iterator[tuple[str, str]]:
    """The lines of `as_markdown`, each with its place: the range of cells of a row, or the sheet."""
    for sheet in sheets:
        name = sheet.name if re.fullmatch(r"\w+", sheet.name) else "'" + sheet.name.replace("'", "''") + "'"
        last = get_column_letter(max(map(len, sheet.rows), default=1) or 1)
        if len(sheets) > 1 or sheet.hidden:
            yield name, f"## {sheet.title}"
            yield name, ""
        for number, line in _numbered(sheet, MAX_ROWS, exact=True) if sheet.rows else [(None, "(empty)")]:
            yield (name if number is None else f"{name}!A{number + 1}:{last}{number + 1}"), line.strip()
        yield name, ""
        for extra in sheet.extras:
            place = f"{name}, {extra.place}" if extra.place else name
            lines = (f"- {_extra_line(extra)}", "", *_lines(Sheet("", extra.rows), MAX_ROWS))
            yield from ((place, line) for line in lines)
            yield place, ""


def _lines(sheet: Sheet, most: int, *, exact: bool = False) -> Iterator[str]:
    return (line for _, line in _numbered(sheet, most, exact=exact))


def _numbered(sheet: Sheet, most: int, *, exact: bool = False) -> Iterator[tuple[int | None, str]]:
    """Lines of Markdown, those of rows with the number of their row, counted from 0."""
    values = sheet.exact if exact else {}
    for number, row in enumerate(sheet.rows[: most + 1]):
        cells = [_cell(cell) for cell in row]
        if values:
            for column in range(len(row)):
                if (number, column) in values:
                    cells[column] = f"{cells[column]} [{values[number, column]}]".strip()
        yield number, f"| {' | '.join(cells)} |"
        if number == 0:
            yield None, f"|{' --- |' * len(row)}"
    if note := left_out(sheet, most):
        yield None, f"\n[{note}]"


def _extra_line(extra: Extra) -> str:
    text = " ".join(extra.text.split())
    if extra.kind in _MARKS:
        return f"{extra.kind}s: {extra.place}"
    return f"{' at '.join(filter(None, (extra.kind, extra.place)))}{f': {text}' if text else ''}"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\r\n", "\n").replace("\n", "<br>").strip()


def left_out(sheet: Sheet, most: int = MAX_SHOWN_ROWS) -> str:
    """Which rows and columns are not shown, as a note; nothing when all are."""
    shown = ""
    if len(sheet.rows) > most + 1:
        shown = f"{len(sheet.rows) - most - 1:,} of {len(sheet.rows) - 1:,} rows are left out"
    notes = "; ".join(filter(None, (shown, sheet.left_out)))
    return f"{sheet.name}: {notes}" if notes else ""


def as_html(sheets: Sequence[Sheet]) -> str:
    """The same as HTML, where a cell may hold anything."""
    parts = []
    for sheet in sheets:
        if len(sheets) > 1 or sheet.hidden:
            parts.append(f"<h2>{escape(sheet.title)}</h2>")
        parts.append(_html_table(sheet.rows))
        parts.extend(
            f"<ul><li>{escape(_extra_line(extra))}</li></ul>{_html_table(extra.rows)}" for extra in sheet.extras
        )
    return f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>{''.join(parts)}</body></html>"


def _html_table(rows: Sequence[Sequence[str]]) -> str:
    tags = ["th", *["td"] * MAX_SHOWN_ROWS]
    lines = ("".join(f"<{tag}>{_html(cell)}</{tag}>" for cell in row) for tag, row in zip(tags, rows, strict=False))
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>" if rows else ""


def _html(cell: str) -> str:
    return escape(cell).replace("\n", "<br>")


def write_workbook(sheets: Sequence[Sheet], place: Path) -> None:
    """A workbook with a bold, fixed first row. What is plainly a number becomes one; a formula stays text."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", sheet.name)[:31] or "Sheet")
        for number, row in enumerate(sheet.data(), 1):
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
