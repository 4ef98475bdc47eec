"""A document of the workspace made ready for pandoc: checked, decoded, copied under a name of our own, read."""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from convert import jats, rtf, stencila, webpages
from convert.archives import check_archive
from convert.decode import as_text
from convert.errors import CannotConvert
from convert.fences import plain_fences
from convert.formats import DOCX, HTML, JATS, MAIL, MARKDOWN, ODT, SMD, STENCILA, TXT, Format, Kind, format_of
from convert.mail import read_mail
from convert.odt import write_prepared
from convert.ooxml import Package
from convert.slides import slides_as_html
from convert.tree import plain_text, rewrite
from convert.word.marks import Marks
from convert.word.preparation import prepare
from convert.word.revisions import ACCEPT, ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convert.pandoc import Pandoc
    from convert.tree import Element

_FORMULA_ALONE = {"Math", "Space", "SoftBreak"}
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ATTACHED = "attachments become files that can be read when convert_document makes md of this"


@dataclass(frozen=True, slots=True)
class Document:
    """A source as a tree. Its own images lie in the scratch folder `inside`, a name that no document can guess.

    `about` are lines on what is not in the text itself: who changed it, what stands at the top and foot of its pages.
    `attachments` are files that came with it, by name.
    """

    tree: dict[str, Any]
    inside: str
    warnings: list[str]
    about: list[str] = field(default_factory=list)
    attachments: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """How a source is looked at: for a `target`, or `reading` its text as Markdown with what only a reader wants.

    `changes` says what becomes of tracked changes: `accept`, `reject` or `all`.
    """

    target: Format = MARKDOWN
    reading: bool = False
    changes: str = ACCEPT


def read_document(pandoc: Pandoc, place: Path, name: str, form: Format, view: View) -> Document:
    """The document at `place`; raises CannotConvert."""
    if form is DOCX:
        return _word(pandoc, place, name, view)
    return _mail(pandoc, place, name) if form is MAIL else _other(pandoc, place, name, form, view)


def _other(pandoc: Pandoc, place: Path, name: str, form: Format, view: View) -> Document:
    inside, notes = f"inside-{secrets.token_hex(8)}", []
    source, reader = f"source.{form.name}", form.reader if form.kind is not Kind.TABLE else HTML.reader
    if reader is None:
        raise CannotConvert(f"{name}: {form.name} cannot be read as a document")
    pandoc.names[source] = name
    if form is ODT:
        check_archive(place, name)
        write_prepared(place, pandoc.scratch / source, name, reading=view.reading)
    elif form.kind is Kind.CONTAINER:
        check_archive(place, name)
        shutil.copyfile(place, pandoc.scratch / source)
    elif form.kind is Kind.SLIDES:
        check_archive(place, name)
        _put(pandoc, source, slides_as_html(place, name, pandoc.scratch / inside, numbered=view.reading))
    elif form.kind is Kind.TABLE:
        notes = _put_tables(pandoc, source, place, name, form)
    elif form.name == "rtf":
        # Pandoc's reader loses a table that stands before any paragraph.
        _put(pandoc, source, rtf.prepared(place.read_bytes()).replace("\\trowd", "\\pard\\par\\trowd", 1))
    else:
        text = as_text(place.read_bytes(), name)
        notes = [text.note] if text.note else []
        if form is STENCILA:
            tree, said = stencila.as_tree(text.characters, name)
            return Document(tree, inside, [*notes, *said])
        _put(pandoc, source, _prepared(text.characters, form, name))
    extract = inside if form.kind is Kind.CONTAINER or form.name in {"ipynb", "rtf"} else None
    tree, warnings = pandoc.read(source, reader, extract)
    if form.name in _CHANGES:
        tree["blocks"] = rewrite(tree["blocks"], _CHANGES[form.name])
    if view.reading:  # a notebook's kernel, and the state of its widgets, which nobody reads
        tree["meta"].pop("jupyter", None)
    return Document(tree, inside, notes + warnings)


def _put_tables(pandoc: Pandoc, source: str, place: Path, name: str, form: Format) -> list[str]:
    from convert.tables import as_html, read_sheets, sheet_notes  # noqa: PLC0415 - slow to load, and rarely needed

    sheets = read_sheets(place, name, form.name)
    _put(pandoc, source, as_html(sheets))
    return sheet_notes(sheets)


def _mail(pandoc: Pandoc, place: Path, name: str) -> Document:
    inside, source = f"inside-{secrets.token_hex(8)}", "source.mail"
    mail = read_mail(place.read_bytes(), name, pandoc.scratch / inside)
    pandoc.names[source] = name
    _put(pandoc, source, mail.html)
    tree, warnings = pandoc.read(source, str(MAIL.reader), None)
    about = [_ATTACHED] * bool(mail.attachments)
    return Document(tree, inside, [*mail.notes, *warnings], about, mail.attachments)


def _word(pandoc: Pandoc, place: Path, name: str, view: View, *, depth: int = 0) -> Document:
    """A Word file by way of one that pandoc reads in full, with the documents that it includes in their places."""
    check_archive(place, name)
    inside, mark = f"inside-{secrets.token_hex(8)}", f"included-{secrets.token_hex(8)}"
    to_markdown, to_word = view.target is MARKDOWN, view.target is DOCX
    with Package(place, name) as package:
        source = pandoc.scratch / f"source-{depth}.docx"
        pandoc.names[source.name] = name
        made = prepare(package, source, mark, changes=view.changes, for_reading=view.reading, only_numbers=to_markdown)
        tree, warnings = pandoc.read(source.name, "docx", inside, ["--track-changes=all"])
        blocks = tree["blocks"]
        if not (to_word and view.changes == ALL):
            marks = Marks(raw=to_markdown, comments=view.reading or view.changes == ALL)
            blocks = rewrite(blocks, marks.change)
        if made.included and not depth:
            parts = {text: _included(pandoc, package, part, view, inside) for text, part in made.included.items()}
            blocks = rewrite(
                blocks, lambda each: parts.get(plain_text(each), [each]) if each["t"] == "Para" else [each]
            )
    about = [*made.about, *(made.furniture if view.reading else [])]
    return Document({**tree, "blocks": blocks}, inside, warnings, about)


def _included(pandoc: Pandoc, package: Package, part: str, view: View, inside: str) -> list[Any]:
    """The blocks of a document that a Word file holds as a whole (altChunk); nothing for a kind that is not read."""
    place = pandoc.scratch / f"chunk-{secrets.token_hex(8)}"
    place.write_bytes(package.read(part))
    try:
        form = format_of(part)
        if form is DOCX:
            document = _word(pandoc, place, part, view, depth=1)
        else:
            document = read_document(pandoc, place, part, form, view)
    except CannotConvert:
        return []
    return list(document.tree["blocks"])


def _put(pandoc: Pandoc, source: str, text: str) -> None:
    (pandoc.scratch / source).write_text(text, encoding="utf-8")


def _prepared(text: str, form: Format, name: str) -> str:
    if form in (MARKDOWN, SMD):
        return plain_fences(text)
    if form is TXT:
        return literal(text)
    if form is JATS:
        return jats.checked(text, name)
    return webpages.prepared(text) if form is HTML else text


def literal(text: str) -> str:
    """Plain text as CommonMark that shows it as it is: no mark has a meaning, and lines end where they ended."""
    paragraphs = re.split(r"\n[ \t]*\n+", text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4))
    return "\n\n".join("\\\n".join(map(_literal_line, paragraph.splitlines())) for paragraph in paragraphs)


def _literal_line(line: str) -> str:
    indent = len(line) - len(line.lstrip(" "))
    return "\N{NO-BREAK SPACE}" * indent + _PUNCTUATION.sub(r"\\\1", line.strip())


def cited_by_key(element: Element) -> list[Element]:
    """A citation as `[@key]` until somebody resolves it; as LaTeX, which is what stands in it, no target shows it."""
    if element["t"] != "Cite" or any(each["t"] != "RawInline" for each in element["c"][1]):
        return [element]
    works = element["c"][0]
    keys = (f"@{each['citationId']} {plain_text(each['citationSuffix'])}".strip() for each in works)
    return [{"t": "Cite", "c": [works, [{"t": "Str", "c": f"[{'; '.join(keys)}]"}]]}]


def raw_as_code(element: Element) -> list[Element]:
    """Raw cells of notebooks as code, but for web pages: no target has a place for them, and some have words."""
    if element["t"] != "RawBlock" or element["c"][0] == "html":
        return [element]
    return [{"t": "CodeBlock", "c": [["", [], []], element["c"][1]]}]


def formulas_in_line(element: Element) -> list[Element]:
    """A paragraph whose formulas stand in its lines, unless one is all of it: the format does not tell these apart."""
    if element["t"] in {"Para", "Plain"} and any(each["t"] not in _FORMULA_ALONE for each in element["c"]):
        for each in element["c"]:
            if each["t"] == "Math":
                each["c"][0] = {"t": "InlineMath"}
    return [element]


_CHANGES: Mapping[str, Callable[[Element], list[Element]]] = MappingProxyType(
    {"latex": cited_by_key, "ipynb": raw_as_code, "odt": formulas_in_line}
)
"""Name of a format -> what is put in the place of elements of its tree."""
