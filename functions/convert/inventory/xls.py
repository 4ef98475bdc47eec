"""What an older workbook holds, counted from its records ([MS-XLS]: each a type, a length and its data)."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter
from xlrd.compdoc import SIGNATURE, CompDoc, CompDocError

from convert.inventory import Content, Item, workbook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FORMULA, _OBJECT, _TEXT, _CONTINUE, _SHEET, _END = 0x06, 0x5D, 0x1B6, 0x3C, 0x85, 0x0A
_SHEET_HEAD, _OBJECT_HEAD = 8, 5
_NOTE = 0x19
_DRAWN = {0x05: Content.CHART, 0x08: Content.PICTURE}
_STREAMS = ("Workbook", "Book")


def take(place: Path, name: str) -> Iterator[Item]:
    """Every item of the workbook but the text of its cells; raises CannotConvert."""
    if zipfile.is_zipfile(place):
        yield from workbook.take(place, name)
        return
    sheets: list[str] = []
    ended, object_kind, text = 0, -1, False
    for kind, data in _records(_stream(place.read_bytes())):
        title = sheets[ended - 1] if 0 < ended <= len(sheets) else ""
        if kind == _SHEET and len(data) > _SHEET_HEAD:
            sheets.append(_name(data[6:]))
            if data[4] & 3:
                yield Item(
                    Content.HIDDEN_SHEET, sheets[-1], f"{sheets[-1]} ({'very ' * (data[4] >> 1 & 1)}hidden sheet)"
                )
        elif kind == _FORMULA and len(data) > _SHEET_HEAD:
            row, column = struct.unpack_from("<HH", data)
            yield Item(Content.FORMULA, f"{title}!{get_column_letter(column % 256 + 1)}{row + 1}", "formula")
        elif kind == _OBJECT and len(data) > _OBJECT_HEAD:
            object_kind = struct.unpack_from("<H", data, 4)[0]
            if object_kind in _DRAWN:
                yield Item(_DRAWN[object_kind], title)
        elif kind == _CONTINUE and text and len(data) > 1:
            words = data[1:].decode("utf-16-le" if data[0] & 1 else "latin-1", "replace")
            yield Item(Content.COMMENT if object_kind == _NOTE else Content.TEXT_BOX, title, words)
        ended += kind == _END
        text = kind == _TEXT


def _stream(data: bytes) -> bytes:
    """The workbook's own stream in its container; a file may also be that stream and nothing else."""
    if not data.startswith(SIGNATURE):
        return data
    try:
        container = CompDoc(data, logfile=io.StringIO())
        return next((found for name in _STREAMS if (found := container.get_named_stream(name))), b"")
    except (CompDocError, struct.error, IndexError, AssertionError):
        return b""


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _name(data: bytes) -> str:
    """A short string: its length, whether it is in two bytes a character, and the characters."""
    return data[2 : 2 + data[0] * (1 + (data[1] & 1))].decode("utf-16-le" if data[1] & 1 else "latin-1", "replace")
