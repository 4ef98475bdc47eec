"""Markdown and tables as HTML. What they say is text, and stays text."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from html import escape
from itertools import islice
from pathlib import Path

from markdown_it import MarkdownIt

MAX_ROWS = 200
MAX_COLUMNS = 50
MAX_CELL = 500

DELIMITERS = ",;\t|"


def markdown(document: Path) -> bytes:
    """The document as CommonMark with tables; HTML in it is shown as it is written."""
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return str(reader.render(_text(document))).encode()


def table(document: Path) -> bytes:
    """The first rows and columns, the first row as the head."""
    text = _text(document)
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    csv.field_size_limit(len(text) + 1)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    rows = list(islice(_whole(reader), MAX_ROWS + 1))
    body = [_row(row, "th" if number == 0 else "td") for number, row in enumerate(rows[:MAX_ROWS])]
    note = f"<p>The first {MAX_ROWS} rows.</p>" if len(rows) > MAX_ROWS else ""
    return f"<table>{''.join(body)}</table>{note}".encode()


def _whole(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows up to where the file stops making sense."""
    try:
        yield from reader
    except csv.Error:
        return


def _row(cells: list[str], element: str) -> str:
    shown = [f"<{element}>{escape(_clipped(cell))}</{element}>" for cell in cells[:MAX_COLUMNS]]
    if len(cells) > MAX_COLUMNS:
        shown.append(f"<{element}>\u2026</{element}>")
    return f"<tr>{''.join(shown)}</tr>"


def _clipped(cell: str) -> str:
    return cell if len(cell) <= MAX_CELL else f"{cell[:MAX_CELL]}\u2026"


def _text(document: Path) -> str:
    # A byte order mark is none of the text.
    return document.read_bytes().decode("utf-8-sig", errors="replace")
