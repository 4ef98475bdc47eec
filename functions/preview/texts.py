"""Texts, tables and web pages as HTML. What a text or a table says is text, and stays text."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from html import escape
from itertools import islice
from pathlib import Path

from markdown_it import MarkdownIt

from preview.errors import CannotShow
from swarm_job.charset import NotText, Text, decoded
from swarm_job.delimited import rows_of

MAX_ROWS = 200
MAX_COLUMNS = 50
MAX_CELL = 500
MAX_CHARACTERS = 500_000


def markdown(document: Path) -> bytes:
    """The document as CommonMark with tables; HTML in it is shown as it is written."""
    reader, text = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]), _text(document)
    return f"{reader.render(text.characters)}{_noted(text)}".encode()


def table(document: Path) -> bytes:
    """The first rows and columns, the first row as the head."""
    text = _text(document)
    rows = list(islice(_whole(rows_of(text.characters)), MAX_ROWS + 1))
    body = [cells_of(row, "th" if number == 0 else "td") for number, row in enumerate(rows[:MAX_ROWS])]
    note = f"<p>The first {MAX_ROWS} rows.</p>" if len(rows) > MAX_ROWS else ""
    return f"<table>{''.join(body)}</table>{note}{_noted(text)}".encode()


def _whole(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows up to where the file stops making sense."""
    try:
        yield from reader
    except csv.Error:
        return


def plain(document: Path) -> bytes:
    """The text as it is, as far as a person reads on."""
    text = _text(document)
    note = f"<p>The first {MAX_CHARACTERS:,} characters.</p>" if len(text.characters) > MAX_CHARACTERS else ""
    return f"<pre>{escape(text.characters[:MAX_CHARACTERS])}</pre>{note}{_noted(text)}".encode()


def web(document: Path) -> bytes:
    """The page as it is: the sanitiser, which every preview passes, leaves of it what can do nothing."""
    return _text(document).characters.encode()


def cells_of(cells: Sequence[str], element: str) -> str:
    """A row of these cells, as many and as much of each as is shown."""
    shown = [f"<{element}>{escape(_clipped(cell))}</{element}>" for cell in cells[:MAX_COLUMNS]]
    if len(cells) > MAX_COLUMNS:
        shown.append(f"<{element}>\u2026</{element}>")
    return f"<tr>{''.join(shown)}</tr>"


def _clipped(cell: str) -> str:
    return cell if len(cell) <= MAX_CELL else f"{cell[:MAX_CELL]}\u2026"


def _text(document: Path) -> Text:
    try:
        return decoded(document.read_bytes())
    except NotText as error:
        raise CannotShow("it is not text, whatever its name says") from error


def _noted(text: Text) -> str:
    return f"<p>{escape(text.note[:1].upper() + text.note[1:])}.</p>" if text.note else ""
