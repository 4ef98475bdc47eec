"""A document of the workspace made ready for pandoc: checked, decoded, copied under a name of our own, read."""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.archives import check_archive
from convert.decode import as_text
from convert.errors import CannotConvert
from convert.formats import HTML, TXT, Format, Kind
from convert.slides import slides_as_html

if TYPE_CHECKING:
    from convert.pandoc import Pandoc

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True)
class Document:
    """A source as a tree. Its own images lie in the scratch folder `inside`, a name that no document can guess."""

    tree: dict[str, Any]
    inside: str
    warnings: list[str]


def read_document(pandoc: Pandoc, place: Path, name: str, form: Format, *, numbered: bool = False) -> Document:
    """The document at `place`; raises CannotConvert. `numbered` puts its number before the title of each slide."""
    inside, notes = f"inside-{secrets.token_hex(8)}", []
    source, reader = f"source.{form.name}", form.reader if form.kind is not Kind.TABLE else HTML.reader
    if reader is None:
        raise CannotConvert(f"{name}: {form.name} cannot be read as a document")
    if form.kind is Kind.CONTAINER:
        check_archive(place, name)
        shutil.copyfile(place, pandoc.scratch / source)
    elif form.kind is Kind.SLIDES:
        check_archive(place, name)
        _put(pandoc, source, slides_as_html(place, name, pandoc.scratch / inside, numbered=numbered))
    elif form.kind is Kind.TABLE:
        from convert.tables import as_html, left_out, read_sheets  # noqa: PLC0415 - slow to load, and rarely needed

        sheets = read_sheets(place, name, form.name)
        notes = [note for sheet in sheets if (note := left_out(sheet))]
        _put(pandoc, source, as_html(sheets))
    else:
        _put(pandoc, source, _prepared(as_text(place.read_bytes(), name), form))
    extract = inside if form.kind is Kind.CONTAINER or form.name in {"ipynb", "rtf"} else None
    tree, warnings = pandoc.read(source, reader, extract)
    return Document(tree, inside, notes + warnings)


def _put(pandoc: Pandoc, source: str, text: str) -> None:
    (pandoc.scratch / source).write_text(text, encoding="utf-8")


def _prepared(text: str, form: Format) -> str:
    if form is TXT:
        return literal(text)
    # Pandoc's reader loses a table that stands before any paragraph.
    return text.replace("\\trowd", "\\pard\\par\\trowd", 1) if form.name == "rtf" else text


def literal(text: str) -> str:
    """Plain text as CommonMark that shows it as it is: no mark has a meaning, and lines end where they ended."""
    paragraphs = re.split(r"\n[ \t]*\n+", text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4))
    return "\n\n".join("\\\n".join(map(_literal_line, paragraph.splitlines())) for paragraph in paragraphs)


def _literal_line(line: str) -> str:
    indent = len(line) - len(line.lstrip(" "))
    return "\N{NO-BREAK SPACE}" * indent + _PUNCTUATION.sub(r"\\\1", line.strip())
