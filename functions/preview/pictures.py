"""Pictures of documents: a page of a PDF, and thumbnails."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps, UnidentifiedImageError

from preview.errors import CannotShow

PAGE = (1_200, 1_600)
THUMBNAIL = (512, 512)
MAX_PIXELS = 80_000_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
LARGEST_SCALE = 3.0


def page_of(document: Path, number: int) -> tuple[bytes | None, int]:
    """The page of this number, from 1 on, as PNG, or None where there is none; how many there are.

    Raises `CannotShow`.
    """
    try:
        pages = pypdfium2.PdfDocument(document)
        if len(pages) == 0:
            raise CannotShow("it has no page")
        if number > len(pages):
            return None, len(pages)
        page = pages[number - 1]
        width, height = page.get_size()
        if width <= 0 or height <= 0:
            raise CannotShow(f"its page {number} has no size")
        scale = min(PAGE[0] / width, PAGE[1] / height, LARGEST_SCALE)
        picture = page.render(scale=scale).to_pil()
    except pypdfium2.PdfiumError as error:
        raise CannotShow("it is damaged, encrypted, or no PDF") from error
    return _png(picture), len(pages)


def thumbnail(document: Path) -> bytes:
    """The picture, no larger than `THUMBNAIL`, as PNG. Raises `CannotShow`."""
    # Anything larger is refused before it is unpacked.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(document, formats=FORMATS) as picture:
            picture.draft("RGB", THUMBNAIL)
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail(THUMBNAIL)
            return _png(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CannotShow(f"it has more than {MAX_PIXELS:,} pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise CannotShow("it is damaged, or no picture of a kind that is shown") from error


def _png(picture: Image.Image) -> bytes:
    made = io.BytesIO()
    # Nothing but the pixels: no comment, no place where it was taken.
    picture.convert("RGBA" if _has_transparency(picture) else "RGB").save(made, "PNG")
    return made.getvalue()


def _has_transparency(picture: Image.Image) -> bool:
    return picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
