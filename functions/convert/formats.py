"""The document formats, told apart by a file's suffix, and what pandoc is asked for each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

from convert.errors import CannotConvert

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(Enum):
    """What a file is at heart, which decides how it is read."""

    TEXT = "text"  # pandoc reads its characters
    CONTAINER = "container"  # pandoc reads its bytes, and images lie inside
    SLIDES = "slides"
    TABLE = "table"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `embeds` are the kinds of image that a file of it holds itself; None when it refers to files."""

    name: str
    kind: Kind
    reader: str | None = None
    writer: str | None = None
    embeds: frozenset[str] | None = None


_MARKDOWN = (
    # Models write lists and headings right under a line of text, as GitHub allows.
    "markdown+lists_without_preceding_blankline-blank_before_header-blank_before_blockquote"
    "+autolink_bare_uris+tex_math_single_backslash+gfm_auto_identifiers"
)
# GitHub's Markdown, but with the mathematics that other readers of Markdown know too.
_GFM = "gfm-tex_math_gfm+tex_math_dollars+yaml_metadata_block"
_OFFICE = frozenset({"png", "jpg", "gif", "bmp", "tiff", "emf", "wmf"})
_NONE: frozenset[str] = frozenset()

PDF = Format("pdf", Kind.PDF, embeds=frozenset({"png", "jpg", "gif", "svg", "webp"}))
XLSX = Format("xlsx", Kind.TABLE)
XLS = Format("xls", Kind.TABLE)
ODS = Format("ods", Kind.TABLE)
CSV = Format("csv", Kind.TABLE)
TSV = Format("tsv", Kind.TABLE)
MARKDOWN = Format("markdown", Kind.TEXT, _MARKDOWN, _GFM)
TXT = Format("txt", Kind.TEXT, "commonmark", "plain", _NONE)
PPTX = Format("pptx", Kind.SLIDES, "html", "pptx", _OFFICE)
DOCX = Format("docx", Kind.CONTAINER, "docx", "docx", _OFFICE)
ODT = Format("odt", Kind.CONTAINER, "odt", "odt", _OFFICE | {"svg"})
SMD = Format("stencila-markdown", Kind.TEXT, _MARKDOWN, _GFM)
STENCILA = Format("stencila", Kind.TEXT, "json", "json")
JATS = Format("jats", Kind.TEXT, "jats", "jats_archiving")
HTML = Format("html", Kind.TEXT, "html", "html5")
MAIL = Format("mail", Kind.TEXT, "html")

_BY_SUFFIX: Mapping[str, Format] = MappingProxyType(
    {
        ".md": MARKDOWN,
        ".markdown": MARKDOWN,
        ".docx": DOCX,
        ".html": HTML,
        ".htm": HTML,
        ".odt": ODT,
        ".rtf": Format("rtf", Kind.TEXT, "rtf", "rtf", frozenset({"png", "jpg"})),
        ".epub": Format("epub", Kind.CONTAINER, "epub", "epub3", frozenset({"png", "jpg", "gif", "svg", "webp"})),
        ".tex": Format("latex", Kind.TEXT, "latex", "latex"),
        ".latex": Format("latex", Kind.TEXT, "latex", "latex"),
        ".rst": Format("rst", Kind.TEXT, "rst", "rst"),
        ".ipynb": Format("ipynb", Kind.TEXT, "ipynb", "ipynb", frozenset({"png", "jpg", "gif", "svg"})),
        ".jats": JATS,
        ".nxml": JATS,
        ".smd": SMD,
        ".json": STENCILA,
        ".pptx": PPTX,
        ".txt": TXT,
        ".text": TXT,
        ".xlsx": XLSX,
        **dict.fromkeys((".qmd", ".rmd"), SMD),
        **dict.fromkeys((".eml", ".mht", ".mhtml"), MAIL),
        **dict.fromkeys((".docm", ".dotx", ".dotm"), DOCX),
        **dict.fromkeys((".pptm", ".ppsx", ".ppsm", ".potx", ".potm"), PPTX),
        **dict.fromkeys((".xlsm", ".xltx", ".xltm", ".xlsb"), XLSX),
        ".xls": XLS,
        ".ods": ODS,
        ".csv": CSV,
        ".tsv": TSV,
        ".pdf": PDF,
    }
)

IMAGES = frozenset(".png .jpg .jpeg .gif .webp .svg .bmp .tif .tiff".split())

_OLDER = {".doc": "docx", ".dot": "docx", ".ppt": "pptx", ".pps": "pptx"}
_OF_OTHERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        ".pages": ("a document of Apple Pages", "docx or pdf"),
        ".numbers": ("a workbook of Apple Numbers", "xlsx"),
        ".key": ("a presentation of Apple Keynote", "pptx or pdf"),
        ".wpd": ("a document of WordPerfect", "docx or pdf"),
        ".wps": ("a document of Microsoft Works", "docx or pdf"),
        ".one": ("a notebook of OneNote", "docx or pdf"),
        ".pub": ("a publication of Microsoft Publisher", "pdf"),
        **dict.fromkeys((".vsd", ".vsdx"), ("a drawing of Microsoft Visio", "pdf")),
        ".odp": ("a presentation of OpenDocument", "pptx or pdf"),
        ".odg": ("a drawing of OpenDocument", "pdf"),
        **dict.fromkeys((".fodt", ".fods", ".fodp"), ("a flat file of OpenDocument", "odt, ods or pdf")),
        **dict.fromkeys((".mobi", ".azw", ".azw3"), ("a book for Kindle", "epub")),
        **dict.fromkeys((".djvu", ".ps", ".eps", ".xps", ".oxps"), ("a file of printed pages", "pdf")),
        ".msg": ("a message of Outlook", "eml, or pdf with its attachments as files of their own"),
        **dict.fromkeys((".zip", ".7z", ".rar", ".tar", ".gz"), ("an archive", "the files in it")),
        **dict.fromkeys((".heic", ".heif"), ("a picture in HEIF", "jpg or png")),
    }
)
"""What people have and nothing here reads, by suffix: what it is, and what to ask for instead."""
_AS_IT_IS = frozenset(".xml .ics .vcf .org .srt .vtt .log .yaml .yml .toml .ini .adoc .bib".split())
"""Text of kinds that are no documents: whoever reads it as it is has all of it."""
_ONLY_READ = frozenset(
    ".eml .mht .mhtml .qmd .rmd .docm .dotx .dotm .pptm .ppsx .ppsm .potx .potm .xlsm .xltx .xltm .xlsb .xls"
    " .ods".split()
)


def format_of(path: str) -> Format:
    """The format that the path's suffix names; raises CannotConvert for any other suffix."""
    suffix = PurePosixPath(path).suffix.lower()
    known = _BY_SUFFIX.get(suffix)
    if known is not None:
        return known
    if newer := _OLDER.get(suffix):
        raise CannotConvert(f"{path}: {suffix} files cannot be read; ask for the file saved as {newer}")
    if suffix in _OF_OTHERS:
        what, instead = _OF_OTHERS[suffix]
        raise CannotConvert(f"{path} is {what}, which is neither read nor written; ask for {instead}")
    if suffix in _AS_IT_IS:
        raise CannotConvert(f"{path}: {suffix} files are not converted; read_file reads the text as it is")
    suffixes = " ".join(sorted(_BY_SUFFIX))
    raise CannotConvert(f"{path}: no document format is known by the suffix {suffix!r}; known are {suffixes}")


def target_format(path: str) -> Format:
    """The same for a file to be written; raises CannotConvert also for kinds that are only read."""
    form, suffix = format_of(path), PurePosixPath(path).suffix.lower()
    if suffix in _ONLY_READ:
        instead = {DOCX: "docx", PPTX: "pptx", SMD: "smd or md", MAIL: "md, docx or pdf"}.get(form, "xlsx")
        raise CannotConvert(f"{path}: {suffix} files are read and not written; write {instead}")
    return form
