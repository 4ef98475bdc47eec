"""Files that tasks begin with, made here: the same bytes each time where the format allows it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence

import docx
import openpyxl
from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

MARGIN, LEADING = 72, 16


def texts(files: Mapping[str, str]) -> dict[str, bytes]:
    """Text files."""
    return {path: text.encode() for path, text in files.items()}


def word(lines: Iterable[str], table: Sequence[Sequence[str]] = ()) -> bytes:
    """A Word file: a line with `#` is a heading of that level, every other one a paragraph; then the table."""
    document = docx.Document()
    for line in lines:
        marks = len(line) - len(line.lstrip("#"))
        if marks:
            document.add_heading(line.lstrip("# "), marks)
        else:
            document.add_paragraph(line)
    if table:
        made = document.add_table(len(table), len(table[0]))
        for row, cells in zip(made.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A pdf with these lines on its pages."""
    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=A4, invariant=1)
    for lines in pages:
        for place, line in enumerate(lines):
            paper.drawString(MARGIN, A4[1] - MARGIN - place * LEADING, line)
        paper.showPage()
    paper.save()
    return out.getvalue()


def scan(lines: Sequence[str]) -> bytes:
    """A pdf of one page that is a picture of these lines, as a scanner leaves it: there is no text in it."""
    picture = Image.new("L", (620, 877), 250)
    drawing = ImageDraw.Draw(picture)
    for place, line in enumerate(lines):
        drawing.text((60, 60 + place * 22), line, fill=20)
    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=A4, invariant=1)
    paper.drawImage(ImageReader(picture), 0, 0, *A4)
    paper.showPage()
    paper.save()
    return out.getvalue()


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """A workbook with these rows."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def table(head: str, rows: Iterable[Sequence[object]]) -> str:
    """A CSV table without quoting."""
    return "".join(f"{','.join(str(cell) for cell in row)}\n" for row in [head.split(","), *rows])
