"""OpenDocument (ISO/IEC 26300): names without their namespaces, text of paragraphs, and charts as tables."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, fromstring

from convert.charts import Chart

if TYPE_CHECKING:
    import zipfile

_SPACES = 1_000
_BESIDE = {"annotation", "note", "tracked-changes", "title", "desc", "image-map"}


def local(tag: object) -> str:
    """An element's name without its namespace; comments and instructions have none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def named(element: Element, name: str) -> str:
    """The value of an attribute, whatever its namespace; empty without it."""
    return next((value for key, value in element.attrib.items() if local(key) == name), "")


def text_of(element: Element) -> str:
    """The text of a paragraph or of what holds some, without comments and notes; paragraphs end lines."""
    parts: list[str] = []
    _gather(element, parts)
    return "".join(parts).strip("\n")


def _gather(element: Element, parts: list[str]) -> None:
    name = local(element.tag)
    if name == "s":
        parts.append(" " * min(int(named(element, "c") or "1"), _SPACES))
    elif name == "tab":
        parts.append("\t")
    elif name == "line-break":
        parts.append("\n")
    is_text = name in {"p", "h", "span", "a", "ruby-base", "meta", "meta-field"} or not len(element)
    if is_text and element.text:
        parts.append(element.text)
    for each in element:
        if local(each.tag) not in _BESIDE:
            _gather(each, parts)
        if each.tail and name in {"p", "h", "span", "a", "ruby-base", "meta", "meta-field"}:
            parts.append(each.tail)
    if name in {"p", "h"}:
        parts.append("\n")


def chart_in(archive: zipfile.ZipFile, reference: str) -> Chart | None:
    """The chart in an embedded object, with the table that it keeps; None for an object of another kind."""
    part = posixpath.normpath(posixpath.join(reference.removeprefix("./"), "content.xml"))
    if part not in archive.namelist():
        return None
    root = fromstring(archive.read(part))  # noqa: S314 - without entities: `check_archive` saw to it
    chart = next((each for each in root.iter() if local(each.tag) == "chart" and named(each, "class")), None)
    if chart is None:
        return None
    titles = [text_of(each) for each in chart if local(each.tag) in {"title", "subtitle"}]
    rows = [
        [text_of(cell) for cell in row if local(cell.tag) == "table-cell"]
        for row in chart.iter()
        if local(row.tag) == "table-row"
    ]
    width = max(map(len, rows), default=0)
    kind = named(chart, "class").rpartition(":")[2]
    return Chart(f"{kind} chart", " ".join(filter(None, titles)), [row + [""] * (width - len(row)) for row in rows])
