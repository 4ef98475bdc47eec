"""Slides as HTML: titles, nested points, tables, images and speaker notes, in the order of the show.

The format is Office Open XML (ECMA-376): a presentation refers to its slides by relationship ids, a slide to its
pictures and notes in the same way.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from html import escape
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element, ParseError, fromstring

from convert.errors import CannotConvert

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_TITLES = {"title", "ctrTitle"}
_FURNITURE = {"sldNum", "dt", "ftr", "sldImg"}


def slides_as_html(place: Path, name: str, media: Path, *, numbered: bool = False) -> str:
    """One section a slide. Pictures are written into the folder `media` and referred to by its name.

    `place` has been through `check_archive`. Raises CannotConvert for what is no presentation.
    """
    try:
        with zipfile.ZipFile(place) as archive:
            deck = _Deck(archive, media)
            sections = [deck.slide(path, number, numbered) for number, path in enumerate(deck.order(), 1)]
    except (KeyError, ParseError, ValueError) as error:
        raise CannotConvert(f"{name} is not a presentation that can be read ({error})") from error
    return f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>{''.join(sections)}</body></html>"


class _Deck:
    def __init__(self, archive: zipfile.ZipFile, media: Path) -> None:
        self._archive, self._media = archive, media

    def order(self) -> list[str]:
        """Slides as they are shown, which is not how their files are numbered."""
        main = "ppt/presentation.xml"
        targets = self._related(main)
        return [targets[each.attrib[f"{_R}id"]] for each in self._xml(main).iter(f"{_P}sldId")]

    def slide(self, path: str, number: int, numbered: bool) -> str:
        related, root = self._related(path), self._xml(path)
        shapes = list(_shapes(root))
        title = " ".join(_line(shape) for shape in shapes if _role(shape) in _TITLES).strip()
        body = "".join(self._shape(shape, related) for shape in shapes)
        heading = f"Slide {number}{': ' if title else ''}{title}" if numbered else title or f"Slide {number}"
        notes = "".join(self._notes(other) for other in related.values() if "/notesSlides/" in other)
        return f"<h2>{escape(heading)}</h2>{body}{notes}"

    def _shape(self, shape: Element, related: dict[str, str]) -> str:
        if shape.tag == f"{_P}pic":
            return self._picture(shape, related)
        if shape.tag == f"{_P}graphicFrame":
            return "".join(_table(table) for table in shape.iter(f"{_A}tbl"))
        role = _role(shape)
        if role in _TITLES or role in _FURNITURE:
            return ""
        return _paragraphs(shape, listed=role is not None and role != "subTitle")

    def _picture(self, shape: Element, related: dict[str, str]) -> str:
        about = shape.find(f".//{_P}cNvPr")
        words = (about.get("descr") or about.get("name") or "") if about is not None else ""
        blip = shape.find(f".//{_A}blip")
        source = related.get(blip.get(f"{_R}embed", ""), "") if blip is not None else ""
        if source not in self._archive.namelist():
            return f"<p><em>{escape(words or 'picture')}</em></p>"
        self._media.mkdir(exist_ok=True)
        copy = self._media / PurePosixPath(source).name
        copy.write_bytes(self._archive.read(source))
        return f'<p><img src="{escape(f"{self._media.name}/{copy.name}")}" alt="{escape(words)}"></p>'

    def _notes(self, path: str) -> str:
        spoken = "".join(
            _paragraphs(shape, listed=False) for shape in _shapes(self._xml(path)) if _role(shape) == "body"
        )
        return f'<div class="notes">{spoken}</div>' if spoken else ""

    def _related(self, path: str) -> dict[str, str]:
        """Relationship id -> part of the archive; what is outside of it is left out."""
        folder, name = posixpath.split(path)
        listing = f"{folder}/_rels/{name}.rels"
        if listing not in self._archive.namelist():
            return {}
        return {
            each.attrib["Id"]: posixpath.normpath(posixpath.join("/", folder, each.attrib["Target"])).lstrip("/")
            for each in self._xml(listing)
            if each.get("TargetMode") != "External"
        }

    def _xml(self, path: str) -> Element:
        return fromstring(self._archive.read(path))  # noqa: S314


def _shapes(root: Element) -> Iterator[Element]:
    for each in root.iter():
        if each.tag in {f"{_P}sp", f"{_P}pic", f"{_P}graphicFrame"}:
            yield each


def _role(shape: Element) -> str | None:
    """What a placeholder is for; None for a shape that is none."""
    place = shape.find(f".//{_P}nvPr/{_P}ph")
    return None if place is None else place.get("type", "body")


def _line(element: Element) -> str:
    parts = (each.text or "" if each.tag == f"{_A}t" else "\n" for each in element.iter() if each.tag in _SPOKEN)
    return " ".join("".join(parts).split())


_SPOKEN = {f"{_A}t", f"{_A}br"}


def _paragraphs(shape: Element, *, listed: bool) -> str:
    """A placeholder's paragraphs are points, nested by level; those of other shapes are paragraphs."""
    lines = [(_level(each), escape(_line(each))) for each in shape.iter(f"{_A}p") if _line(each)]
    if not listed:
        return "".join(f"<p>{line}</p>" for _, line in lines)
    out, depth = "", 0
    for level, line in lines:
        out += "<ul>" * (level + 1 - depth) + "</ul>" * (depth - level - 1) + f"<li>{line}</li>"
        depth = level + 1
    return out + "</ul>" * depth


def _level(paragraph: Element) -> int:
    properties = paragraph.find(f"{_A}pPr")
    return 0 if properties is None else min(int(properties.get("lvl", "0")), 8)


def _table(table: Element) -> str:
    rows = [[escape(_line(cell)) for cell in row.iter(f"{_A}tc")] for row in table.iter(f"{_A}tr")]
    tags = ["th", *["td"] * len(rows)]
    lines = ["".join(f"<{tag}>{cell}</{tag}>" for cell in row) for tag, row in zip(tags, rows, strict=False)]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
