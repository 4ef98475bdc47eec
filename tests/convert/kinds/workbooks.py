"""Workbooks with one of each: what cells hold, what is hidden, and what lies on and beside a sheet."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from convert.inventory import Content
from tests.convert.documents import png, rezipped, unzipped
from tests.convert.kinds import Case, Family, Fate
from tests.convert.kinds.slides import strict

BOX = (
    b'<xdr:twoCellAnchor xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
    b' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:from><xdr:col>1</xdr:col>'
    b"<xdr:colOff>0</xdr:colOff><xdr:row>1</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>3</xdr:col>"
    b"<xdr:colOff>0</xdr:colOff><xdr:row>5</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:sp><xdr:nvSpPr>"
    b'<xdr:cNvPr id="9" name="Box"/><xdr:cNvSpPr txBox="1"/></xdr:nvSpPr><xdr:spPr/><xdr:txBody><a:bodyPr/><a:p><a:r>'
    b"<a:t>Boxed</a:t></a:r></a:p></xdr:txBody></xdr:sp><xdr:clientData/></xdr:twoCellAnchor>"
)


def _book() -> bytes:
    book = openpyxl.Workbook()
    page: Any = book.worksheets[0]
    page.title = "Plan"
    for row in (
        ["Region", "Sum", "Rate"],
        ["Northern", 12345.678, 0.175],
        ["Screened", 7, 0.5],
        ["Total", "=SUM(B2:B3)", "=9*B3"],
    ):
        page.append(row)
    page["B2"].number_format, page["C2"].number_format = "#,##0", "0.0%"
    page["A1"].comment = Comment("Verify these", "Ann")
    page["A2"].hyperlink = "https://example.org/northern"
    page.row_dimensions[3].hidden = True
    page.column_dimensions["D"].hidden = True
    page["D1"] = "Veiled"
    page.oddHeader.center.text, page.oddFooter.left.text = "Confidential &A", "Edition nine"
    page.add_image(Image(io.BytesIO(png())), "F3")
    chart = BarChart()
    chart.title = "Charted"
    chart.add_data(Reference(page, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    page.add_chart(chart, "H2")
    choice = DataValidation(type="list", formula1='"Approved,Rejected"')
    choice.add("A9")
    page.add_data_validation(choice)
    book.defined_names["Forecast"] = DefinedName("Forecast", attr_text="Plan!$B$2")
    for name, state in (("Secret", "hidden"), ("Deep", "veryHidden")):
        sheet = book.create_sheet(name)
        sheet.append([f"{name} words"])
        sheet.sheet_state = state
    out = io.BytesIO()
    book.save(out)
    parts = unzipped(out.getvalue())
    drawing = "xl/drawings/drawing1.xml"
    # As a program does that works out what it saves; openpyxl does not.
    worked_out = re.sub(
        rb"(<f>SUM\(B2:B3\)</f>)<v ?/?>(?:</v>)?", rb"\1<v>12352.678</v>", parts["xl/worksheets/sheet1.xml"]
    )
    return rezipped(
        out.getvalue(),
        {
            drawing: re.sub(rb"(</(?:\w+:)?wsDr>)", BOX + rb"\1", parts[drawing]),
            "xl/worksheets/sheet1.xml": worked_out,
            "xl/vbaProject.bin": b"program",
            "xl/embeddings/offer.docx": b"embedded",
        },
    )  # fmt: skip


_BOOK = _book()

FAMILY = Family(
    files={"book.xlsx": _BOOK, "strict.xlsx": strict(_BOOK), "book.xlsm": _BOOK},
    cases=(
        Case(Content.CELL, "book.xlsx", "Northern", Fate.CARRIED, said="12,346 [12345.678]"),
        Case(Content.CELL, "book.xlsx", "Region", Fate.CARRIED, said="17.5%"),
        Case(Content.CELL, "strict.xlsx", "Northern", Fate.CARRIED, said="12,346 [12345.678]"),
        Case(Content.CELL, "book.xlsm", "Northern", Fate.CARRIED),
        Case(Content.FORMULA, "book.xlsx", "=SUM(B2:B3)", Fate.NOTED, said="Plan!B4"),
        Case(Content.FORMULA, "book.xlsx", "=9*B3", Fate.CARRIED),
        Case(Content.COMMENT, "book.xlsx", "Verify these", Fate.CARRIED, said="Ann"),
        Case(Content.LINK, "book.xlsx", "https://example.org/northern", Fate.CARRIED, said="A2"),
        Case(Content.HEADER, "book.xlsx", "Confidential", Fate.CARRIED),
        Case(Content.FOOTER, "book.xlsx", "Edition nine", Fate.CARRIED),
        Case(Content.TEXT_BOX, "book.xlsx", "Boxed", Fate.CARRIED, said="B2"),
        Case(Content.TEXT_BOX, "strict.xlsx", "Boxed", Fate.CARRIED),
        Case(Content.CHART, "book.xlsx", "Charted", Fate.CARRIED, said="H2"),
        Case(Content.PICTURE, "book.xlsx", "Picture", Fate.CARRIED, said="F3"),
        Case(Content.HIDDEN_SHEET, "book.xlsx", "Deep (very hidden sheet)", Fate.CARRIED, said="Secret (hidden sheet)"),
        Case(Content.HIDDEN_ROW, "book.xlsx", "hidden rows", Fate.CARRIED, said="Screened"),
        Case(Content.HIDDEN_COLUMN, "book.xlsx", "hidden columns", Fate.CARRIED, said="Veiled"),
        Case(Content.CONTENT_CONTROL, "book.xlsx", "Approved,Rejected", Fate.NOTED),
        Case(Content.BOOKMARK, "book.xlsx", "Forecast", Fate.NOTED, said="Plan!$B$2"),
        Case(Content.EMBEDDED, "book.xlsx", "offer.docx", Fate.NOTED),
        Case(Content.MACRO, "book.xlsx", "vbaProject.bin", Fate.NOTED),
    ),
)
