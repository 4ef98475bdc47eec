"""Slides as HTML, read by python-pptx: their titles, texts, tables, pictures and notes, and not their looks."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

from pptx import Presentation

from preview.errors import CannotShow
from preview.texts import cells_of
from preview.word import require_sound

MAX_SLIDES = 300
MAX_PICTURES = 60
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})
_FURNITURE = frozenset({"DATE", "FOOTER", "SLIDE_NUMBER", "HEADER"})
"""Placeholders that are the same on every slide."""


def slides(document: Path) -> bytes:
    """The slides' titles, texts, tables, pictures and notes. Raises `CannotShow`."""
    require_sound(document)
    pictures = iter(range(MAX_PICTURES))
    try:
        presented = list(islice(Presentation(str(document)).slides, MAX_SLIDES + 1))
        parts = [_slide(number, slide, pictures) for number, slide in enumerate(presented[:MAX_SLIDES], 1)]
    except Exception as error:
        # As of workbooks.
        raise CannotShow("it is damaged, or no presentation") from error
    if len(presented) > MAX_SLIDES:
        parts.append(f"<p>The first {MAX_SLIDES} slides.</p>")
    return "".join(parts).encode()


def _slide(number: int, slide: Any, pictures: Iterator[int]) -> str:
    title = slide.shapes.title
    named = f": {escape(title.text_frame.text)}" if title is not None and title.has_text_frame else ""
    parts = [f"<hr><h2>Slide {number}{named}</h2>"]
    others = (each for each in _shapes(slide.shapes) if title is None or each.shape_id != title.shape_id)
    parts += [_shape(each, pictures) for each in others if not _is_furniture(each)]
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None and notes.text.strip():
        parts.append(f"<blockquote>{_paragraphs(notes)}</blockquote>")
    return "".join(parts)


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _is_furniture(shape: Any) -> bool:
    return shape.is_placeholder and getattr(shape.placeholder_format.type, "name", "") in _FURNITURE


def _shape(shape: Any, pictures: Iterator[int]) -> str:
    if getattr(shape, "has_table", False):
        rows = (cells_of([cell.text for cell in row.cells], "td") for row in shape.table.rows)
        return f"<table>{''.join(rows)}</table>"
    if getattr(shape, "has_text_frame", False):
        return _paragraphs(shape.text_frame)
    if hasattr(shape, "image") and shape.image.content_type in _PICTURES and next(pictures, None) is not None:
        content = base64.b64encode(shape.image.blob).decode()
        return f'<p><img src="data:{shape.image.content_type};base64,{content}"></p>'
    return f"<p>[Chart: {escape(shape.name)}]</p>" if getattr(shape, "has_chart", False) else ""


def _paragraphs(frame: Any) -> str:
    """Its paragraphs; of a deeper level as points, each in as many lists as it is deep."""
    texts = [(paragraph.level, escape(paragraph.text)) for paragraph in frame.paragraphs if paragraph.text.strip()]
    return "".join(
        f"{'<ul><li>' * level}{text}{'</li></ul>' * level}" if level else f"<p>{text}</p>" for level, text in texts
    )
