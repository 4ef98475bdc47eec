"""Tables of a Word file that are read from right to left: pandoc turns their paragraphs, not their columns."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

_PART = "word/document.xml"
_TABLE = re.compile(rb"(<w:tbl>\s*<w:tblPr>\s*(?:<w:tblStyle [^>]*/>\s*)?)(.*?</w:p>)", re.DOTALL)
"""A table as pandoc writes it, up to the end of its first paragraph; `bidiVisual` follows the style (ISO 29500-1)."""


def mirror_tables(place: Path) -> None:
    """Let each table whose first paragraph runs from right to left begin with its first column at the right."""
    with zipfile.ZipFile(place) as archive:
        if b"<w:bidi" not in archive.read(_PART):
            return
        members = [(member, archive.read(member)) for member in archive.infolist()]
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members:
            changed = _TABLE.sub(_mirrored, data) if member.filename == _PART else data
            archive.writestr(member, changed, compress_type=member.compress_type)


def _mirrored(table: re.Match[bytes]) -> bytes:
    return table[1] + (b"<w:bidiVisual/>" if b"<w:bidi " in table[2] else b"") + table[2]
