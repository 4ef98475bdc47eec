"""The text of a document for someone who reads it in parts: pages of a PDF, or stretches of about a page's length."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError, fromstring

from convert.archives import check_archive
from convert.contents import source_format
from convert.errors import CannotConvert
from convert.fences import without_marks
from convert.formats import IMAGES, MAIL, MARKDOWN, PDF, Kind
from convert.images import labelled
from convert.inventory import Content, inventory, lost, notes
from convert.pictures import kind_of, pixels
from convert.plainer import for_markdown, lines_as_they_are
from convert.slides import with_labelled_notes
from convert.sources import View, read_document
from convert.tree import everything, how_many, rewrite
from convert.workspace import file_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convert.formats import Format
    from convert.pandoc import Pandoc
    from convert.sheets import Sheet
    from convert.tools.read_document import Reading

_ROOM_FOR_NOTES = 1_000
_ESCAPED = re.compile(
    r"^(?P<fence>```+|~~~+).*?^(?P=fence)|^ {4}.*?$|(?P<code>`+)(?!`).+?(?<!`)(?P=code)(?!`)|\$(?:\\.|[^$\\])+\$"
    r"|\\(?P<mark>[][()<>.#$~!+={}'\"-])",
    re.MULTILINE | re.DOTALL,
)
"""Code and formulas, or an escaped mark. Bars, stars and backslashes stay escaped: they have a meaning of their own."""

_CORE = ("docProps/core.xml", "meta.xml")
_TOLD = {"title", "creator", "subject", "description", "keywords", "keyword", "created", "creation-date", "modified",
         "lastModifiedBy", "initial-creator"}  # fmt: skip
_WITH_PROPERTIES = {"docx", "pptx", "xlsx", "odt", "ods"}


def read(request: Reading, workspace: Path, pandoc: Pandoc, most: int) -> str:
    """The text from `start_page` on, at most `most` characters, under lines that say what the document is."""
    place = file_in(workspace, request.path)
    if place.suffix.lower() in IMAGES:
        return _picture(place, request.path)
    form, renamed = source_format(place, request.path)
    room = max(most - _ROOM_FOR_NOTES, 1_000)
    if form is PDF:
        shown = _pdf(request, place, room)
    else:
        if form.kind is Kind.TABLE:
            sheets, about = tables_of(request.path, place, form)
            text = as_markdown_of(sheets)
        else:
            text, about = markdown_of(request.path, place, form, pandoc, request.changes)
        shown = _part(request, text, about, room)
    heading, _, rest = shown.partition("\n")
    return "\n".join([heading, *(f"note: {note}" for note in renamed), rest])


def _picture(place: Path, name: str) -> str:
    data = place.read_bytes()
    about = ", ".join(filter(None, (kind_of(data) or "of an unknown kind", pixels(data), f"{len(data):,} bytes")))
    return f"{name} is an image: {about}. It holds no text that can be read here."


def _pdf(request: Reading, place: Path, room: int) -> str:
    from convert.pdf_reading.pages import marker, open_pdf  # noqa: PLC0415 - slow to load, and rarely needed

    pages = open_pdf(place, request.path)
    if request.start_page > len(pages):
        raise CannotConvert(f"{request.path} has {len(pages)} pages; there is no page {request.start_page}")
    out, last = [f"[{request.path}: pdf, {len(pages)} pages]", *pages.about], 0
    if request.start_page == 1:
        out += [f"note: {note}" for note in pages.left_out(place, request.path)]
    for number, text in pages.texts(request.start_page):
        if last and len(text) > room:
            break
        shown = text if len(text) <= room else f"{text[:room]}\n[the rest of this page is left out]"
        out.append(f"{marker(number, len(pages))}\n{shown}")
        room, last = room - len(shown), number
    if last < len(pages):
        out.append(f"[pages {last + 1} to {len(pages)} are not shown; go on with start_page {last + 1}]")
    return "\n".join(out)


def as_markdown_of(sheets: Sequence[Sheet]) -> str:
    """Every row that is read, with the values of cells that show less than they hold."""
    from convert.sheets import MAX_ROWS  # noqa: PLC0415 - slow to load, and rarely needed
    from convert.tables import as_markdown  # noqa: PLC0415 - as above

    return as_markdown(sheets, most=MAX_ROWS, exact=True)


def tables_of(name: str, place: Path, form: Format) -> tuple[list[Sheet], list[str]]:
    """The sheets of a spreadsheet, and lines about it."""
    from convert.sheets import MAX_ROWS  # noqa: PLC0415 - slow to load, and rarely needed
    from convert.tables import read_sheets, sheet_notes  # noqa: PLC0415 - as above

    sheets = read_sheets(place, name, form.name)
    sizes = [f"{sheet.title}: {len(sheet.rows)} rows" for sheet in sheets]
    missing = lost(inventory(place, name, form.name), as_markdown_of(sheets))
    about = [f"note: {note}" for note in [*sheet_notes(sheets, MAX_ROWS), *notes(missing)]]
    properties = _properties(place, name) if form.name in _WITH_PROPERTIES else []
    return sheets, [*properties, f"sheets: {'; '.join(sizes)}", *about]


def markdown_of(name: str, place: Path, form: Format, pandoc: Pandoc, changes: str) -> tuple[str, list[str]]:
    """The whole text as Markdown, and lines about the document."""
    document = read_document(pandoc, place, name, form, View(reading=True, changes=changes))
    tree = document.tree
    if form.kind is Kind.SLIDES:
        tree["blocks"] = rewrite(tree["blocks"], with_labelled_notes)
    tree["blocks"] = rewrite(tree["blocks"], lines_as_they_are if form is MAIL else without_marks)
    pictures = how_many(tree["blocks"], "Image")
    tree["blocks"] = rewrite(rewrite(tree["blocks"], labelled(pandoc.scratch, document.inside)), for_markdown)
    warnings = pandoc.write(tree, str(MARKDOWN.writer), "text.md", ["--wrap=none"])
    about = _properties(place, name) if form.name in _WITH_PROPERTIES else []
    about += document.about
    shown = everything([tree["blocks"], *tree["meta"].values()]) + "\n".join(about)
    missing = lost(inventory(place, name, form.name, changes), shown, {Content.PICTURE: pictures})
    after = [f"note: {note}" for note in [*document.warnings, *notes(missing), *warnings]]
    return _unescaped((pandoc.scratch / "text.md").read_text(encoding="utf-8")), [*about, *after]


def _unescaped(markdown: str) -> str:
    """Markdown for eyes: `(a)` and `$5`, not `\\(a\\)` and `\\$5`; in code and formulas a backslash stays."""
    return _ESCAPED.sub(lambda found: found["mark"] or found[0], markdown)


def _properties(place: Path, name: str) -> list[str]:
    """Title, author and dates, as the office program keeps them."""
    check_archive(place, name)
    with zipfile.ZipFile(place) as archive:
        part = next((part for part in _CORE if part in archive.namelist()), None)
        if part is None:
            return []
        try:
            entries = [(each.tag.rpartition("}")[2], each.text) for each in fromstring(archive.read(part)).iter()]  # noqa: S314
        except ParseError:
            return []
    return [f"{key}: {value.strip()[:500]}" for key, value in entries if key in _TOLD and value and value.strip()]


def _part(request: Reading, text: str, about: list[str], room: int) -> str:
    parts = _cut(text, room)
    if request.start_page > len(parts):
        raise CannotConvert(f"{request.path} has {len(parts)} parts; there is no part {request.start_page}")
    number = request.start_page
    heading = f"[{request.path}: part {number} of {len(parts)}]" if len(parts) > 1 else f"[{request.path}]"
    lines = [heading, *(about if number == 1 else []), parts[number - 1]]
    if number < len(parts):
        lines.append(f"[go on with start_page {number + 1}]")
    return "\n".join(lines)


def _cut(text: str, room: int) -> list[str]:
    """The text in parts of at most so many characters, cut between lines where there are any."""
    parts = []
    while len(text) > room:
        end = text.rfind("\n", room // 2, room) + 1 or room
        parts.append(text[:end])
        text = text[end:]
    return [*parts, text] if text.strip() or not parts else parts
