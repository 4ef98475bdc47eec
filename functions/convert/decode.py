"""Text of a file whatever it was saved as: UTF-8, UTF-16 with its mark, else the Windows code page."""

from __future__ import annotations

import codecs

from convert.errors import CannotConvert


def as_text(data: bytes, name: str) -> str:
    """The characters; raises CannotConvert for a file that is not text."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise CannotConvert(f"{name} is not text")
