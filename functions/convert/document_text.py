"""All text of a document, each line with its place: made once for each content, and searched, read and compared after.

What comes of it is JSON that trusted code validates (`swarm.workspace.document_texts` has its fields).
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from convert.contents import source_format
from convert.errors import CannotConvert
from convert.formats import IMAGES, PDF, Kind
from convert.places import places
from convert.reading import markdown_of, tables_of
from convert.word.revisions import ALL
from convert.workspace import file_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from convert.formats import Format
    from convert.pandoc import Pandoc

MAX_CHARACTERS = 4_000_000
"""Of all lines with their places; what follows is left out, and that is said."""

MOST_NAMED = 50
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}


def document_text(workspace: Path, path: str, pandoc: Pandoc) -> dict[str, Any]:
    """The text, or `{"problem": why there is none}`."""
    try:
        return {"name": name_of(path), **_read(workspace, path, pandoc)}
    except CannotConvert as error:
        return {"name": name_of(path), "problem": str(error)}
    except RecursionError:
        return {"name": name_of(path), "problem": "it is nested too deep"}


def _read(workspace: Path, path: str, pandoc: Pandoc) -> dict[str, Any]:
    place, name = file_in(workspace, path), name_of(path)
    if place.suffix.lower() in IMAGES:
        raise CannotConvert(f"{name} is an image; view_image shows it")
    form, renamed = source_format(place, name)
    if form is PDF:
        text = _pdf(place, name)
    elif form.kind is Kind.TABLE:
        from convert.tables import placed_lines  # noqa: PLC0415 - slow to load, and rarely needed

        sheets, about = tables_of(name, place, form)
        text = _text(placed_lines(sheets), about)
    else:
        text = _markdown(place, name, form, pandoc)
    notes = [f"note: {note}" for note in renamed]
    return {**text, "kind": form.name, "about": [*notes, *text["about"]]}


def name_of(path: str) -> str:
    """What a document is called in its text: the same bytes may have any name, and only its suffix counts here."""
    return f"document{PurePosixPath(path).suffix.lower()}"


def _pdf(place: Path, name: str) -> dict[str, Any]:
    from convert.pdf_reading.pages import is_without_text, open_pdf  # noqa: PLC0415 - slow to load, and rarely needed

    pages = open_pdf(place, name)
    lines: list[tuple[str, str]] = []
    scans: list[int] = []
    for number, text in pages.texts(1):
        if is_without_text(text):
            scans.append(number)
        lines += [(f"page {number}", line) for line in text.translate(_LIGATURES).split("\n")]
    about = [*pages.about, *(f"note: {note}" for note in pages.left_out(place, name))]
    return {**_text(lines, about), "pages": len(pages), "scans": scans[:MOST_NAMED], "scanned": len(scans)}


def _markdown(place: Path, name: str, form: Format, pandoc: Pandoc) -> dict[str, Any]:
    text, about = markdown_of(name, place, form, pandoc, ALL)
    lines = text.rstrip("\n").split("\n")
    slides = form.kind is Kind.SLIDES
    found = _text(zip(places(lines, slides=slides), lines, strict=True), about)
    count = sum(bool(re.match(r"## Slide \d", line)) for line in lines)
    return {**found, "pages": count} if slides else found


def _text(lines: Iterable[tuple[str, str]], about: Iterable[str]) -> dict[str, Any]:
    kept: list[tuple[str, str]] = []
    room, words, cut = MAX_CHARACTERS, 0, False
    for place, line in lines:
        room -= len(place) + len(line) + 1
        if room < 0:
            cut = True
            break
        normal = unicodedata.normalize("NFC", line)
        kept.append((place, normal))
        words += len(normal.split())
    return {"lines": kept, "about": list(about), "words": words, "cut": cut}
