"""Word documents as HTML: headings, text, lists, tables and the pictures within."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import mammoth

from preview.errors import CannotShow

MAX_PARTS = 10_000
MAX_UNPACKED = 200_000_000
"""Bytes of all parts together. A zip that lies about them meets the limits of this process."""

_CHUNK = 1 << 20


def word(document: Path) -> bytes:
    """The document's main text. Raises `CannotShow`."""
    _check(document)
    try:
        with document.open("rb") as data:
            return str(mammoth.convert_to_html(data).value).encode()
    except Exception as error:
        # A library of other people at work on a document of other people's: it may raise whatever it likes.
        raise CannotShow("it is damaged, or no Word document") from error


def _check(document: Path) -> None:
    """Raises `CannotShow` for what is no zip, would unpack to too much, or defines XML entities."""
    try:
        with zipfile.ZipFile(document) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise CannotShow("it unpacks to more than a preview may")
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")) and _defines_entities(archive, part):
                    raise CannotShow("it defines XML entities, which no office program writes")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise CannotShow("it is damaged, or no Word document") from error


def _defines_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    before = b""
    with archive.open(part) as data:
        while chunk := data.read(_CHUNK):
            if b"<!ENTITY" in before + chunk or b"<!DOCTYPE" in before + chunk:
                return True
            before = chunk[-16:]
    return False
