"""OpenDocument spreadsheets (OpenDocument 1.3 part 3, 9): cells as they are shown, and what lies on and beside them.

A cell says what it shows as paragraphs, and what it holds as a value. Rows and cells that repeat are written once.
"""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError, iterparse

from openpyxl.utils import get_column_letter

from convert.errors import CannotConvert
from convert.inventory import Content
from convert.opendocument import chart_in, local, named, text_of
from convert.sheets import MAX_COLUMNS, Cells, Extra, Sheet, ranges
from swarm_job.number_formats import same_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HIDDEN = {"collapse", "filter"}
_MAX_REPEATED = 1_000
"""Rows that are shown of one that is written once and repeated; more of them are no table of anybody's."""

_DURATION = re.compile(r"(-?)PT(\d+)H(\d+)M(\d+)(?:[.,](\d+))?S")


def read_ods(place: Path, name: str) -> list[Sheet]:
    """Every sheet in its order; `place` has been through `check_archive`. Raises CannotConvert for what is none."""
    try:
        with zipfile.ZipFile(place) as archive, archive.open("content.xml") as stream:
            reader = _Reader(archive)
            for event, element in iterparse(stream, events=("start", "end")):  # noqa: S314 - without entities
                reader.see(event, element)
            if not reader.is_spreadsheet:
                raise CannotConvert(f"{name} is an OpenDocument file of another kind, and no spreadsheet")
            return reader.sheets
    except (KeyError, ParseError, ValueError) as error:
        raise CannotConvert(f"{name} is damaged or is no spreadsheet ({error})") from error


class _Reader:
    """Takes the elements of `content.xml` as they come, and lets go of what it has read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._invisible: set[str] = set()
        self.is_spreadsheet = False
        self.sheets: list[Sheet] = []
        self._depth = 0
        self._begin()

    def _begin(self) -> None:
        self._cells, self._extras, self._row, self._column = Cells(), list[Extra](), 0, 0
        self._hidden_columns: list[int] = []

    def see(self, event: str, element: Element) -> None:
        name = local(element.tag)
        if event == "start":
            self.is_spreadsheet |= name == "spreadsheet"
            self._depth += name == "table"
            return
        if name == "style":
            self._style(element)
        elif name == "table":
            self._depth -= 1
            if self._depth == 0 and self.is_spreadsheet:
                hidden = "hidden" if named(element, "style-name") in self._invisible else ""
                extras = [*self._cells.hidden_rows(), *self._columns(), *self._extras]
                self.sheets.append(self._cells.sheet(named(element, "name"), hidden, extras))
                self._begin()
                element.clear()
        elif self._depth == 1 and name == "table-row":
            self._take_row(element)
            element.clear()
        elif self._depth == 1 and name == "table-column":
            count = _repeated(element, "number-columns-repeated")
            if named(element, "visibility") in _HIDDEN:
                self._hidden_columns.extend(range(self._column + 1, min(self._column + count, MAX_COLUMNS) + 1))
            self._column += count
        elif self._depth == 1 and name == "shapes":
            self._extras.extend(extra for shape in element for extra in self._shape(shape, ""))
            element.clear()

    def _style(self, element: Element) -> None:
        if any(named(each, "display") == "false" for each in element if local(each.tag) == "table-properties"):
            self._invisible.add(named(element, "name"))

    def _columns(self) -> Iterator[Extra]:
        if self._hidden_columns:
            yield Extra(Content.HIDDEN_COLUMN, ranges(self._hidden_columns, get_column_letter), "")

    def _take_row(self, row: Element) -> None:
        count = _repeated(row, "number-rows-repeated")
        hidden = named(row, "visibility") in _HIDDEN
        cells, column = [], 0
        for cell in row:
            if local(cell.tag) not in {"table-cell", "covered-table-cell"}:
                continue
            times = _repeated(cell, "number-columns-repeated")
            if len(cell) or cell.attrib.keys() & _VALUED:
                cells.append((column, times, cell))
                place = f"{get_column_letter(min(column, 16_383) + 1)}{self._row + 1}"
                self._extras.extend(extra for each in cell for extra in self._shape(each, place))
                self._extras.extend(
                    Extra(Content.LINK, place, named(link, "href")) for link in cell.iter() if local(link.tag) == "a"
                )
            column += times
        shown = min(count, _MAX_REPEATED) if cells else 0
        self._cells.skip(self._row + shown, count - shown if cells else 0)
        for number in range(self._row, self._row + shown):
            if self._cells.begin_row(number, hidden=hidden):
                for column, times, cell in cells:
                    for at in range(column, column + min(times, MAX_COLUMNS + 1)):
                        _put(self._cells, number, at, cell)
        self._row += count

    def _shape(self, element: Element, place: str) -> Iterator[Extra]:
        """A comment, text box, picture or chart; what stands in a cell's paragraphs is part of its text."""
        name = local(element.tag)
        if name == "annotation":
            author = next((each.text or "" for each in element if local(each.tag) == "creator"), "")
            said = " ".join(text_of(each) for each in element if local(each.tag) in {"p", "list"})
            yield Extra(Content.COMMENT, place, f"{author}: {said}" if author else said)
        elif name in {"frame", "custom-shape", "rect", "ellipse", "g", "caption"}:
            at = named(element, "end-cell-address").rpartition(".")[2] or place
            inner = {local(each.tag): each for each in element}
            if "object" in inner:
                chart = chart_in(self._archive, named(inner["object"], "href"))
                if chart is not None:
                    yield Extra(Content.CHART, place or at, chart.title or "without a title", chart.rows)
                    return
            if "image" in inner:
                words = text_of(inner["title"]) if "title" in inner else named(element, "name")
                yield Extra(Content.PICTURE, place or at, f"{words} [image: {named(inner['image'], 'href')}]".strip())
            elif text := text_of(element):
                yield Extra(Content.TEXT_BOX, place or at, text)


_VALUED = {
    f"{{urn:oasis:names:tc:opendocument:xmlns:office:1.0}}{name}" for name in ("value-type", "value", "string-value")
} | {"{urn:oasis:names:tc:opendocument:xmlns:table:1.0}formula"}


def _repeated(element: Element, name: str) -> int:
    return max(int(named(element, name) or "1"), 1)


def _put(cells: Cells, row: int, column: int, cell: Element) -> None:
    text = "\n".join(text_of(each) for each in cell if local(each.tag) in {"p", "h", "list"})
    kind = named(cell, "value-type")
    exact, value = "", ""
    if kind in {"float", "percentage", "currency"}:
        value = named(cell, "value")
        text = text or value
        exact = "" if same_number(text, float(value)) else value
    elif kind == "date":
        value = named(cell, "date-value").removesuffix("T00:00:00").replace("T", " ")
        exact = "" if text.startswith(value) else value
    elif kind == "time" and (found := _DURATION.fullmatch(named(cell, "time-value"))):
        value = text or f"{found[1]}{int(found[2])}:{found[3]}:{found[4]}"
    elif not text and kind == "boolean":
        text = named(cell, "boolean-value").upper()
    if not text and not kind and (formula := named(cell, "formula")):
        text = formula.removeprefix("of:")
    cells.put(row, column, text or value, exact=exact, value=value)
