"""What a file is by its first bytes and its parts, whatever its name says."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from convert.errors import CannotConvert
from convert.formats import Format, Kind, format_of
from convert.jats import ROOT

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The beginning of a compound file ([MS-CFB]): older Office files, and newer ones that are encrypted."""

_OLDER: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "WordDocument": ("Word", "doc", "docx"),
        "Workbook": ("Excel", "xls", "xlsx"),
        "Book": ("Excel", "xls", "xlsx"),
        "PowerPoint Document": ("PowerPoint", "ppt", "pptx"),
        "VisioDocument": ("Visio", "vsd", "pdf"),
        "__properties_version1.0": ("Outlook", "msg", "pdf"),
    }
)
"""Name of a stream -> program, suffix, and the format to ask for instead."""

_FOLDERS: Mapping[str, str] = MappingProxyType({"word/": "docx", "ppt/": "pptx", "xl/": "xlsx"})
_MIMETYPES: Mapping[bytes, str] = MappingProxyType(
    {
        b"application/vnd.oasis.opendocument.text": "odt",
        b"application/vnd.oasis.opendocument.spreadsheet": "ods",
        b"application/epub+zip": "epub",
    }
)
_STARTS = ((b"%PDF-", "pdf"), (b"{\\rtf", "rtf"))
_NEVER_EMPTY = (Kind.CONTAINER, Kind.SLIDES, Kind.PDF)
_HEAD = 4_096
_DIRECTORY = 64_000_000
"""Bytes of a compound file that are looked through for the names of its streams."""


def source_format(place: Path, name: str) -> tuple[Format, list[str]]:
    """The format to read a file by, and a note where that is not what its suffix says.

    Raises CannotConvert for what cannot be read as what it is: encrypted, an older binary format, empty.
    """
    with place.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_OLE):
        return _compound(place, name)
    found = _by_content(place, name, head)
    if found is None:
        form = format_of(name)
        if not head and (form.kind in _NEVER_EMPTY or form.name == "xlsx"):
            raise CannotConvert(f"{name} is empty: it has 0 bytes")
        return form, []
    by_content = format_of(f"content.{found}")
    try:
        if format_of(name) == by_content:
            return by_content, []
    except CannotConvert:
        pass
    return by_content, [f"{name} is a {found} file by what is in it, and is read as one"]


def _by_content(place: Path, name: str, head: bytes) -> str | None:
    """The suffix that a file of this content has; None where only the name can tell."""
    for start, suffix in _STARTS:
        if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(start):
            return suffix
    if name.lower().endswith(".xml") and ROOT.search(head):
        return "jats"
    if not zipfile.is_zipfile(place):
        return None
    try:
        with zipfile.ZipFile(place) as archive:
            names = [name.replace("\\", "/") for name in archive.namelist()]
            mimetype = _start_of(archive, "mimetype").strip()
            protected = b"encryption-data" in _start_of(archive, "META-INF/manifest.xml")
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError):
        return None
    if mimetype:
        if protected:
            raise CannotConvert(f"{name} is protected by a password; ask for a copy without one")
        return _MIMETYPES.get(mimetype)
    return next((suffix for folder, suffix in _FOLDERS.items() if any(name.startswith(folder) for name in names)), None)


def _start_of(archive: zipfile.ZipFile, part: str) -> bytes:
    if part not in archive.namelist():
        return b""
    with archive.open(part) as file:
        return file.read(_HEAD * 16)


def _compound(place: Path, name: str) -> tuple[Format, list[str]]:
    with place.open("rb") as file:
        data = file.read(_DIRECTORY)
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise CannotConvert(f"{name} is protected by a password; ask for a copy without one")
    for stream, (program, suffix, newer) in _OLDER.items():
        if stream.encode("utf-16-le") + b"\0\0" in data:
            try:
                form = format_of(f"content.{suffix}")
            except CannotConvert:
                raise CannotConvert(
                    f"{name} is a file of {program}'s older binary format ({suffix}), which cannot be read; ask for the"
                    f" file saved as {newer}"
                ) from None
            own = name.lower().endswith(f".{suffix}")
            return form, [] if own else [f"{name} is a {suffix} file by what is in it, and is read as one"]
    raise CannotConvert(f"{name} is a compound file of a program that is not known here; ask for it as docx or pdf")
