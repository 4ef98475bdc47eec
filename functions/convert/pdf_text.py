"""The text of PDF files, page by page, with a word on pages that have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pypdf
from pypdf.errors import DependencyError, PyPdfError

from convert.errors import CannotConvert

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pages:
    """An open PDF. `about` is its metadata in a line each."""

    reader: pypdf.PdfReader
    about: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.reader.pages)

    def texts(self, first: int) -> Iterator[tuple[int, str]]:
        """Number and text of each page from this one on, counted from 1."""
        for number in range(first, len(self) + 1):
            yield number, page_text(self.reader.pages[number - 1])


def open_pdf(place: Path, name: str) -> Pages:
    """The pages; raises CannotConvert for a file that is locked or is no PDF."""
    try:
        reader = pypdf.PdfReader(place)
        if reader.is_encrypted and not reader.decrypt(""):
            raise CannotConvert(f"{name} is protected by a password; ask for a copy without one")
        found = reader.metadata
        pages = len(reader.pages)
    except DependencyError as error:
        raise CannotConvert(f"{name} is encrypted in a way that cannot be opened; ask for a copy without") from error
    except (PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CannotConvert(f"{name} is damaged or is no PDF ({error})") from error
    if not pages:
        raise CannotConvert(f"{name} has no pages")
    named = (("title", found.title), ("author", found.author), ("subject", found.subject)) if found else ()
    return Pages(reader, tuple(f"{key}: {value.strip()}" for key, value in named if value and value.strip()))


def page_text(page: pypdf.PageObject) -> str:
    """What stands on a page, or in brackets why nothing does."""
    try:
        text = page.extract_text().replace("\0", "").encode(errors="replace").decode().strip()
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        return f"[the text of this page cannot be read: {type(error).__name__}]"
    return text or _instead_of_text(page)


def _instead_of_text(page: pypdf.PageObject) -> str:
    sizes = []
    for found in page.get("/Resources", {}).get("/XObject", {}).values():
        image = found.get_object()
        if image.get("/Subtype") == "/Image":
            sizes.append(f"{image.get('/Width')} x {image.get('/Height')} pixels")
    if not sizes:
        return "[this page has no text and no image]"
    return f"[no text: the page is a picture or a scan, {', '.join(sizes[:5])}]"


def pdf_as_text(place: Path, name: str) -> str:
    """All pages under page markers."""
    pages = open_pdf(place, name)
    return "".join(f"{marker(number, len(pages))}\n\n{text}\n\n" for number, text in pages.texts(1))


def marker(number: int, total: int) -> str:
    """The line that stands before a page."""
    return f"--- page {number} of {total} ---"
