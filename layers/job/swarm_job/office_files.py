"""Office files are zip archives with XML in them: what is in one is looked at before any reader unpacks it."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

_CHUNK = 1 << 20
_OVERLAP = 16
_WITHOUT_TYPES = (".xml", ".rels")
_NOT_READ = ("docprops/thumbnail", "thumbnails/")
"""Small pictures of the first page, which no reader opens: one that is damaged harms nobody."""
_XML = (*_WITHOUT_TYPES, ".xhtml", ".html", ".opf", ".ncx")


class UnsafeArchive(Exception):
    """The file must not be opened; the text says why, as the end of a sentence that begins with its name."""


def check_office_file(file: Path, *, max_parts: int, max_unpacked: int) -> None:
    """Raise `UnsafeArchive` for what is no sound zip, holds too much, or defines XML entities or document types.

    Every part is unpacked once, a chunk at a time, so damage is found before a half is converted. `max_unpacked` is in
    bytes of all parts together, as the archive tells them; one that lies meets the limits of the process.

    No office program writes a document type into a part of an Office Open XML package (ECMA-376 part 2, 8.2.5 forbids
    it). Pages of an EPUB have one, and may; entities, which multiply or name files, are refused everywhere.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if len(parts) > max_parts:
                raise UnsafeArchive(f"holds {len(parts)} parts, more than {max_parts}; it is not opened")
            if sum(part.file_size for part in parts) > max_unpacked:
                raise UnsafeArchive(f"unpacks to more than {max_unpacked:,} bytes; it is not opened")
            is_package = "[Content_Types].xml" in archive.namelist()
            for part in parts:
                if not part.filename.lower().startswith(_NOT_READ):
                    _check_part(archive, part, is_package=is_package)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise UnsafeArchive(f"is damaged or is not what its suffix says ({error})") from error


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, *, is_package: bool) -> None:
    name = part.filename.lower()
    refused = [b"<!ENTITY"] if name.endswith(_XML) else []
    if is_package and name.endswith(_WITHOUT_TYPES):
        refused.append(b"<!DOCTYPE")
    before = b""
    with archive.open(part) as data:
        while chunk := data.read(_CHUNK):
            if any(mark in before + chunk for mark in refused):
                raise UnsafeArchive("defines XML entities or types, which no office program writes; it is not opened")
            before = chunk[-_OVERLAP:]
