"""Features of workbooks."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Callable
from typing import Any

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image

from tests.convert.documents import png, rezipped, unzipped, workbook
from tests.convert.features import Feature
from tests.convert.kinds.workbooks import BOX

_SHEET, _STYLES, _DRAWING = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/drawings/drawing1.xml"
_FORMATS: tuple[tuple[object, str], ...] = (
    (datetime.date(2026, 3, 9), "yyyy-mm-dd"),
    (datetime.datetime(2026, 3, 9, 14, 30), "dd/mm/yyyy hh:mm"),  # noqa: DTZ001 - a cell has no zone
    (datetime.timedelta(hours=30, minutes=15), "[h]:mm"),
    (0.175, "0.0%"),
    (1234.5, '"$"#,##0.00'),
    (1234.5, '#,##0.00 "EUR"'),
    (7, '0 "kg"'),
    (42, "00000"),
)


def _book(fill: Callable[[Any, Any], object]) -> bytes:
    book = openpyxl.Workbook()
    fill(book, book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _formats(_: Any, sheet: Any) -> None:
    for number, (value, code) in enumerate(_FORMATS, 1):
        sheet.cell(number, 1, value).number_format = code


def _hidden(book: Any, sheet: Any) -> None:
    sheet["A1"], sheet["B1"], sheet["A3"] = 5, "=A1+1", "Quince"
    sheet.row_dimensions[3].hidden = True
    for name, state, words in (("Secret", "hidden", "Medlar"), ("Deep", "veryHidden", "Sloe")):
        other = book.create_sheet(name)
        other["A1"], other.sheet_state = words, state


def _remarks(_: Any, sheet: Any) -> None:
    sheet["A1"], sheet["A2"] = "Budget", "site"
    sheet["A1"].comment = Comment("Quince", "Ann")
    sheet["A2"].hyperlink = "https://example.org/medlar"


def _merged(_: Any, sheet: Any) -> None:
    sheet["A2"], sheet["C3"] = "Quince", 2
    sheet.merge_cells("A2:B3")


def _chart(sheet: Any, title: str) -> Any:
    chart = BarChart()
    chart.title = title
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=2))
    return chart


def _charts(book: Any, sheet: Any) -> None:
    sheet.append(["m", 1])
    sheet.add_chart(_chart(sheet, "Quince"), "D2")
    book.create_chartsheet("Curve").add_chart(_chart(sheet, "Medlar"))


def _cells(**values: object) -> bytes:
    def fill(_: Any, sheet: Any) -> None:
        for place, value in values.items():
            sheet[place] = value

    return _book(fill)


def _boxed() -> bytes:
    book = _book(lambda _, sheet: sheet.add_image(Image(io.BytesIO(png())), "C3"))
    return rezipped(book, {_DRAWING: re.sub(rb"(</(?:\w+:)?wsDr>)", BOX + rb"\1", unzipped(book)[_DRAWING])})


_PLAIN = workbook({"Sheet": [["a", "b"], [1, 2]]})
_PARTS = unzipped(_PLAIN)
_ISO = (
    b'<row r="3"><c r="A3" t="d"><v>2026-03-09T00:00:00</v></c><c r="B3" t="inlineStr"><is><t>Quince</t></is></c>'
    b'<c r="C3"><v>12345678901234567</v></c></row></sheetData>'
)


def _without_styles() -> bytes:
    relations = "xl/_rels/workbook.xml.rels"
    return rezipped(_PLAIN, {relations: re.sub(rb"<Relationship [^>]*styles[^>]*/>", b"", _PARTS[relations])})


FEATURES = (
    Feature(
        "formats.xlsx", _book(_formats), ("2026-03-09", "14:30", "30:15", "17.5", "$1,234.50", "EUR", "kg", "00042")
    ),
    Feature("hidden.xlsx", _book(_hidden), ("Quince", "Medlar", "Sloe", "=A1+1", "hidden")),
    Feature("remarks.xlsx", _book(_remarks), ("Quince", "medlar")),
    Feature("merged.xlsx", _book(_merged), ("Quince",)),
    Feature("charts.xlsx", _book(_charts), ("Quince", "Medlar")),
    Feature("box.xlsx", _boxed(), ("Boxed", "image")),
    Feature("offset.xlsx", _cells(C5="Quince", F9="far"), ("Quince",)),
    Feature("far-down.xlsx", _cells(A1="head", A200000="Quince"), ("Quince", "only 100,000 rows")),
    Feature("far-right.xlsx", _cells(A1="head", XFD1="Quince"), ("500 columns",)),
    Feature(
        "kinds-of-cells.xlsx",
        rezipped(_PLAIN, {_SHEET: _PARTS[_SHEET].replace(b"</sheetData>", _ISO)}),
        ("2026-03-09", "Quince", "12345678901234567"),
    ),
    Feature(
        "unknown-fill.xlsx",
        rezipped(
            _PLAIN,
            {
                _STYLES: _PARTS[_STYLES].replace(
                    b'<cellXfs count="1">',
                    b'<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="99" borderId="0"/>',
                )
            },
        ),
        ("1",),
    ),
    Feature("no-styles.xlsx", _without_styles(), ("1",)),
    Feature(
        "wrong-size.xlsx",
        rezipped(_PLAIN, {_SHEET: _PARTS[_SHEET].replace(b'ref="A1:B2"', b'ref="A1"')}),
        ("2",),
    ),
    *(Feature(f"named.{suffix}", _PLAIN, ("a",)) for suffix in ("xls", "xlsm", "xlsb")),
    Feature("odd.xlsx", _cells(A1="#DIV/0!", A2="x|pipe", A3="<b>tag</b>"), ("#DIV/0!", "<b>tag</b>")),
    Feature(
        "rich.xlsx",
        _cells(A1=CellRichText("plain ", TextBlock(InlineFont(b=True), "Quince"))),
        ("Quince",),
    ),
)
