"""Comments and properties of a Word file, added to the parts that hold them or with parts that are made for them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from convert.errors import CannotConvert
from convert.ooxml import child, write_xml
from convert.word.runs import text_run_like

if TYPE_CHECKING:
    from convert.ooxml import Package
    from convert.word.runs import Author

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_COMMENTS = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
_CORE = "docProps/core.xml"
_ID = re.compile(rb"""\sw:id=["'](\d{1,9})["']""")
_PROPERTIES: Mapping[str, str] = MappingProxyType(
    {
        "title": "dc:title",
        "author": "dc:creator",
        "subject": "dc:subject",
        "description": "dc:description",
        "keywords": "cp:keywords",
        "category": "cp:category",
    }
)


def add_comment(
    package: Package, main: str, text: str, author: Author, count: int
) -> tuple[dict[str, bytes], list[int]]:
    """The parts that a comment changes, and the ids of its copies, one for each place that it is about."""
    folder = posixpath.dirname(main)
    part = next((each.target for each in package.related(main).values() if each.kind == "comments"), "")
    changed: dict[str, bytes] = {}
    if part in package.parts:
        data = package.read(part)
    else:
        part = posixpath.join(folder, "comments.xml")
        data = write_xml(Element("w:comments", {"xmlns:w": _W}))
        listing = posixpath.join(folder, "_rels", f"{posixpath.basename(main)}.rels")
        relation = f'<Relationship Id="rIdSwarmComments" Type="{_RELATIONS}/comments" Target="comments.xml"/>'
        changed[listing] = _before_end(package.read(listing), relation.encode())
        override = f'<Override PartName="/{part}" ContentType="{_COMMENTS}"/>'
        changed["[Content_Types].xml"] = _before_end(package.read("[Content_Types].xml"), override.encode())
    first = 1 + max(map(int, _ID.findall(data)), default=-1)
    numbers = list(range(first, first + count))
    entries = b"".join(_comment(number, text, author) for number in numbers)
    return {**changed, part: _before_end(data, entries)}, numbers


def _comment(number: int, text: str, author: Author) -> bytes:
    comment = author.mark("w:comment", number)
    comment.set("w:initials", "".join(word[0] for word in author.name.split()[:3]))
    comment.set("xmlns:w", _W)
    for line in text.split("\n"):
        SubElement(comment, "w:p").append(text_run_like(None, line))
    written: str = tostring(comment, encoding="unicode")
    return written.encode()


def _before_end(data: bytes, new: bytes) -> bytes:
    """The bytes with more in front of the closing tag of their root; a root without content is opened for it."""
    end = data.rfind(b"</")
    if end >= 0:
        return data[:end] + new + data[end:]
    empty = re.search(rb"<([\w:.-]+)([^<]*)/>\s*$", data)
    if empty is None:
        raise CannotConvert("a part of the file is damaged: its last element has no end")
    return data[: empty.start()] + b"<%s%s>" % (empty[1], empty[2]) + new + b"</%s>" % empty[1]


def set_properties(package: Package, values: Mapping[str, str], now: datetime) -> dict[str, bytes]:
    """The part with the properties of the document, some of them changed, and the time of the change."""
    tags = {name: _PROPERTIES.get(name.strip().lower()) for name in values}
    if unknown := [name for name, tag in tags.items() if tag is None]:
        raise CannotConvert(f"there is no property {unknown[0]!r}; known are {', '.join(_PROPERTIES)}")
    if not values:
        return {}
    part = next((each.target for each in package.related().values() if each.kind == "core-properties"), _CORE)
    if part not in package.parts:
        raise CannotConvert(f"{package.name} has no part for properties; convert it to docx first, then edit that")
    root = package.xml(part)
    texts = {tag: values[name] for name, tag in tags.items() if tag}
    for tag, text in {**texts, "dcterms:modified": f"{now:%Y-%m-%dT%H:%M:%SZ}"}.items():
        element = child(root, tag)
        if element is None:
            element = SubElement(root, tag, {"xsi:type": "dcterms:W3CDTF"} if tag == "dcterms:modified" else {})
        element.text = text
    _declare(root)
    return {part: write_xml(root)}


def _declare(root: Element) -> None:
    """The namespaces of what may have been added."""
    for prefix, namespace in (
        ("dc", "http://purl.org/dc/elements/1.1/"),
        ("dcterms", "http://purl.org/dc/terms/"),
        ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("cp", "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"),
    ):
        root.set(f"xmlns:{prefix}", namespace)
