"""Office Open XML packages (ECMA-376, ISO/IEC 29500): their parts, relationships, and XML under its usual prefixes."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Self
from xml.etree.ElementTree import Element, ParseError, iterparse, tostring

from convert.errors import CannotConvert

_SCHEMAS = "http://schemas.openxmlformats.org/"
_PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "w": f"{_SCHEMAS}wordprocessingml/2006/main",
        "p": f"{_SCHEMAS}presentationml/2006/main",
        "x": f"{_SCHEMAS}spreadsheetml/2006/main",
        "a": f"{_SCHEMAS}drawingml/2006/main",
        "c": f"{_SCHEMAS}drawingml/2006/chart",
        "dgm": f"{_SCHEMAS}drawingml/2006/diagram",
        "pic": f"{_SCHEMAS}drawingml/2006/picture",
        "wp": f"{_SCHEMAS}drawingml/2006/wordprocessingDrawing",
        "xdr": f"{_SCHEMAS}drawingml/2006/spreadsheetDrawing",
        "m": f"{_SCHEMAS}officeDocument/2006/math",
        "r": f"{_SCHEMAS}officeDocument/2006/relationships",
        "rel": f"{_SCHEMAS}package/2006/relationships",
        "ct": f"{_SCHEMAS}package/2006/content-types",
        "mc": f"{_SCHEMAS}markup-compatibility/2006",
        "cp": f"{_SCHEMAS}package/2006/metadata/core-properties",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xml": "http://www.w3.org/XML/1998/namespace",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "wpg": "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
        "wpc": "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
        "w15": "http://schemas.microsoft.com/office/word/2012/wordml",
        "a14": "http://schemas.microsoft.com/office/drawing/2010/main",
    }
)
"""Prefix -> namespace, of what the readers ask for; other prefixes stay as the document has them."""

# ISO/IEC 29500 "strict" names the same vocabularies otherwise.
_STRICT = "http://purl.oclc.org/ooxml/"
_BY_NAMESPACE = {namespace: prefix for prefix, namespace in _PREFIXES.items()} | {
    f"{_STRICT}{namespace.removeprefix(_SCHEMAS).replace('2006/', '')}": prefix
    for prefix, namespace in _PREFIXES.items()
    if namespace.startswith(_SCHEMAS)
}

_ENCODINGS = frozenset("utf-8 utf8 utf-16 us-ascii ascii iso-8859-1 windows-1252".split())
_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""")


def parse_xml(data: bytes, part: str) -> Element:
    """The root of a part. Names are as authors write them: `w:p`, with the usual prefix whatever the file's own is.

    Namespaces of the strict variant get the same prefixes. The root carries every declaration that `write_xml` needs.
    Raises CannotConvert for what is no XML, or defines types or entities, which no office program writes.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = re.sub(r"^\ufeff?<\?xml.*?\?>", "", data.decode("utf-16", "replace").lstrip("\ufeff")).encode()
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    if b"<!DOCTYPE" in data or (declared and declared[1].decode("latin-1").lower() not in _ENCODINGS):
        raise CannotConvert(f"{part} defines a document type or has an encoding of its own, which no office file does")
    events: Any = iterparse(io.BytesIO(data), events=("start-ns",))  # noqa: S314 - it defines no entities
    own = dict(_BY_NAMESPACE)
    try:
        for _, (prefix, namespace) in events:
            _declare(own, prefix, namespace)
    except ParseError as error:
        raise CannotConvert(f"{part} is damaged ({error})") from error
    return _renamed(events.root, own)


def _declare(own: dict[str, str], prefix: str, namespace: str) -> None:
    taken = set(own.values())
    if namespace not in own:
        number = 0
        while (candidate := f"{prefix or 'ns'}{number or ''}") in taken:
            number += 1
        own[namespace] = candidate


class _Names(dict[str, str]):
    """Names as authors write them, by those of the parser: looked up once for each, however often it comes."""

    def __init__(self, own: Mapping[str, str]) -> None:
        super().__init__()
        self._own = own

    def __missing__(self, tag: str) -> str:
        namespace, _, local = tag[1:].rpartition("}")
        self[tag] = f"{self._own[namespace]}:{local}" if namespace else tag
        return self[tag]


def _renamed(root: Element, own: Mapping[str, str]) -> Element:
    names = _Names(own)
    for element in root.iter():
        element.tag = names[element.tag]
        if attributes := {names[key]: value for key, value in element.attrib.items()}:
            element.attrib.clear()
            element.attrib.update(attributes)
    used = {name.partition(":")[0] for name in names.values() if ":" in name}
    spaces = {prefix: namespace for namespace, prefix in own.items() if not namespace.startswith(_STRICT)}
    # Prefixes may also stand in values: `mc:Ignorable="w14 w15"`.
    for prefix in sorted(spaces.keys() - {"xml"}):
        if prefix in used or prefix in root.get("mc:Ignorable", "").split() or prefix not in _PREFIXES:
            root.set(f"xmlns:{prefix}", spaces[prefix])
    return root


def child(element: Element | None, *names: str) -> Element | None:
    """The first child of that name, the first of its children of the next name, and so on; None where one is missing.

    For names with prefixes, which ElementTree's own paths do not take.
    """
    for name in names:
        element = next((each for each in element if each.tag == name), None) if element is not None else None
    return element


def first(element: Element, name: str) -> Element | None:
    """The first element of that name, itself or inside of it."""
    return next(element.iter(name), None)


def write_xml(root: Element) -> bytes:
    """The part as UTF-8, with its declaration."""
    text: str = tostring(root, encoding="unicode")
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + text.encode()


@dataclass(frozen=True, slots=True)
class Relation:
    """Where a part points: `kind` is the last word of the type (`header`, `image`); `target` a part, or a URL."""

    kind: str
    target: str
    external: bool


class Package:
    """An open package. `name` is what errors call it. Give it only what `check_archive` has passed."""

    def __init__(self, place: Path, name: str) -> None:
        self.name = name
        try:
            self._archive = zipfile.ZipFile(place)
        except zipfile.BadZipFile as error:
            raise CannotConvert(f"{name} is damaged or is not what its suffix says ({error})") from error
        # Some programs write the separator of Windows.
        self._parts = {each.filename.replace("\\", "/").lstrip("/"): each for each in self._archive.infolist()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    @property
    def parts(self) -> list[str]:
        """Names of the parts, in the order of the archive, without those of folders."""
        return [name for name in self._parts if not name.endswith("/")]

    def read(self, part: str) -> bytes:
        """The bytes of a part; raises CannotConvert when it is missing or damaged."""
        try:
            return self._archive.read(self._parts[part])
        except KeyError as error:
            raise CannotConvert(f"{self.name} has no part {part}, which an office file needs") from error
        except (zipfile.BadZipFile, zlib.error, OSError) as error:
            raise CannotConvert(f"{self.name} is damaged in its part {part} ({error})") from error

    def open(self, part: str) -> IO[bytes]:
        """The part as a stream, for one that is too large to read whole; raises CannotConvert when it is missing."""
        if part not in self._parts:
            raise CannotConvert(f"{self.name} has no part {part}, which an office file needs")
        return self._archive.open(self._parts[part])

    def xml(self, part: str) -> Element:
        """The root of a part, as `parse_xml` gives it."""
        return parse_xml(self.read(part), f"{self.name}: {part}")

    def related(self, part: str = "") -> dict[str, Relation]:
        """Id -> relation of a part; of the package itself without one. What a part does not say is not there."""
        folder, name = posixpath.split(part)
        listing = posixpath.join(folder, "_rels", f"{name}.rels")
        return relations(self.xml(listing), folder) if listing in self._parts else {}

    def main(self) -> str:
        """The part that the package is about: a document, a presentation or a workbook."""
        for relation in self.related().values():
            if relation.kind == "officeDocument" and relation.target in self._parts:
                return relation.target
        raise CannotConvert(f"{self.name} does not say which of its parts is the document")

    def copy(self, place: Path, changes: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> None:
        """Write the package with parts replaced or added. A part that is damaged stays out."""
        with zipfile.ZipFile(place, "w", compression) as target:
            for name in self.parts:
                if name in changes:
                    target.writestr(name, changes[name])
                    continue
                try:
                    target.writestr(name, self.read(name))
                except CannotConvert:
                    continue
            for name in changes.keys() - self._parts.keys():
                target.writestr(name, changes[name])


def relations(listing: Element, folder: str) -> dict[str, Relation]:
    """The relations that a `.rels` part lists, for a part in this folder."""
    found = {}
    for each in listing.iter("rel:Relationship"):
        external, target = each.get("TargetMode") == "External", each.get("Target", "")
        if not external:
            target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        found[each.get("Id", "")] = Relation(each.get("Type", "").rpartition("/")[2], target, external)
    return found
