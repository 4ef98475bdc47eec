"""Pages and images as pictures for a model that can see, each within a size that bounds what looking at it costs."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pypdfium2
from PIL import Image

from convert.errors import CannotConvert, CannotEmbed
from convert.formats import IMAGES, PDF, format_of
from convert.pictures import kind_of, redrawn
from convert.tools.view_pages import MOST_PAGES
from convert.workspace import file_in

if TYPE_CHECKING:
    from pathlib import Path

    from convert.tools.view_pages import Viewing

LONGEST_SIDE = 1_400
"""Pixels of a picture's longer side: small type of an A4 page can be read."""

MOST_BYTES = 600_000
"""Of one picture, as PNG where that is small enough, else as JPEG."""

_MOST_SOURCE_PIXELS = 100_000_000
_QUALITIES = (85, 70, 50, 30)
_LARGEST_SCALE = 4.0


@dataclass(frozen=True, slots=True)
class View:
    """What is said of the pictures, and the pictures as base64."""

    text: str
    pictures: tuple[str, ...]


def view(request: Viewing, workspace: Path, scratch: Path) -> View:
    """Pictures of the pages, or of the image; raises CannotConvert."""
    place = file_in(workspace, request.path)
    if place.suffix.lower() in IMAGES:
        return _of_image(place, request.path, scratch)
    if format_of(request.path) is not PDF:
        raise CannotConvert(
            f"{request.path}: only pages of a pdf and images can be looked at; convert_document it to a .pdf first,"
            " which shows its content and not the layout that its own program would give it"
        )
    return _of_pages(place, request)


def _of_pages(place: Path, request: Viewing) -> View:
    try:
        document = pypdfium2.PdfDocument(place)
    except pypdfium2.PdfiumError as error:
        raise CannotConvert(f"{request.path} is damaged, is no PDF, or needs a password ({error})") from error
    # Values of forms are drawn only then.
    document.init_forms()
    total = len(document)
    pages = request.pages or tuple(range(1, min(total, MOST_PAGES) + 1))
    if wrong := [number for number in pages if number > total]:
        raise CannotConvert(f"{request.path} has {total} pages; there is no page {wrong[0]}")
    pictures, lines = [], []
    for number in pages:
        page = document[number - 1]
        scale = min(LONGEST_SIDE / max(*page.get_size(), 1.0), _LARGEST_SCALE)
        picture = page.render(scale=scale).to_pil()
        pictures.append(_packed(picture))
        lines.append(f"page {number} ({picture.width} x {picture.height} pixels)")
    return View(f"{request.path} has {total} pages; shown: {', '.join(lines)}", tuple(pictures))


def _of_image(place: Path, name: str, scratch: Path) -> View:
    data = place.read_bytes()
    kind = kind_of(data)
    try:
        if kind == "svg":
            drawn = scratch / "drawn.svg"
            drawn.write_bytes(data)
            data = redrawn(drawn)
        with Image.open(io.BytesIO(data)) as opened:
            width, height = opened.size
            if width * height > _MOST_SOURCE_PIXELS:
                raise CannotConvert(
                    f"{name} has {width} x {height} pixels; at most {_MOST_SOURCE_PIXELS:,} are looked at"
                )
            picture = opened.convert("RGBA")
    except (CannotEmbed, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise CannotConvert(f"{name} is damaged or is no image of a known kind ({error})") from error
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    paper.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    size = f"{width} x {height} pixels"
    shown = "" if paper.size == (width, height) else f", shown as {paper.width} x {paper.height}"
    return View(f"{name}: {kind or 'image'}, {size}{shown}", (_packed(paper),))


def _packed(picture: Image.Image) -> str:
    picture = picture.convert("RGB")
    data = _saved(picture, "PNG", optimize=True)
    for quality in _QUALITIES:
        if len(data) <= MOST_BYTES:
            break
        data = _saved(picture, "JPEG", quality=quality)
    return base64.b64encode(data).decode()


def _saved(picture: Image.Image, kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()
