"""What stands in a file that a run left, read by other programs than those that wrote it."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any

import docx
import openpyxl
import pptx
import pypdf
from PIL import Image

from evals.task import Outcome, Unreadable

ALIKE = str.maketrans({"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "‑": "-", "\u00ad": None})


def content(outcome: Outcome, path: str) -> bytes:
    """The bytes of a file. Raises `Unreadable` when there is none, or it is empty."""
    if path not in outcome.files:
        raise Unreadable(f"{path} is not there")
    if not outcome.files[path]:
        raise Unreadable(f"{path} is empty")
    return outcome.files[path]


def text_of(outcome: Outcome, path: str) -> str:
    """What a reader of the file reads, paragraph by paragraph. Raises `Unreadable`."""
    return "\n".join(parts(path, content(outcome, path)))


def parts(path: str, data: bytes) -> list[str]:
    """The pages of a pdf, slides, rows of a workbook, paragraphs and rows of a Word file, else lines.

    Raises `Unreadable` where the bytes are not what the name says.
    """
    read = _READERS.get(PurePosixPath(path).suffix.lower(), _lines)
    try:
        return read(data)
    # A library may raise whatever it likes about a broken file.
    except Exception as error:
        raise Unreadable(f"{path} does not open: {type(error).__name__}: {error}") from error


def plain(text: str) -> str:
    """The text as two people would call it the same: blanks, quotation marks, dashes and case make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(ALIKE).split()).lower()


def as_json(outcome: Outcome, path: str) -> Any:
    """The value in a JSON file. Raises `Unreadable`."""
    try:
        return json.loads(content(outcome, path))
    except ValueError as error:
        raise Unreadable(f"{path} is no JSON: {error}") from error


def rows(outcome: Outcome, path: str) -> list[dict[str, str]]:
    """The rows of a CSV file by its head, names in lower case. Raises `Unreadable`."""
    lines = content(outcome, path).decode("utf-8-sig", "replace").splitlines()
    table = list(csv.reader(lines, delimiter=";" if ";" in lines[0] and "," not in lines[0] else ","))
    head = [name.strip().lower() for name in table[0]]
    return [dict(zip(head, (cell.strip() for cell in row), strict=False)) for row in table[1:] if any(row)]


def number(value: object) -> float | None:
    """The number that a cell or a JSON value is, with or without unit and thousands; None where it is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = re.fullmatch(r"[^\d-]*(-?\d[\d,]*(?:\.\d+)?)\D*", str(value).strip())
    return float(found[1].replace(",", "")) if found else None


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8-sig").splitlines()


def _word(data: bytes) -> list[str]:
    document = docx.Document(io.BytesIO(data))
    cells = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    return [*(paragraph.text for paragraph in document.paragraphs), *("\t".join(row) for row in cells)]


def _pdf(data: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]


def _slides(data: bytes) -> list[str]:
    deck = pptx.Presentation(io.BytesIO(data))
    return [
        "\n".join(str(shape.text_frame.text) for shape in slide.shapes if shape.has_text_frame) for slide in deck.slides
    ]


def _workbook(data: bytes) -> list[str]:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    cells: list[Sequence[object]] = [row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True)]
    return ["\t".join("" if cell is None else str(cell) for cell in row) for row in cells]


def _picture(data: bytes) -> list[str]:
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return [f"{picture.width} x {picture.height}"]


_READERS: dict[str, Callable[[bytes], list[str]]] = {
    ".docx": _word,
    ".pdf": _pdf,
    ".pptx": _slides,
    ".xlsx": _workbook,
    ".png": _picture,
}
