"""What an answer is, and files of kinds that answers are made of."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pptx
from PIL import Image, ImageDraw


@dataclass(frozen=True)
class Right:
    """What a good agent leaves: contents by path, none for a file that is gone, and its closing words."""

    files: Mapping[str, bytes | None]
    said: str = "Done."


@dataclass(frozen=True)
class Wrong:
    """What else may be left, over the right answer: the grader of this name has to notice it."""

    task: str
    grader: str
    files: Mapping[str, bytes | None]
    said: str = "Done."
    slow: bool = False


def as_json(**values: object) -> bytes:
    return json.dumps(values).encode()


def slides(titles: Sequence[str], point: str = "A point, 35 euros") -> bytes:
    deck = pptx.Presentation()
    for title in titles:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text_frame.text = point
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def picture(size: int = 400, *, blank: bool = False) -> bytes:
    image = Image.new("RGB", (size, size), "white")
    if not blank:
        ImageDraw.Draw(image).rectangle((10, 10, 60, 90), fill="navy")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
