"""The words of a page as pdfium finds them, each stretch with its box, and the rules that are drawn between them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2
from pypdfium2 import raw

from convert.pdf_reading.characters import Character
from convert.pdf_reading.parts import may_have_parts, put_together

_GAP = 0.6  # of the size of the type: what parts one stretch from the next on a line
_THIN = 3.0
_FIXED_PITCH = 1  # of the flags of a font: ISO 32000-1, table 123
_FIXED_NAMES = (b"mono", b"courier", b"consol", b"typewriter")
_MOST_PATHS = 4_000
_BREAKS = frozenset("\r\n")
_UNSEEN = frozenset("\u00ad\u200b\u2060\ufeff")
_BROKEN_WORD = "\x02"  # what pdfium says for the hyphen at the end of a line


@dataclass(slots=True)
class Segment:
    """Text on one line, in points from the left and from the top of the page."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    fixed: bool = False  # its letters are all of one width

    @property
    def height(self) -> float:
        """About the size of its type."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Rule:
    """A line that is drawn from left to right, or the edge of a box."""

    left: float
    right: float
    y: float


def segments(page: pypdfium2.PdfPage, *, by_place: bool = False) -> list[Segment]:
    """All stretches of text of a page that is not turned, in the order of the file.

    With `by_place`, letters of lines that are read to the left are in the order in which they stand.
    """
    text_page, height = page.get_textpage(), page.get_height()
    found: list[Segment] = []
    current: Segment | None = None
    for character, left, top, right, bottom, number, _ in _characters(text_page, height, by_place):
        if character in _BREAKS or character == "\0":
            current = None
            continue
        if character.isspace():
            if current:
                current.text += " "
            continue
        if current is None or _apart(current, left, top, right, bottom):
            current = Segment(left, top, right, bottom, character, _is_fixed(text_page, number))
            found.append(current)
        else:
            current.text += character
            current.left, current.right = min(current.left, left), max(current.right, right)
            current.top, current.bottom = min(current.top, top), max(current.bottom, bottom)
    for segment in found:
        segment.text = _whole(segment.text.rstrip())
    return [segment for segment in found if segment.text.strip()]


def _characters(text_page: Any, height: float, by_place: bool) -> Iterable[Character]:
    """All that are seen, with what parts them, in the order of the file."""
    in_parts = by_place or may_have_parts(str(text_page.get_text_range()))
    found = _found(text_page, height, in_parts)
    return put_together(list(found), every_line=by_place) if in_parts else found


def _found(text_page: Any, height: float, sized: bool) -> Iterator[Character]:
    for index in range(text_page.count_chars()):
        text = chr(raw.FPDFText_GetUnicode(text_page.raw, index))
        if text in _UNSEEN:
            continue
        if text.isspace() or text == "\0":
            yield Character(text, 0.0, 0.0, 0.0, 0.0, index)
            continue
        size = raw.FPDFText_GetFontSize(text_page.raw, index) if sized else 0.0
        yield Character("-" if text == _BROKEN_WORD else text, *_box(text_page, index, height), index, size)


def rules(page: pypdfium2.PdfPage) -> list[Rule]:
    """Lines from left to right, and the upper and lower edges of boxes."""
    height, found = page.get_height(), []
    for number, path in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=3)):
        if number > _MOST_PATHS:
            return []
        left, bottom, right, top = path.get_bounds()
        if right - left < _THIN:
            continue
        found.append(Rule(left, right, height - top))
        if top - bottom > _THIN:
            found.append(Rule(left, right, height - bottom))
    return found


def _is_fixed(text_page: Any, index: int) -> bool:
    name, flags = ctypes.create_string_buffer(80), ctypes.c_int()
    raw.FPDFText_GetFontInfo(text_page.raw, index, name, len(name), ctypes.byref(flags))
    return bool(flags.value & _FIXED_PITCH) or any(word in name.value.lower() for word in _FIXED_NAMES)


def _box(text_page: Any, index: int, height: float) -> tuple[float, float, float, float]:
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text_page.raw, index, ctypes.byref(box))
    return box.left, height - box.top, box.right, height - box.bottom


def _apart(current: Segment, left: float, top: float, right: float, bottom: float) -> bool:
    size = max(current.height, bottom - top, 1.0)
    # Letters run back where text is read from right to left.
    distance = max(left - current.right, current.left - right)
    return distance > _GAP * size or min(bottom, current.bottom) - max(top, current.top) < 0.3 * min(
        current.height, bottom - top
    )


def _whole(text: str) -> str:
    """Characters beyond the first plane, which pdfium gives as two halves each, in one piece."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
