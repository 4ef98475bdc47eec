"""The text of PDF files, page by page: of two extractors the one that reads it better, and a word on pages without."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pypdf
import pypdfium2
from pypdf.errors import DependencyError, PyPdfError

from convert.errors import CannotConvert
from convert.inventory import inventory, lost, notes
from convert.pdf_reading.beside import Beside
from convert.pdf_reading.layout import page_as_text
from convert.pdf_reading.segments import rules, segments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DAMAGE = (PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)
_GARBLED = re.compile(r"\ufffd|[\x00-\x08\x0e-\x1f]|[\ue000-\uf8ff]|\(cid:\d+\)|/[gG]\d{1,4}\b|/uni[0-9A-F]{4}")
_WORD = re.compile(r"\w+")
_GLUED = 28
"""Letters in a row that no word has, in scripts that put spaces between words."""

# Letters with which words end and do not begin: a text that is the other way round has been turned.
_ENDS = re.compile(r"[ךםןףץىة]\b")
_BEGINS = re.compile(r"\b[ךםןףץىة]")
_ARTICLE = re.compile(r"\bال")
_TURNED_ARTICLE = re.compile(r"لا\b")

_SCAN, _UNREADABLE = "[no text: the page is a picture or a scan", "[the text of this page cannot be read"
_NO_TEXT = (_SCAN, _UNREADABLE)
_MOST_NAMED = 20


@dataclass(slots=True)
class Pages:
    """An open PDF. `about` is its metadata, outline and attachments, in a line each."""

    reader: pypdf.PdfReader
    document: pypdfium2.PdfDocument | None
    beside: Beside
    about: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.reader.pages)

    def texts(self, first: int) -> Iterator[tuple[int, str]]:
        """Number and text of each page from this one on, counted from 1."""
        for number in range(first, len(self) + 1):
            lines = [self._text(number), *self.beside.of_page(number)]
            yield number, "\n".join(filter(None, lines))

    def left_out(self, place: Path, name: str) -> list[str]:
        """Notes on what the file holds beside the words of its pages, and no line of ours says."""
        said = [*self.about, *(line for number in range(1, len(self) + 1) for line in self.beside.of_page(number))]
        return notes(lost(inventory(place, name, "pdf"), "\n".join(said)))

    def _text(self, number: int) -> str:
        page = self.reader.pages[number - 1]
        as_told = _clean(_by_pdfium(self.document, number))
        if _turned(as_told):
            # Some programs write the letters of a word as they stand, from the left, and others as they are said.
            as_it_stands = _clean(_by_pdfium(self.document, number, by_place=True))
            as_told = max(as_told, as_it_stands, key=lambda text: _upright(text) - _turned(text))
        candidates = [as_told, _clean(_by_pypdf(page))]
        # Pdfium's comes first: it is in the order of reading, with tables.
        best = min(candidates, key=faults)
        return best if best.strip() else _instead_of_text(page)


def open_pdf(place: Path, name: str) -> Pages:
    """The pages; raises CannotConvert for a file that is locked or is no PDF."""
    try:
        reader = pypdf.PdfReader(place)
        if reader.is_encrypted and not reader.decrypt(""):
            raise CannotConvert(f"{name} is protected by a password; ask for a copy without one")
        pages = len(reader.pages)
    except DependencyError as error:
        raise CannotConvert(f"{name} is encrypted in a way that cannot be opened; ask for a copy without") from error
    except _DAMAGE as error:
        raise CannotConvert(f"{name} is damaged or is no PDF ({error})") from error
    if not pages:
        raise CannotConvert(f"{name} has no pages")
    try:
        document = pypdfium2.PdfDocument(place)
    except pypdfium2.PdfiumError:
        document = None
    if document is not None and len(document) != pages:
        document = None
    beside = Beside(reader)
    return Pages(reader, document, beside, (*_metadata(reader), *beside.of_document()))


def faults(text: str) -> float:
    """How badly a page was read, from 0: the share of characters that are garbled, glued or turned around."""
    if not text.strip():
        return float("inf")
    words = _WORD.findall(text)
    glued = sum(len(word) for word in words if len(word) > _GLUED and _has_spaces_between(word))
    wrong = 20 * len(_GARBLED.findall(text)) + glued + (len(text) if _turned(text) > _upright(text) else 0)
    single = sum(len(word) == 1 and word.isalpha() and word.isascii() for word in words)
    if single > len(words) / 2:
        wrong += single
    return wrong / len(text)


def _turned(text: str) -> int:
    """Signs that words are the other way round."""
    return len(_BEGINS.findall(text)) + len(_TURNED_ARTICLE.findall(text))


def _upright(text: str) -> int:
    """Signs that they are not."""
    return len(_ENDS.findall(text)) + len(_ARTICLE.findall(text))


def _has_spaces_between(word: str) -> bool:
    return unicodedata.name(word[0], "").split(" ")[0] in {"LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW"}


def _by_pdfium(document: pypdfium2.PdfDocument | None, number: int, *, by_place: bool = False) -> str:
    if document is None:
        return ""
    try:
        page = document[number - 1]
        if page.get_rotation():
            return str(page.get_textpage().get_text_range()).replace("\r\n", "\n")
        return page_as_text(segments(page, by_place=by_place), rules(page))
    except pypdfium2.PdfiumError:
        return ""


def _by_pypdf(page: pypdf.PageObject) -> str:
    try:
        return page.extract_text()
    except _DAMAGE:
        return ""


def _clean(text: str) -> str:
    return text.replace("\0", "").encode(errors="replace").decode().strip()


def _metadata(reader: pypdf.PdfReader) -> list[str]:
    try:
        found: Any = reader.metadata or {}
    except _DAMAGE:
        return ["[its properties cannot be read]"]
    said = []
    for key in ("title", "author", "subject"):
        try:
            value = str(getattr(found, key, None) or "").strip()
        except _DAMAGE:
            value = "[cannot be read]"
        if value:
            said.append(f"{key}: {value}")
    return said


def is_without_text(text: str) -> bool:
    """Whether what is said of a page is only that it has no text that could be read."""
    return text.startswith(_NO_TEXT) and "\n" not in text


def _instead_of_text(page: pypdf.PageObject) -> str:
    sizes = []
    try:
        images: Any = page.get("/Resources", {}).get("/XObject", {}).values()
        for found in images:
            image = found.get_object()
            if image.get("/Subtype") == "/Image":
                sizes.append(f"{image.get('/Width')} x {image.get('/Height')} pixels")
    except _DAMAGE as error:
        return f"{_UNREADABLE}: {type(error).__name__}]"
    if not sizes:
        return "[this page has no text and no image]"
    return f"{_SCAN}, {', '.join(sizes[:5])}]"


def pdf_as_text(pages: Pages) -> tuple[str, list[str]]:
    """All pages under page markers, and a note on those that are scans."""
    texts = list(pages.texts(1))
    about = "".join(f"{line}\n" for line in pages.about)
    text = "".join(f"{marker(number, len(pages))}\n\n{text}\n\n" for number, text in texts)
    scans = [number for number, text in texts if is_without_text(text)]
    named = ", ".join(map(str, scans[:_MOST_NAMED])) + (" and more" if len(scans) > _MOST_NAMED else "")
    said = f"{len(scans)} of {len(pages)} pages are scans without text: {named}; view_pages shows them"
    return f"{about}\n{text}" if about else text, [said] if scans else []


def marker(number: int, total: int) -> str:
    """The line that stands before a page."""
    return f"--- page {number} of {total} ---"
