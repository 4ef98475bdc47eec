"""What an OpenDocument text or spreadsheet holds: its content, headers and footers, and embedded objects."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError, fromstring

from convert.errors import CannotConvert
from convert.inventory import Content, Item, letters
from convert.opendocument import local, named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FIELDS = {
    "page-number", "page-count", "date", "time", "title", "author-name", "user-field-get", "placeholder", "text-input",
    "drop-down", "conditional-text", "variable-set", "variable-get", "expression", "hidden-text", "sequence",
    "bookmark-ref", "reference-ref", "file-name", "chapter", "sender-firstname", "database-display", "initial-creator",
}  # fmt: skip
_SHAPES = {"text-box", "custom-shape", "rect", "ellipse", "circle", "caption", "polygon"}
_APART = {"annotation", "note", "tracked-changes", "frame", "ruby-text", *_SHAPES, *_FIELDS}
_HIDDEN = {"collapse", "filter"}
_PAGES = {"header": Content.HEADER, "header-left": Content.HEADER, "header-first": Content.HEADER,
          "footer": Content.FOOTER, "footer-left": Content.FOOTER, "footer-first": Content.FOOTER}  # fmt: skip
_MAX_CELLS = 20_000


def take(place: Path, name: str) -> Iterator[Item]:
    """Every item of the document; raises CannotConvert."""
    try:
        with zipfile.ZipFile(place) as archive:
            names = archive.namelist()
            root = fromstring(archive.read("content.xml"))  # noqa: S314 - `check_archive` refuses entities
            yield from _Taking(archive, names).of(root, "")
            styles = fromstring(archive.read("styles.xml")) if "styles.xml" in names else Element("none")  # noqa: S314
    except (ParseError, KeyError) as error:
        raise CannotConvert(f"{name} is damaged ({error})") from error
    for each in styles.iter():
        if (kind := _PAGES.get(local(each.tag))) and (text := _words(each)):
            yield Item(kind, "pages", text)
    for part in names:
        if part.startswith("Basic/") and part.endswith(".xml") and "script-l" not in part:
            yield Item(Content.MACRO, "the document", part)


def _is_picture(frame: Element) -> bool:
    """Whether a frame shows a picture that nothing describes."""
    images = any(local(each.tag) == "image" and "ObjectReplacements" not in named(each, "href") for each in frame)
    return images and not any(local(each.tag) == "desc" and each.text for each in frame)


class _Taking:
    def __init__(self, archive: zipfile.ZipFile, names: list[str]) -> None:
        self._archive, self._names = archive, names
        self._cells, self._of_sheets = 0, False
        self._invisible: set[str] = set()

    def of(self, element: Element, place: str, kind: Content = Content.TEXT) -> Iterator[Item]:
        """What stands below an element, in its order; `kind` is that of its paragraphs, `place` a table's name."""
        for each in element:
            name, where, inner = local(each.tag), place, kind
            if name == "table" and not place:
                where, inner = named(each, "name") or "table", Content.CELL
            elif name in _SHAPES:
                inner = Content.TEXT_BOX
            yield from self._text(each, name, where or "the text", kind)
            yield from self._mark(each, name, where or "the text")
            yield from self._drawn(each, name, where or "the text")
            yield from self._sheet(each, name, where)
            if name not in {"note", "annotation", "tracked-changes"}:
                yield from self.of(each, where, inner)

    def _text(self, each: Element, name: str, place: str, kind: Content) -> Iterator[Item]:
        """Words: paragraphs, fields, notes, comments, what was deleted."""
        if name in {"p", "h"} and (text := _own(each)):
            self._cells += kind is Content.CELL
            if self._cells <= _MAX_CELLS:
                yield Item(kind, place, text)
        elif name in _FIELDS and (text := _words(each)):
            yield Item(Content.FIELD, name, text)
        elif name == "note":
            body = next((found for found in each if local(found.tag) == "note-body"), each)
            yield Item(
                Content.ENDNOTE if named(each, "note-class") == "endnote" else Content.FOOTNOTE, place, _words(body)
            )
        elif name == "annotation":
            yield Item(Content.COMMENT, place, _words(each, without={"date", "date-string"}))
        elif name == "tracked-changes":
            deleted = (found for found in each.iter() if local(found.tag) == "deletion")
            yield from (Item(Content.DELETED, place, _words(found, without={"date"})) for found in deleted)

    def _mark(self, each: Element, name: str, place: str) -> Iterator[Item]:
        """What words have about them: readings, links, bookmarks, formulas of cells."""
        if name == "ruby-text":
            yield Item(Content.RUBY, place, _words(each))
        elif name == "a" and (address := named(each, "href")):
            yield Item(Content.LINK, place, address)
        elif name in {"bookmark", "bookmark-start"} and not named(each, "name").startswith("_"):
            yield Item(Content.BOOKMARK, place, named(each, "name"))
        if formula := named(each, "formula"):
            yield Item(Content.FORMULA, place, f"formula {formula.partition(':')[2] or formula}")

    def _drawn(self, each: Element, name: str, place: str) -> Iterator[Item]:
        if name == "object":
            yield from self._object(named(each, "href").removeprefix("./"), place)
        elif name == "spreadsheet":
            self._of_sheets = True
        elif name == "frame" and _is_picture(each):
            # Of a text, pictures without a description are counted; a workbook's are named in the reading.
            yield Item(Content.PICTURE, place, "image" * self._of_sheets)
        elif name == "desc" and each.text:
            yield Item(Content.PICTURE, place, each.text)
        elif current := named(each, "current-value") or named(each, "current-state"):
            yield Item(Content.FORM_VALUE, "a form", f"{named(each, 'name')} {current}".strip())

    def _sheet(self, each: Element, name: str, place: str) -> Iterator[Item]:
        """What of a spreadsheet is hidden."""
        if name == "style" and any(named(found, "display") == "false" for found in each):
            self._invisible.add(named(each, "name"))
        elif name == "table" and named(each, "style-name") in self._invisible:
            yield Item(Content.HIDDEN_SHEET, place, f"{place} (hidden sheet)")
        elif named(each, "visibility") in _HIDDEN and name == "table-column":
            yield Item(Content.HIDDEN_COLUMN, place, "hidden columns")
        elif named(each, "visibility") in _HIDDEN and _words(each):
            yield Item(Content.HIDDEN_ROW, place, "hidden rows")

    def _object(self, folder: str, place: str) -> Iterator[Item]:
        part = f"{folder.rstrip('/')}/content.xml"
        if part not in self._names:
            yield Item(Content.EMBEDDED, place, folder)
            return
        root = fromstring(self._archive.read(part))  # noqa: S314 - as above
        if any(local(each.tag) == "math" for each in root.iter()) or local(root.tag) == "math":
            shown = (each.text or "" for each in root.iter() if local(each.tag) != "annotation")
            yield Item(Content.FORMULA, place, letters(shown))
        else:
            yield Item(
                Content.CHART,
                place,
                " ".join(" ".join(each.itertext()) for each in root.iter() if local(each.tag) == "p"),
            )


def _own(element: Element) -> str:
    """The words of a paragraph, without what is an item of its own."""
    parts = [element.text or ""]
    for each in element:
        name = local(each.tag)
        if name not in _APART:
            parts.append(" " if name in {"s", "tab", "line-break"} else _own(each))
        parts.append(each.tail or "")
    return " ".join("".join(parts).split())


def _words(element: Element, without: set[str] | None = None) -> str:
    """All words below, but for what is an item of its own there."""
    parts = [element.text or ""]
    for each in element:
        name = local(each.tag)
        if name not in {"annotation", "note", *(without or ())}:
            parts.append(
                (" " if name in {"p", "h", "s", "tab", "line-break", "creator"} else "") + _words(each, without)
            )
        parts.append(each.tail or "")
    return " ".join("".join(parts).split())
