"""OpenDocument texts made ready for pandoc, which drops what it has no word for: fields, shapes, comments, charts.

Everything here moves words of the document to where pandoc's reader looks for them; it adds none but marks that say
what they are. Names are those of OpenDocument 1.3 part 3.
"""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError, fromstring, tostring

from convert.errors import CannotConvert
from convert.opendocument import chart_in, local, named, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONTENT = "content.xml"
_FORMULA, _HEAD = re.compile(rb"<(?:\w+:)?math[\s>]"), 2_000
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_LINES = {"p", "h", "span", "a"}
# What pandoc's reader knows inside of a paragraph; everything else that holds text there is unwrapped.
_KNOWN = {
    "span", "a", "s", "tab", "line-break", "note", "bookmark", "bookmark-start", "bookmark-end", "reference-mark-start",
    "reference-mark-end", "sequence", "bookmark-ref", "frame", "soft-page-break",
}  # fmt: skip
_SHAPES = {"custom-shape", "rect", "ellipse", "circle", "g", "caption", "polygon", "path", "line", "connector", "frame"}


def write_prepared(place: Path, target: Path, name: str, *, reading: bool) -> None:
    """Copy the document with its content rewritten; raises CannotConvert.

    For `reading`, comments and deleted text stand in brackets where they belong, and descriptions beside pictures.
    """
    try:
        with zipfile.ZipFile(place) as source, zipfile.ZipFile(target, "w") as copy:
            for member in source.infolist():
                data = source.read(member)
                if member.filename == _CONTENT:
                    root = fromstring(data)  # noqa: S314 - without entities: `check_archive` saw to it
                    _Rewriting(source, root, reading=reading).block(root)
                    data = tostring(root, encoding="utf-8", xml_declaration=True)
                copy.writestr(member.filename, data)
    except ParseError as error:
        raise CannotConvert(f"{name} is damaged ({error})") from error


class _Rewriting:
    def __init__(self, archive: zipfile.ZipFile, root: Element, *, reading: bool) -> None:
        self._archive, self._reading = archive, reading
        self._deleted = dict(_deletions(root)) if reading else {}

    def block(self, element: Element) -> None:
        """Rewrite everything below an element that holds paragraphs."""
        children: list[Element] = []
        for child in list(element):
            name = local(child.tag)
            if name in {"p", "h"}:
                beside = [block for shape in _shapes_in(child) for block in self._blocks(shape)]
                self._line(child)
                children.extend([child, *beside])
            elif name == "numbered-paragraph" or name.endswith(("-index", "-of-content", "bibliography")):
                inner = [each for each in child.iter() if local(each.tag) in {"p", "h"}]
                for each in inner:
                    self._line(each)
                children.extend(inner)
            elif name in _SHAPES and local(element.tag) != "page":
                children.extend(self._blocks(child))
            elif name == "table" and local(element.tag) in {"table-cell", "covered-table-cell"}:
                children.extend(_paragraph(" | ".join(row)) for row in _cells(child))
            else:
                self.block(child)
                children.append(child)
        element[:] = children

    def _line(self, line: Element) -> None:
        """Rewrite a paragraph so that its words are in elements that pandoc knows."""
        for child in list(line):
            name = local(child.tag)
            if name in _LINES:
                self._line(child)
            elif name == "note":
                self.block(child)
            elif name == "frame" and self._is_chart(child):
                self._replace(line, child, "")
            elif name == "frame" and self._is_formula(child):
                pass
            elif name == "frame" and any(local(each.tag) == "image" for each in child):
                if self._reading and (words := _description(child)):
                    line.insert(list(line).index(child) + 1, _moved_tail(child, _span(f" ({words}) ")))
            elif name not in _KNOWN or name == "frame":
                self._replace(line, child, self._instead(child))

    def _is_chart(self, frame: Element) -> bool:
        references = (named(each, "href") for each in frame if local(each.tag) == "object")
        return any(chart_in(self._archive, reference) is not None for reference in references)

    def _is_formula(self, frame: Element) -> bool:
        """Whether a frame holds a formula. Its reference becomes one that pandoc follows, which its own are not."""
        for each in (each for each in frame if local(each.tag) == "object"):
            key = next((key for key in each.attrib if local(key) == "href"), "")
            folder = each.get(key, "").removeprefix("./").rstrip("/")
            part = f"{folder}/content.xml"
            if part in self._archive.namelist() and _FORMULA.search(self._archive.read(part)[:_HEAD]):
                each.set(key, f"./{folder}")
                return True
        return False

    def _instead(self, element: Element) -> str:
        name = local(element.tag)
        if name == "annotation":
            author = next((f" by {each.text}" for each in element if local(each.tag) == "creator" and each.text), "")
            words = " ".join(text_of(each) for each in element if local(each.tag) in {"p", "list"})
            return f" [comment{author}: {words}] " if self._reading else ""
        if name == "change":
            return self._deleted.get(named(element, "change-id"), "")
        if name == "ruby":
            base, above = ("".join(each.itertext()) for each in (*element, Element("x"), Element("x"))[:2])
            return f"{base} ({above})" if above else base
        return "" if name in _SHAPES else "".join(element.itertext())

    def _replace(self, line: Element, child: Element, words: str) -> None:
        index = list(line).index(child)
        if words:
            line[index] = _moved_tail(child, _span(words))
            return
        if child.tail:
            line[index] = _moved_tail(child, _span(""))
        else:
            line.remove(child)

    def _blocks(self, shape: Element) -> Iterator[Element]:
        """What a shape says, as blocks of their own: a text box's paragraphs, a chart as a title and a table."""
        for each in shape:
            match local(each.tag):
                case "object":
                    chart = chart_in(self._archive, named(each, "href"))
                    if chart is not None:
                        yield _paragraph(f"[{chart.kind}] {chart.title}")
                        yield _table(chart.rows)
                        return
                case "p" | "h" | "list":
                    holder = Element(f"{_TEXT}section")
                    holder.append(each)
                    self.block(holder)
                    yield from holder
                case "text-box" | "table":
                    self.block(each)
                    yield from each if local(each.tag) == "text-box" else [each]
                case name if name in _SHAPES:
                    yield from self._blocks(each)


def _shapes_in(line: Element) -> Iterator[Element]:
    """Shapes that are anchored in a paragraph; pictures stay where they are."""
    for child in line:
        name = local(child.tag)
        if name in _LINES:
            yield from _shapes_in(child)
        elif name in _SHAPES:
            names = {local(each.tag) for each in child}
            if name != "frame" or "text-box" in names or "object" in names or "table" in names:
                yield child


def _deletions(root: Element) -> Iterator[tuple[str, str]]:
    """Number of a change -> what it took away, in words."""
    for region in (each for each in root.iter() if local(each.tag) == "changed-region"):
        for change in (each for each in region if local(each.tag) == "deletion"):
            author = next((each.text or "" for each in change.iter() if local(each.tag) == "creator"), "")
            words = " ".join(text_of(each) for each in change if local(each.tag) in {"p", "h", "list"})
            yield named(region, "id"), f"[deleted{' by ' * bool(author)}{author}: {words}]"


def _description(frame: Element) -> str:
    return " ".join(each.text or "" for each in frame if local(each.tag) in {"title", "desc"}).strip()


def _moved_tail(old: Element, new: Element) -> Element:
    new.tail, old.tail = old.tail, None
    return new


def _span(words: str) -> Element:
    span = Element(f"{_TEXT}span")
    span.text = words
    return span


def _paragraph(words: str) -> Element:
    line = Element(f"{_TEXT}p")
    line.text = words
    return line


def _cells(table: Element) -> Iterator[list[str]]:
    for row in (each for each in table.iter() if local(each.tag) == "table-row"):
        yield [" ".join(text_of(each).split()) for each in row if local(each.tag) == "table-cell"]


def _table(rows: object) -> Element:
    table = Element(f"{_TABLE}table")
    for cells in rows if isinstance(rows, list) else []:
        row = Element(f"{_TABLE}table-row")
        for words in cells:
            cell = Element(f"{_TABLE}table-cell")
            cell.append(_paragraph(words))
            row.append(cell)
        table.append(row)
    return table
