"""Kinds of image, told by their first bytes, and pictures redrawn for formats that cannot hold them."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

import typst

from convert.errors import CannotEmbed

if TYPE_CHECKING:
    from pathlib import Path

_STARTS = (
    ("png", b"\x89PNG\r\n\x1a\n"),
    ("jpg", b"\xff\xd8\xff"),
    ("gif", b"GIF8"),
    ("bmp", b"BM"),
    ("tiff", b"II*\0"),
    ("tiff", b"MM\0*"),
    ("emf", b"\x01\0\0\0"),
    ("wmf", b"\xd7\xcd\xc6\x9a"),
)
REDRAWN = frozenset({"svg", "webp"})
"""Kinds that can be turned into a PNG here."""

_PIXELS_PER_INCH = 192
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def kind_of(data: bytes) -> str | None:
    """png, jpg, gif, webp, svg, bmp, tiff, emf or wmf; None for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if b"<svg" in data[:4_096].lower():
        return "svg"
    return next((kind for kind, start in _STARTS if data.startswith(start)), None)


def pixels(data: bytes) -> str:
    """Width x height in pixels, of the kinds that tell it at a known place; else nothing."""
    if found := re.match(rb"\x89PNG\r\n\x1a\n....IHDR(.{8})", data, re.DOTALL):
        return "{} x {} pixels".format(*struct.unpack(">II", found[1]))
    if found := re.match(rb"GIF8..(.{4})", data, re.DOTALL):
        return "{} x {} pixels".format(*struct.unpack("<HH", found[1]))
    return _jpeg_pixels(data) if data.startswith(b"\xff\xd8") else ""


def _jpeg_pixels(data: bytes) -> str:
    """From the first frame header: a JPEG is a row of segments, each a marker and a length (ITU-T T.81, B.1)."""
    place = 2
    while segment := re.compile(rb"\xff(.)(..)(?:.(..)(..))?", re.DOTALL).match(data, place):
        marker, length, height, width = segment.groups()
        if marker[0] in _FRAMES and height and width:
            return f"{int.from_bytes(width)} x {int.from_bytes(height)} pixels"
        place += 2 + int.from_bytes(length)
    return ""


def redrawn(picture: Path) -> bytes:
    """The picture as a PNG; raises CannotEmbed for one that cannot be drawn. What an SVG refers to is not fetched."""
    page = f'#set page(width: auto, height: auto, margin: 0pt, fill: none)\n#image("{picture.name}")\n'
    place = picture.with_name(picture.name + ".typ")
    place.write_text(page)
    try:
        drawn = typst.compile(
            str(place), root=str(picture.parent), ignore_system_fonts=True, format="png", ppi=_PIXELS_PER_INCH
        )
    except typst.TypstError as error:
        raise CannotEmbed(f"it cannot be drawn ({error.message[:200]})") from error
    finally:
        place.unlink()
    if not isinstance(drawn, bytes):
        raise CannotEmbed("it is more than one picture")
    return drawn
