"""What only office documents have: parts that a change must not touch, tables, headings, and properties."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

import docx

from evals.reading import content, number, parts, plain
from evals.task import Grader, Outcome

_BODY = "word/document.xml"


def only_replaced(path: str, old: str, new: str) -> Grader:
    """The Word file says everything that it said, with one text in place of the other; no other part differs."""

    def fault(outcome: Outcome) -> str:
        before, after = outcome.given[path], content(outcome, path)
        wanted = [part.replace(old, new) for part in parts(path, before)]
        found = parts(path, after)
        if found != wanted:
            wrong = next((one for one, other in zip(found, wanted, strict=False) if one != other), "parts are missing")
            return f"{path} says “{wrong}”"
        given, made = _zipped(before), _zipped(after)
        other = sorted(name for name in {*given, *made} if name != _BODY and given.get(name) != made.get(name))
        return f"{path} has other parts: {', '.join(other)}" if other else ""

    return Grader(f"in {path} nothing but the name changes", fault)


def tabled(path: str, *wanted: Sequence[str]) -> Grader:
    """A table of the Word file has these rows: each text in a cell of its own, in this order, and figures by value."""

    def fault(outcome: Outcome) -> str:
        parts(path, content(outcome, path))
        document = docx.Document(io.BytesIO(outcome.files[path]))
        found = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
        missing = [row for row in wanted if not any(_has(cells, row) for cells in found)]
        return f"{path} has no row {' | '.join(missing[0])}" if missing else ""

    return Grader(f"{path} has the table", fault)


def headed(path: str, least: int) -> Grader:
    """The Word file has a title or so many headings that are headings, and not bold paragraphs."""

    def fault(outcome: Outcome) -> str:
        parts(path, content(outcome, path))
        document = docx.Document(io.BytesIO(outcome.files[path]))
        styles = [str(paragraph.style.name) if paragraph.style else "" for paragraph in document.paragraphs]
        found = sum(style.startswith(("Heading", "Title")) for style in styles)
        return "" if found >= least else f"{path} has {found} headings, not {least}"

    return Grader(f"{path} has headings", fault)


def _has(cells: Sequence[str], wanted: Sequence[str]) -> bool:
    left = list(cells)
    for text in wanted:
        place = next((at for at, cell in enumerate(left) if _same(cell, text)), None)
        if place is None:
            return False
        left = left[place + 1 :]
    return True


def _same(cell: str, wanted: str) -> bool:
    figure = re.fullmatch(r"[\d.,]+", wanted)
    return number(cell) == number(wanted) if figure else plain(wanted) in plain(cell)


def _zipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
