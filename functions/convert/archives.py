"""Office files are zip archives: what is in one is counted before anything unpacks it."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING

from convert.errors import CannotConvert

if TYPE_CHECKING:
    from pathlib import Path

MAX_MEMBERS = 10_000
MAX_UNPACKED = 300_000_000
"""Bytes of all members together, as the archive tells them; one that lies meets the limits of its process."""

_CHUNK = 1 << 20
_XML = (".xml", ".rels", ".xhtml", ".html", ".opf", ".ncx")


def check_archive(place: Path, name: str) -> None:
    """Raise CannotConvert for what is no sound zip, holds too much, or defines XML entities.

    Every member is unpacked once, a chunk at a time, so damage is found before a half is converted.
    """
    try:
        with zipfile.ZipFile(place) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise CannotConvert(f"{name} holds {len(members)} parts, more than {MAX_MEMBERS}; it is not opened")
            if sum(member.file_size for member in members) > MAX_UNPACKED:
                raise _too_big(name)
            for member in members:
                _check_member(archive, member, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise CannotConvert(f"{name} is damaged or is not what its suffix says ({error})") from error


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    watched, before = member.filename.lower().endswith(_XML), b""
    with archive.open(member) as data:
        while chunk := data.read(_CHUNK):
            # Entities that multiply (billion laughs), or that name files, begin with their definition.
            if watched and b"<!ENTITY" in before + chunk:
                raise CannotConvert(f"{name} defines XML entities, which no office program writes; it is not opened")
            before = chunk[-16:]


def _too_big(name: str) -> CannotConvert:
    return CannotConvert(f"{name} unpacks to more than {MAX_UNPACKED:,} bytes; it is not opened")
