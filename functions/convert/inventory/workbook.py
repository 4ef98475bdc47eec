"""What a workbook holds, counted from its parts: words of cells, formulas, and what is hidden or beside the cells."""

from __future__ import annotations

import re
from html import unescape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from convert.inventory import Content, Item
from convert.inventory.drawings import DRAWN, drawn, said
from convert.ooxml import Package, child, parse_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from convert.ooxml import Relation

_ON = {"1", "true"}
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*[^>/])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]+\d+)"')
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]+)<")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*[^/>]>([^<]+)<|<(?:\w+:)?f>([^<]+)<")
_STRING = re.compile(rb"<(?:\w+:)?si\b[^>]*>(.*?)</(?:\w+:)?si>|<(?:\w+:)?si\b[^>]*/>", re.DOTALL)
_READING = re.compile(rb"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh>", re.DOTALL)
_TEXT = re.compile(rb"<(?:\w+:)?t\b[^>]*>([^<]*)<")
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden=\"(?:1|true)\"")
_ROWS = re.compile(rb"<(?:\w+:)?sheetData\b.*</(?:\w+:)?sheetData>", re.DOTALL)
_MAX_CELLS = 20_000
"""Cells of a sheet whose words are looked for; reading goes on for long enough in a sheet of millions."""

_PAGE_CODE = re.compile(r'&(?:"[^"]*"|K\w{6}|\d+|[A-Za-z])')


def take(place: Path, name: str) -> Iterator[Item]:
    """Every item of the workbook; raises CannotConvert."""
    with Package(place, name) as package:
        main = package.main()
        root, related = package.xml(main), package.related(main)
        shared = next((each.target for each in related.values() if each.kind == "sharedStrings"), "")
        strings = list(_STRING.finditer(package.read(shared))) if shared in package.parts else []
        for each in root.iter("x:sheet"):
            relation, title = related.get(each.get("r:id", "")), each.get("name", "")
            if hidden := {"hidden": "hidden", "veryHidden": "very hidden"}.get(each.get("state", "")):
                yield Item(Content.HIDDEN_SHEET, title, f"{title} ({hidden} sheet)")
            if relation is not None and relation.target in package.parts:
                yield from _sheet(package, relation.target, title, [found[1] or b"" for found in strings])
        for each in root.iter("x:definedName"):
            if not each.get("name", "").startswith("_xlnm.") and each.get("hidden") not in _ON:
                yield Item(Content.BOOKMARK, each.text or "", each.get("name", ""))
        for part in package.parts:
            path = PurePosixPath(part)
            if path.name == "vbaProject.bin":
                yield Item(Content.MACRO, "the workbook", "vbaProject.bin")
            elif path.parent.name == "embeddings":
                yield Item(Content.EMBEDDED, "the workbook", path.name)


def _sheet(package: Package, part: str, title: str, strings: list[bytes]) -> Iterator[Item]:
    data = package.read(part)
    rows = _ROWS.search(data)
    cells = rows[0] if rows else b""
    for number, found in enumerate(_CELL.finditer(cells)):
        if number >= _MAX_CELLS:
            break
        yield from _cell(found, title, strings)
    if _HIDDEN_ROW.search(cells):
        yield Item(Content.HIDDEN_ROW, title, "hidden rows")
    root = parse_xml(data.replace(cells, b"", 1) if cells else data, f"{package.name}: {part}")
    if any(each.get("hidden") in _ON for each in root.iter("x:col")):
        yield Item(Content.HIDDEN_COLUMN, title, "hidden columns")
    pages = child(root, "x:headerFooter")
    for each in pages if pages is not None else ():
        kind = Content.HEADER if "Header" in each.tag else Content.FOOTER
        if words := _PAGE_CODE.sub(" ", each.text or "").strip():
            yield Item(kind, title, words)
    for each in root.iter("x:dataValidation"):
        choices = child(each, "x:formula1")
        if each.get("type") == "list" and choices is not None:
            yield Item(Content.CONTENT_CONTROL, f"{title}!{each.get('sqref', '')}", f"choice of {choices.text or ''}")
    related = package.related(part)
    for each in root.iter("x:hyperlink"):
        target = related.get(each.get("r:id", ""))
        yield Item(
            Content.LINK,
            f"{title}!{each.get('ref', '')}",
            f"{target.target if target else ''} {each.get('location', '')}",
        )
    yield from _beside(package, related, title)


def _cell(found: re.Match[bytes], title: str, strings: list[bytes]) -> Iterator[Item]:
    attributes, inner = found[1], found[2]
    place = _PLACE.search(attributes)
    where = f"{title}!{place[1].decode()}" if place else title
    value, formula = _VALUE.search(inner), _FORMULA.search(inner)
    if formula:
        text = _words(formula[1] or formula[2])
        yield Item(Content.FORMULA, where, f"formula ={text}" if value else f"={text}")
    words = ""
    if b't="s"' in attributes and value and value[1].isdigit() and int(value[1]) < len(strings):
        words = _string(strings[int(value[1])])
    elif b't="inlineStr"' in attributes:
        words = _string(inner)
    elif b't="str"' in attributes and value:
        words = _words(value[1])
    if words.strip():
        yield Item(Content.CELL, where, words)


def _string(markup: bytes) -> str:
    return _words(b"".join(_TEXT.findall(_READING.sub(b"", markup))))


def _words(text: bytes) -> str:
    # What XML has no place for is written as _x000D_.
    return re.sub(r"_x[0-9A-F]{4}_", " ", unescape(text.decode("utf-8", "replace")))


def _beside(package: Package, related: Mapping[str, Relation], title: str) -> Iterator[Item]:
    threaded: set[str | None] = set()
    for relation in sorted(related.values(), key=lambda each: each.kind != "threadedComment"):
        if relation.external or relation.target not in package.parts:
            continue
        if relation.kind == "threadedComment":
            for each in package.xml(relation.target):
                threaded.add(each.get("ref"))
                words = " ".join(text.text or "" for text in each if text.tag.endswith(":text"))
                yield Item(Content.COMMENT, f"{title}!{each.get('ref', '')}", words)
        elif relation.kind == "comments":
            for each in package.xml(relation.target).iter("x:comment"):
                if each.get("ref") not in threaded:
                    words = "".join(text.text or "" for text in each.iter("x:t"))
                    yield Item(Content.COMMENT, f"{title}!{each.get('ref', '')}", words)
        elif relation.kind == "drawing":
            yield from _drawing(package, relation.target, title)
        elif relation.kind == "ctrlProp":
            root = package.xml(relation.target)
            yield Item(
                Content.FORM_VALUE,
                title,
                f"{root.get('objectType', '')} {root.get('checked') or root.get('val') or ''}",
            )


def _drawing(package: Package, part: str, title: str) -> Iterator[Item]:
    related = package.related(part)
    for each in package.xml(part).iter():
        if each.tag in DRAWN:
            yield from drawn(package, each, related, title)
        elif each.tag == "xdr:sp" and (text := said(each)):
            yield Item(Content.TEXT_BOX, title, text)
        elif each.tag == "xdr:pic":
            yield _picture(each, related, title)


def _picture(element: Element, related: Mapping[str, Relation], title: str) -> Item:
    about = child(element, "xdr:nvPicPr", "xdr:cNvPr")
    words = (about.get("descr") or about.get("name") or "picture") if about is not None else "picture"
    blip = child(element, "xdr:blipFill", "a:blip")
    source = related.get(blip.get("r:embed") or blip.get("r:link") or "") if blip is not None else None
    far = source is not None and source.external
    return Item(Content.LINKED_PICTURE if far else Content.PICTURE, title, words)
