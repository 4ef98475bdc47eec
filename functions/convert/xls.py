"""The older workbooks (BIFF, .xls), read by xlrd: values as they are shown, comments, links, what is hidden."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import xlrd
from openpyxl.utils import get_column_letter
from xlrd.biffh import XLRDError
from xlrd.compdoc import CompDocError

from convert.errors import CannotConvert
from convert.inventory import Content
from convert.sheets import Cells, Extra, Sheet, ranges
from swarm_job.number_formats import GENERAL, shown, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STATES = {1: "hidden", 2: "very hidden"}
# What xlrd raises for a damaged workbook is whatever its parsers run into.
_DAMAGE = (
    XLRDError,
    CompDocError,
    struct.error,
    IndexError,
    KeyError,
    ValueError,
    TypeError,
    AssertionError,
)


def read_xls(place: Path, name: str) -> list[Sheet]:
    """Every sheet in its order; raises CannotConvert for what is no workbook, or is protected."""
    try:
        book = xlrd.open_workbook(str(place), formatting_info=True, on_demand=True, logfile=io.StringIO())
        return [_sheet(book, number) for number in range(book.nsheets)]
    except _DAMAGE as error:
        if "encrypted" in str(error).lower():
            raise CannotConvert(f"{name} is protected and needs a password; ask for it without one") from error
        raise CannotConvert(f"{name} is damaged or is no workbook ({type(error).__name__}: {error})") from error


def _sheet(book: xlrd.Book, number: int) -> Sheet:
    page, cells = book.sheet_by_index(number), Cells()
    for row in range(page.nrows):
        info = page.rowinfo_map.get(row)
        if cells.begin_row(row, hidden=bool(info is not None and info.hidden)):
            for column, cell in enumerate(page.row(row)):
                _put(cells, book, row, column, cell)
    result = cells.sheet(page.name, _STATES.get(page.visibility, ""), [*cells.hidden_rows(), *_extras(page)])
    book.unload_sheet(number)
    return result


def _put(cells: Cells, book: xlrd.Book, row: int, column: int, cell: xlrd.sheet.Cell) -> None:
    match cell.ctype:
        case xlrd.XL_CELL_TEXT:
            cells.put(row, column, str(cell.value))
        case xlrd.XL_CELL_BOOLEAN:
            cells.put(row, column, "TRUE" if cell.value else "FALSE")
        case xlrd.XL_CELL_ERROR:
            cells.put(row, column, str(xlrd.error_text_from_code.get(int(cell.value), "#ERROR")))
        case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
            style = book.xf_list[cell.xf_index] if cell.xf_index is not None else None
            form = book.format_map.get(style.format_key) if style is not None else None
            code = form.format_str if form is not None else GENERAL
            since_1904 = book.datemode == 1
            value = float(cell.value)
            told = shown(value, code, since_1904=since_1904)
            plain = value_of(value, code, since_1904=since_1904)
            cells.put(row, column, told.text, exact=told.exact, value=plain)


def _extras(page: xlrd.sheet.Sheet) -> Iterator[Extra]:
    hidden = [column + 1 for column, info in page.colinfo_map.items() if info.hidden and column < page.ncols]
    if hidden:
        yield Extra(Content.HIDDEN_COLUMN, ranges(hidden, get_column_letter), "")
    for link in page.hyperlink_list:
        place = f"{get_column_letter((link.fcolx or 0) + 1)}{(link.frowx or 0) + 1}"
        address = link.url_or_path if isinstance(link.url_or_path, str) else (link.url_or_path or b"").decode("latin-1")
        inside = f"#{link.textmark}" if link.textmark else ""
        yield Extra(Content.LINK, place, address + inside)
    for (row, column), note in sorted(page.cell_note_map.items()):
        text = f"{note.author}: {note.text.removeprefix(f'{note.author}:').strip()}" if note.author else note.text
        yield Extra(Content.COMMENT, f"{get_column_letter(column + 1)}{row + 1}", text)
