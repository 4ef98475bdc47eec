"""One document made from another: what is read, what is kept of it, and what is written."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from convert.archives import check_archive
from convert.citations import citing
from convert.contents import source_format
from convert.directions import directed
from convert.errors import CannotConvert
from convert.fences import END_OF_OUTPUTS, OUTPUTS, with_exec
from convert.formats import DOCX, MARKDOWN, PDF, PPTX, SMD, STENCILA, TXT, Format, Kind, target_format
from convert.house_style.reference import house_style
from convert.images import Images
from convert.inventory import Content, inventory, lost
from convert.inventory import notes as left_out
from convert.looks import Reference, reference_of
from convert.metadata import kept
from convert.mirrored import mirror_tables
from convert.pdf import PdfRequest, write_pdf
from convert.plainer import automatic_widths, for_markdown, pictures_apart
from convert.slides import with_labelled_notes
from convert.sources import View, read_document
from convert.stamp import STAMPED, stamp
from convert.stencila_writer import as_json
from convert.tree import everything, how_many, rewrite
from convert.word.copying import copy_word
from convert.word.revisions import ACCEPT
from convert.workspace import file_in
from swarm_job.paths import BadPath, valid_path

if TYPE_CHECKING:
    from datetime import datetime

    from convert.pandoc import Pandoc
    from convert.tools.convert_document import Conversion
    from convert.tree import Element

_DIRECTED = frozenset({"pdf", "docx", "html", "epub"})
"""Formats that keep which way a paragraph is read."""

_SHOWN_NOTES = 20


@dataclass(frozen=True, slots=True)
class Made:
    """What a conversion made: path of the workspace -> where its bytes lie in the scratch folder, and what to say."""

    files: Mapping[str, Path]
    about: str = ""
    notes: Sequence[str] = field(default_factory=list)

    def as_output(self, request: Conversion) -> str:
        """The result in words."""
        size = self.files[request.target].stat().st_size
        about = ", ".join(filter(None, (self.about, f"{size:,} bytes")))
        others = [f"wrote {path}" for path in self.files if path != request.target]
        lines = [f"wrote {request.target} from {request.source}: {about}", *others[:_SHOWN_NOTES]]
        lines += [f"note: {note}" for note in self.notes[:_SHOWN_NOTES]]
        left = len(others) + len(self.notes) - len(lines) + 1
        return "\n".join([*lines, *([f"[{left} more lines]"] if left > 0 else [])])


def convert(request: Conversion, workspace: Path, pandoc: Pandoc, now: datetime) -> Made:
    """Do what is asked, inside the scratch folder; raises CannotConvert."""
    if request.source == request.target:
        raise CannotConvert("source and target are the same file; give the target another name")
    target = target_format(request.target)
    place = file_in(workspace, request.source)
    source, renamed = source_format(place, request.source)
    made = _made(request, workspace, place, source, target, pandoc, now)
    return replace(made, notes=[*renamed, *made.notes])


def _made(
    request: Conversion, workspace: Path, place: Path, source: Format, target: Format, pandoc: Pandoc, now: datetime
) -> Made:
    if Kind.TABLE in (source.kind, target.kind) and (target is MARKDOWN or target.kind is Kind.TABLE):
        return _of_tables(request, place, source, target, pandoc.scratch)
    if source is PDF:
        return _of_pdf(request, place, target, pandoc.scratch)
    if (
        source is DOCX
        and target is DOCX
        and not (request.reference_document or request.template or request.bibliography)
    ):
        return _same_word(request, place, pandoc.scratch, now)
    made = _to_document(request, workspace, place, source, target, pandoc, now)
    if part := STAMPED.get(target.name):
        stamp(made.files[request.target], part, now)
    return made


def _of_tables(request: Conversion, place: Path, source: Format, target: Format, scratch: Path) -> Made:
    from convert.tables import rewritten  # noqa: PLC0415 - its libraries take longer to load than most documents to convert

    if source.kind is not Kind.TABLE:
        raise CannotConvert(f"{target.name} is made from xlsx, csv or tsv only, not from {source.name}")
    files, about, notes = rewritten(place, request.source, source.name, request.target, target.name, scratch)
    return Made(files, about, notes)


def _same_word(request: Conversion, place: Path, scratch: Path, now: datetime) -> Made:
    check_archive(place, request.source)
    result = scratch / "result.docx"
    notes = copy_word(request, place, result, now)
    return Made({request.target: result}, notes=notes)


def _of_pdf(request: Conversion, place: Path, target: Format, scratch: Path) -> Made:
    from convert.pdf_reading.pages import open_pdf, pdf_as_text  # noqa: PLC0415 - as above

    if target not in (MARKDOWN, TXT):
        raise CannotConvert(f"of a pdf only the text can be taken, to .md or .txt; not to {target.name}")
    pages, result = open_pdf(place, request.source), scratch / "result"
    text, scans = pdf_as_text(pages)
    result.write_text(text, encoding="utf-8")
    files = {request.target: result}
    files |= _attachments(pages.beside.attachments(), request.target, scratch)
    about = f"{len(pages)} page{'s' * (len(pages) != 1)}"
    return Made(files, about, [*scans, *pages.left_out(place, request.source)])


def _attachments(attached: Mapping[str, bytes], target: str, scratch: Path) -> dict[str, Path]:
    """Files that came with a document, in a folder beside what is made of it."""
    folder, files = f"{PurePosixPath(target).with_suffix('')}_attachments", {}
    for number, (name, data) in enumerate(attached.items()):
        place = scratch / f"attached-{number}"
        place.write_bytes(data)
        # Of a PDF a name may be none that a file can have; a mail's were made so that they are.
        with contextlib.suppress(BadPath):
            files[valid_path(f"{folder}/{PurePosixPath(name.replace(chr(92), '/')).name}")] = place
    return files


def _to_document(
    request: Conversion, workspace: Path, place: Path, source: Format, target: Format, pandoc: Pandoc, now: datetime
) -> Made:
    if target.writer is None and target is not PDF:
        raise CannotConvert(f"{target.name} files cannot be written")
    reference = reference_of(request, workspace, target)
    options = [*_layout(request, target, reference), *citing(request, workspace, pandoc.scratch)]
    document = read_document(pandoc, place, request.source, source, View(target, changes=request.changes or ACCEPT))
    images = Images(workspace, pandoc.scratch, request.source, request.target, target, document.inside)
    raw = _Raw(target)
    blocks = rewrite(rewrite(document.tree["blocks"], raw.change), images.change)
    blocks = _adapted(blocks, source, target)
    meta = kept(document.tree["meta"], request)
    if "title" not in meta and target.name in {"html", "epub"}:
        meta["title"] = {"t": "MetaString", "c": PurePosixPath(request.target).stem}
    if target.name in _DIRECTED:
        blocks = directed(blocks, meta)
    tree = {**document.tree, "meta": meta, "blocks": blocks}
    there = inventory(place, request.source, source.name, request.changes or ACCEPT)
    if target is PDF and request.reference_document == request.source:  # its own headers and footers, as house style
        there = [item for item in there if item.kind not in (Content.HEADER, Content.FOOTER)]
    came = {Content.PICTURE: how_many(blocks, "Image")}
    dropped = lost(there, everything([blocks, *meta.values()]), came)
    result, about, notes = (
        pandoc.scratch / f"result.{target.name}",
        "",
        [*images.notes, *raw.notes(), *document.about, *left_out(dropped)],
    )
    if target is PDF:
        house = house_style(reference.place, reference.name, ours=reference.ours) if reference else None
        pdf_request = PdfRequest(result.name, images.names, PurePosixPath(request.target).stem, now, house)
        pdf = write_pdf(pandoc, tree, pdf_request, *options)
        about, warnings = pdf.about, list(pdf.notes)
    elif target is STENCILA:
        result.write_text(as_json(tree), encoding="utf-8")
        warnings = []
    else:
        warnings = pandoc.write(tree, str(target.writer), result.name, options)
        if target is DOCX:
            mirror_tables(result)
    attached = _attachments(document.attachments, request.target, pandoc.scratch)
    files = {request.target: result, **images.saved, **attached}
    return Made(files, about, notes + document.warnings + warnings)


def _adapted(blocks: list[Element], source: Format, target: Format) -> list[Element]:
    """The blocks without what the target has no place for, or only an ugly one."""
    if source is PPTX and target is not PPTX:
        blocks = rewrite(blocks, with_labelled_notes)
    if source in (MARKDOWN, SMD):
        blocks = rewrite(blocks, automatic_widths)
    if target in (MARKDOWN, SMD):
        blocks = rewrite(blocks, for_markdown)
    if target is SMD:
        blocks = rewrite(blocks, with_exec)
    return rewrite(blocks, pictures_apart) if target is PPTX else blocks


def _layout(request: Conversion, target: Format, reference: Reference | None) -> list[str]:
    options = ["--toc"] if request.table_of_contents else []
    if target.kind is Kind.TEXT and target is not TXT:
        options += ["--wrap=none"]
    if target.name == "html":
        options += ["--mathml"]
    if reference and target is not PDF:
        options += ["--reference-doc", str(reference.place)]
    return options


class _Raw:
    """Markup that only one format knows, in a document on its way to another."""

    def __init__(self, target: Format) -> None:
        self._keeps_html = target.name in {"html", "epub", "markdown", "stencila-markdown", "ipynb"}
        self._keeps_outputs = target is STENCILA
        self._dropped = 0

    def change(self, element: Element) -> Sequence[Element]:
        if element["t"] not in {"RawBlock", "RawInline"} or element["c"][0] != "html" or self._keeps_html:
            return [element]
        if self._keeps_outputs and element["c"][1].strip() in {OUTPUTS, END_OF_OUTPUTS}:
            return [element]
        markup = element["c"][1].strip().lower().replace(" ", "")
        if markup in {"<br>", "<br/>"} and element["t"] == "RawInline":
            return [{"t": "LineBreak"}]
        self._dropped += not markup.startswith("<!--")
        return []

    def notes(self) -> list[str]:
        return [f"{self._dropped} pieces of raw HTML are left out; write them as Markdown"] if self._dropped else []
