"""Workbooks (SpreadsheetML, ECMA-376 part 1, 18) as sheets: cells as they are shown, and what lies on and beside them.

Each sheet is read once, as a stream, up to the limits of `sheets`. Programs leave parts out that others insist on, and
write values that no list knows; a reader of values can do without most of them, and does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, ParseError, XMLPullParser, iterparse

from openpyxl.formula.translate import Translator
from openpyxl.utils import column_index_from_string

from convert.errors import CannotConvert
from convert.ooxml import Package, child, parse_xml
from convert.sheets import Cells, Sheet
from convert.workbook_extras import extras_of
from swarm_job.number_formats import BUILT_IN, GENERAL, shown, value_of

if TYPE_CHECKING:
    from pathlib import Path

    from convert.ooxml import Relation

_CHUNK = 1 << 20
_LONGEST_TAG = 64
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_ON = {"1", "true"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read_workbook(place: Path, name: str) -> list[Sheet]:
    """Every sheet in its order; `place` has been through `check_archive`. Raises CannotConvert for anything else."""
    with Package(place, name) as package:
        main = package.main()
        if main.endswith(".bin"):
            raise CannotConvert(f"{name} is a binary workbook (xlsb), which is not read; ask for it saved as xlsx")
        root = package.xml(main)
        if root.tag != "x:workbook":
            raise CannotConvert(f"{name} is damaged or is no workbook: its main part is {root.tag.rpartition(':')[2]}")
        related = package.related(main)
        properties = child(root, "x:workbookPr")
        book = _Book(
            package,
            _shared(package, related),
            _formats(package, related),
            since_1904=properties is not None and properties.get("date1904") in _ON,
        )
        sheets = []
        for each in root.iter("x:sheet"):
            relation = related.get(each.get("r:id", ""))
            if relation is not None and not relation.external:
                sheets.append(book.sheet(each.get("name", ""), relation.target, each.get("state", "visible")))
        return sheets


@dataclass(frozen=True, slots=True)
class _Book:
    package: Package
    strings: list[str]
    formats: list[str]
    since_1904: bool

    def sheet(self, name: str, part: str, state: str) -> Sheet:
        hidden = {"hidden": "hidden", "veryHidden": "very hidden"}.get(state, "")
        frame = _frame(self.package.open(part))
        root = parse_xml(frame, f"{self.package.name}: {part}")
        cells = Cells()
        if root.tag == "x:worksheet":
            with self.package.open(part) as stream:
                self._fill(cells, stream, part)
        return cells.sheet(name, hidden, [*cells.hidden_rows(), *extras_of(self.package, part, root)])

    def _fill(self, cells: Cells, stream: IO[bytes], part: str) -> None:
        masters: dict[str, tuple[str, str]] = {}
        row = -1
        try:
            for element in _rows(stream):
                number = element.get("r")
                row = int(number) - 1 if number else row + 1
                if not cells.begin_row(row, hidden=element.get("hidden") in _ON):
                    continue
                column = -1
                for cell in element:
                    found = _REFERENCE.fullmatch(cell.get("r", ""))
                    column = column_index_from_string(found[1]) - 1 if found else column + 1
                    self._put(cells, row, column, cell, masters)
        except (ParseError, ValueError, LookupError) as error:
            raise CannotConvert(f"{self.package.name} is damaged in its part {part} ({error})") from error

    def _put(self, cells: Cells, row: int, column: int, cell: Element, masters: dict[str, tuple[str, str]]) -> None:
        written, formula, inline = "", "", None
        for each in cell:
            match each.tag.rpartition("}")[2]:
                case "v":
                    written = each.text or ""
                case "f":
                    formula = _formula(each, cell.get("r", ""), masters)
                case "is":
                    inline = _text_of(each)
        if inline is not None:
            cells.put(row, column, inline)
        elif written:
            self._value(cells, row, column, cell, written)
        elif formula:
            cells.put(row, column, formula)

    def _value(self, cells: Cells, row: int, column: int, cell: Element, written: str) -> None:
        match cell.get("t", "n"):
            case "s":
                cells.put(row, column, self.strings[int(written)])
            case "b":
                cells.put(row, column, "TRUE" if written in _ON else "FALSE")
            case "str" | "inlineStr" | "e":
                cells.put(row, column, _unescaped(written))
            case "d":
                cells.put(row, column, written.removesuffix("T00:00:00").replace("T", " ").removesuffix("Z"))
            case _:
                style = int(cell.get("s", "0"))
                code = self.formats[style] if style < len(self.formats) else GENERAL
                value = float(written)
                told = shown(value, code, since_1904=self.since_1904, written=written)
                plain = value_of(value, code, since_1904=self.since_1904, written=written)
                cells.put(row, column, told.text, exact=told.exact, value=plain)


def _frame(stream: IO[bytes]) -> bytes:
    """A sheet's part without its rows, which may be millions."""
    data, rows = b"", re.compile(rb"<(\w+:)?sheetData[\s>]")
    with stream:
        found = None
        while found is None and (chunk := stream.read(_CHUNK)):
            before = max(len(data) - _LONGEST_TAG, 0)
            data += chunk
            found = rows.search(data, before)
        if found is None:
            return data
        end = b"</" + (found[1] or b"") + b"sheetData"
        head, rest = data[: found.start()], data[found.start() :]
        while end not in rest and (chunk := stream.read(_CHUNK)):
            rest = rest[-len(end) :] + chunk
        if end not in rest:
            return data
        after = rest[rest.index(end) :]
        return head + after[after.index(b">") + 1 :] + stream.read()


def _rows(stream: IO[bytes]) -> Iterator[Element]:
    """The sheet's rows, one at a time; the tree behind them is let go."""
    parser: Any = XMLPullParser(events=("start", "end"))
    parents: list[Element] = []
    while chunk := stream.read(_CHUNK):
        parser.feed(chunk)
        events: Any = parser.read_events()
        for event, element in events:
            name = element.tag.rpartition("}")[2]
            if name == "sheetData":
                if event == "end":
                    return
                parents = [element]
            elif name == "row" and event == "end":
                yield element
                parents[0].clear()


def _shared(package: Package, related: dict[str, Relation]) -> list[str]:
    """The strings that cells refer to by number."""
    part = next((each.target for each in related.values() if each.kind == "sharedStrings"), "")
    if part not in package.parts:
        return []
    strings = []
    with package.open(part) as stream:
        root: Element | None = None
        for event, element in iterparse(stream, events=("start", "end")):  # noqa: S314 - `check_archive` refuses entities
            root = element if root is None else root
            if event == "end" and element.tag.rpartition("}")[2] == "si":
                strings.append(_text_of(element))
                root.clear()
    return strings


def _text_of(element: Element) -> str:
    """Text of a string in one or several formats, without the readings that are printed above Japanese."""
    parts: list[str] = []
    for each in element:
        name = each.tag.rpartition("}")[2]
        if name == "t":
            parts.append(each.text or "")
        elif name == "r":
            parts.append(_text_of(each))
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    """Characters that XML has no place for are written as _x000D_."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace("\r\n", "\n") if "_x" in text else text


def _formula(element: Element, place: str, masters: dict[str, tuple[str, str]]) -> str:
    """The cell's own formula; one that is shared is moved there from the first cell that has it."""
    text, shared = element.text or "", element.get("si")
    if element.get("t") == "shared" and shared is not None:
        if text:
            masters[shared] = (text, place)
        elif shared in masters:
            first, origin = masters[shared]
            text = Translator(f"={first}", origin=origin).translate_formula(place).removeprefix("=")
    return f"={text}" if text else ""


def _formats(package: Package, related: dict[str, Relation]) -> list[str]:
    """The code of each cell style, by its number; none where there are no styles."""
    part = next((each.target for each in related.values() if each.kind == "styles"), "")
    if part not in package.parts:
        return []
    root = package.xml(part)
    codes = dict(BUILT_IN)
    for each in root.iter("x:numFmt"):
        codes[int(each.get("numFmtId", "0"))] = each.get("formatCode", GENERAL)
    styles = child(root, "x:cellXfs")
    return [codes.get(int(each.get("numFmtId", "0")), GENERAL) for each in styles] if styles is not None else []
