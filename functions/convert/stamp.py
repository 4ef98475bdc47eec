"""The time at which an office file was made: in its sandbox pandoc knows none, and writes the beginning of 1970."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

STAMPED = {"docx": "docProps/core.xml", "pptx": "docProps/core.xml", "odt": "meta.xml", "epub": "EPUB/content.opf"}
"""Format -> the part that tells the time."""

_NO_TIME = b"1970-01-01T00:00:00Z"


def stamp(place: Path, part: str, now: datetime) -> None:
    """Put the time into that part of the archive, and leave everything else as it is, in its order."""
    old = place.with_name("unstamped")
    place.replace(old)
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(place, "w") as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename == part:
                data = data.replace(_NO_TIME, f"{now:%Y-%m-%dT%H:%M:%SZ}".encode())
            target.writestr(member, data, compress_type=member.compress_type)
    old.unlink()
