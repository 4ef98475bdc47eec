"""A Word file made from a Word file: the same one, with what was asked for changed and everything else kept."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Set
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from convert.ooxml import Package, write_xml
from convert.word.blocks import blocks
from convert.word.elements import paragraph, text_run
from convert.word.parts import set_properties
from convert.word.revisions import ALL, resolve, revision_notes

if TYPE_CHECKING:
    from convert.tools.convert_document import Conversion

_PLAIN = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_MAIN_TYPES = re.compile(
    rb"application/vnd\.ms-word\.(?:document|template)\.macroEnabled(?:Template)?\.main\+xml"
    rb"|application/vnd\.openxmlformats-officedocument\.wordprocessingml\.template\.main\+xml"
)
_PROGRAMS = re.compile(r"(?:^|/)vba(?:Project|Data)[^/]*$", re.IGNORECASE)
_NAMES_A_PROGRAM = re.compile(rb"<(?:Relationship|Override)\b[^>]*vba(?:Project|Data)[^>]*/>", re.IGNORECASE)
_REVISED = ("footnotes", "endnotes", "header", "footer")
_CONTENTS: Mapping[str, str] = MappingProxyType({"w:fldCharType": "begin", "w:dirty": "true"})


def copy_word(request: Conversion, place: Path, result: Path, now: datetime) -> list[str]:
    """Write the file to `result`; gives notes. Raises CannotConvert."""
    with Package(place, request.source) as package:
        main = package.main()
        related = package.related(main).values()
        changes: dict[str, bytes] = {}
        stories = [each.target for each in related if each.kind in _REVISED and each.target in package.parts]
        roots = {part: package.xml(part) for part in (main, *stories)}
        keep = request.changes or ALL
        notes = revision_notes(roots.values(), keep, shown="kept")
        if keep != ALL and notes:
            for part, root in roots.items():
                resolve(root, keep)
                changes[part] = write_xml(root)
        if request.table_of_contents:
            changes[main] = _with_contents(changes.get(main) or package.read(main), main)
        named = (("title", request.title), ("author", request.author), ("subject", request.subject))
        changes |= set_properties(package, {name: value for name, value in named if value}, now)
        programs = {part for part in package.parts if _PROGRAMS.search(part)}
        for part in package.parts:
            if part == "[Content_Types].xml" or (programs and part.endswith(".rels")):
                data = changes.get(part) or package.read(part)
                changes[part] = _NAMES_A_PROGRAM.sub(b"", _MAIN_TYPES.sub(_PLAIN, data))
    rewrite_archive(place, result, changes, leave_out=programs)
    if programs:
        notes.append("the document's macros are left out: a docx has none")
    if request.date:
        notes.append("date is not set: it is part of a Word file's text, where edit_document changes it")
    return notes


def rewrite_archive(place: Path, result: Path, changes: Mapping[str, bytes], leave_out: Set[str]) -> None:
    """The archive with parts replaced, added or left out; every other member as it was, in its order, with its date."""
    left = dict(changes)
    with zipfile.ZipFile(place) as source, zipfile.ZipFile(result, "w") as target:
        for member in source.infolist():
            name = member.filename.replace("\\", "/").lstrip("/")
            if name in leave_out:
                continue
            data = left.pop(name) if name in left else source.read(member)
            target.writestr(member, data, compress_type=member.compress_type)
        for name, data in left.items():
            target.writestr(name, data, compress_type=zipfile.ZIP_DEFLATED)


def _with_contents(data: bytes, main: str) -> bytes:
    """The text with a table of contents first: a field that Word fills in when it opens the file."""
    part = blocks(data, main)
    control = Element("w:sdt")
    gallery = SubElement(SubElement(SubElement(control, "w:sdtPr"), "w:docPartObj"), "w:docPartGallery")
    gallery.set("w:val", "Table of Contents")
    runs = [Element("w:r") for _ in range(3)]
    SubElement(runs[0], "w:fldChar", dict(_CONTENTS))
    SubElement(runs[1], "w:instrText", {"xml:space": "preserve"}).text = ' TOC \\o "1-3" \\h \\z \\u '
    SubElement(runs[2], "w:fldChar", {"w:fldCharType": "separate"})
    last = Element("w:r")
    SubElement(last, "w:fldChar", {"w:fldCharType": "end"})
    SubElement(control, "w:sdtContent").append(paragraph(*runs, text_run("Update this field for the contents."), last))
    body = re.search(rb"<[\w.-]*:?body\b[^>]*>", data)
    part.insert(body.end() if body else part.paragraphs[0].start, [control])
    return part.result()
