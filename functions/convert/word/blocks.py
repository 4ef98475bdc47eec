"""A part of a Word file in pieces of its own bytes, so that a change to one paragraph leaves all others as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import tostring
from xml.parsers import expat

from convert.errors import CannotConvert
from convert.ooxml import parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SPLIT = {"p", "tr", "tbl", "sdt"}
_AS_TEXT = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


@dataclass(slots=True)
class Block:
    """A piece: where its bytes are, the texts of the paragraphs in a paragraph, and the table that it stands in."""

    name: str
    start: int
    end: int = 0
    texts: list[str] = field(default_factory=list)
    table: int = 0


@dataclass(slots=True)
class DocumentPart:
    """One part: its bytes, its outermost paragraphs, the rows of its tables, and the content controls around those."""

    name: str
    data: bytes
    paragraphs: list[Block]
    rows: list[Block]
    controls: list[Block]
    opening: bytes
    bindings: Mapping[str, str]
    _replaced: dict[tuple[int, int], bytes] = field(default_factory=dict)
    _inserted: dict[int, list[bytes]] = field(default_factory=dict)

    def element(self, block: Block) -> Element:
        """The block parsed, its names under the usual prefixes."""
        closing = b"</" + re.split(rb"[\s>]", self.opening[1:], maxsplit=1)[0] + b">"
        return parse_xml(self.opening + self.data[block.start : block.end] + closing, self.name)[0]

    def replace(self, block: Block, elements: Sequence[Element]) -> None:
        """Put these in the place of a block, and of what replaced it before."""
        self._replaced[block.start, block.end] = b"".join(map(self._bytes, elements))

    def insert(self, offset: int, elements: Sequence[Element]) -> None:
        """Put these where a block begins or ends."""
        self._inserted.setdefault(offset, []).extend(map(self._bytes, elements))

    @property
    def changed(self) -> bool:
        """Whether anything was replaced or inserted."""
        return bool(self._replaced or self._inserted)

    def result(self) -> bytes:
        """The bytes with every change."""
        new = {(offset, offset): b"".join(pieces) for offset, pieces in self._inserted.items()} | self._replaced
        out, done = [], 0
        for (start, end), piece in sorted(new.items()):
            out += [self.data[done:start], piece]
            done = end
        return b"".join([*out, self.data[done:]])

    def _bytes(self, element: Element) -> bytes:
        """The element as it can stand in this part: a prefix that is bound otherwise there is declared again."""
        used = {name.partition(":")[0] for each in element.iter() for name in (each.tag, *each.attrib) if ":" in name}
        for prefix in sorted(used - {"xml", "xmlns"}):
            namespace = _NAMESPACES.get(prefix, self.bindings.get(prefix, ""))
            if self.bindings.get(prefix) != namespace:
                element.set(f"xmlns:{prefix}", namespace)
        text: str = tostring(element, encoding="unicode")
        return text.encode()


def blocks(data: bytes, name: str) -> DocumentPart:
    """The part in its blocks; raises CannotConvert for one that cannot be edited so."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CannotConvert(
            f"{name} is not in UTF-8, which Word writes; convert the file to docx first, then edit that"
        )
    found = _Finder(data, name)
    return DocumentPart(name, data, found.paragraphs, found.rows, found.controls, found.opening, found.bindings)


class _Finder:
    """Notes the offsets of blocks while expat goes through the bytes."""

    def __init__(self, data: bytes, name: str) -> None:
        self.paragraphs: list[Block] = []
        self.rows: list[Block] = []
        self.controls: list[Block] = []
        self.bindings: dict[str, str] = {}
        self.opening = b""
        self._data, self._name = data, name
        self._open: list[Block] = []
        self._texts: list[list[str]] = []
        self._in_text = False
        self._tables = 0
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.StartNamespaceDeclHandler = self._bind
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise CannotConvert(f"{name} is damaged ({error})") from error
        if _W not in self.bindings.values():
            raise CannotConvert(f"{name} is of the strict variant; convert the file to docx first, then edit that")

    def _doctype(self, *_: object) -> None:
        raise CannotConvert(f"{self._name} defines a document type, which no office program does")

    def _bind(self, prefix: str | None, namespace: str) -> None:
        if not self.opening:
            self.bindings[prefix or ""] = namespace

    def _start(self, tag: str, _: Mapping[str, Any]) -> None:
        place = self._parser.CurrentByteIndex
        if not self.opening:
            self.opening = self._data[place : _end_of_tag(self._data, place)]
        namespace, local = tag.split(" ") if " " in tag else ("", tag)
        if namespace != _W:
            return
        if local in _SPLIT:
            self._tables += local == "tbl"
            block = Block(local, place, table=self._tables if local == "tbl" else self._table())
            self._open.append(block)
            if local == "p":
                self._texts.append([])
        self._in_text = local == "t"
        if local in _AS_TEXT and self._texts:
            self._texts[-1].append(_AS_TEXT[local])

    def _table(self) -> int:
        return next((block.table for block in reversed(self._open) if block.name == "tbl"), 0)

    def _characters(self, text: str) -> None:
        if self._in_text and self._texts:
            self._texts[-1].append(text)

    def _end(self, tag: str) -> None:
        self._in_text = False
        namespace, _, local = tag.rpartition(" ")
        if namespace != _W or local not in _SPLIT:
            return
        block = self._open.pop()
        block.end = _end_of_tag(self._data, self._parser.CurrentByteIndex)
        if local == "p":
            text = "".join(self._texts.pop())
            outer = next((each for each in self._open if each.name == "p"), None)
            (outer or block).texts.append(text)
            if outer is None:
                self.paragraphs.append(block)
        elif not any(each.name == "p" for each in self._open):
            {"tr": self.rows, "sdt": self.controls, "tbl": []}[local].append(block)


def _end_of_tag(data: bytes, place: int) -> int:
    """Where the tag that begins here ends; a > may stand in the value of an attribute."""
    found = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""").match(data, place)
    return found.end() if found else len(data)


_NAMESPACES: Mapping[str, str] = {
    "w": _W,
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
}
