"""A document of each kind that can be read, made here and not by the product, with one sentence that says a sum."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import pptx

from evals.inputs import pdf, word
from tests.convert.documents import rezipped, unzipped, workbook
from tests.convert.kinds.opendocument import opendocument
from tests.convert.kinds.texts import older_workbook

_MAIN = "application/vnd.openxmlformats-officedocument."
_WORD_TYPES = {
    "docm": "application/vnd.ms-word.document.macroEnabled.main+xml",
    "dotx": f"{_MAIN}wordprocessingml.template.main+xml",
    "dotm": "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
}
_SLIDE_TYPES = {
    "pptm": "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
    "ppsx": f"{_MAIN}presentationml.slideshow.main+xml",
    "ppsm": "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
    "potx": f"{_MAIN}presentationml.template.main+xml",
    "potm": "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
}
_SHEET_TYPES = {
    "xlsm": "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    "xltx": f"{_MAIN}spreadsheetml.template.main+xml",
    "xltm": "application/vnd.ms-excel.template.macroEnabled.main+xml",
}


_STYLES = {
    "styles.xml": b'<office:document-styles xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    b' office:version="1.3"><office:styles/></office:document-styles>'
}
_RTF = r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\pard First.\par \pard\b The\b0  penalty fee is %d euros.\par}"


@dataclass(frozen=True)
class Kind:
    """Where the sentence is said to stand, and whether changes are shown by the document's text or as it is.

    `people` is what people are told where that is another place than the agent is.
    """

    place: str
    by_text: bool
    people: str = ""


KINDS: dict[str, Kind] = {
    **dict.fromkeys(("docx", *_WORD_TYPES), Kind("clause 4.2", by_text=True)),
    "odt": Kind("heading Fees", by_text=True),
    "epub": Kind("heading Fees", by_text=True),
    "rtf": Kind("paragraph 2", by_text=True),
    "ipynb": Kind("heading Fees", by_text=True),
    **dict.fromkeys(("eml", "mht", "mhtml"), Kind("heading Fees", by_text=True)),
    "pdf": Kind("page 2", by_text=True),
    **dict.fromkeys(("pptx", *_SLIDE_TYPES), Kind("slide 2", by_text=True)),
    **dict.fromkeys(("xlsx", *_SHEET_TYPES), Kind("Fees!A2:B2", by_text=True)),
    "ods": Kind("Fees!A2:B2", by_text=True),
    "xls": Kind("Plan!A1:D1", by_text=True),
    **dict.fromkeys(("html", "htm", "xhtml"), Kind("line 3", by_text=False, people="paragraph 1")),
    **dict.fromkeys(
        ("md", "txt", "tex", "rst", "jats", "smd", "csv", "tsv", "json", "xml"), Kind("line 3", by_text=False)
    ),
}
"""Every kind with text that is found."""

UNREAD = ("doc", "dot", "ppt", "pps", "xlsb")
"""Kinds that are named as not searched."""


def documents(euros: int) -> dict[str, bytes]:
    """One of each kind, `a.KIND`; the sentence names so many euros, of two digits."""
    said = f"The penalty fee is {euros} euros."
    docx = word(["# Loan", "4.1 Either party may end it.", f"4.2 {said}", "4.3 This is in writing."])
    deck, book = _deck(said), workbook({"Fees": [["what", "sum"], ["penalty fee", f"{euros} euros"]]})
    lines = f"first\n\n{said}\n"
    files = {
        "docx": docx,
        **_retyped(docx, f"{_MAIN}wordprocessingml.document.main+xml", _WORD_TYPES),
        "odt": opendocument("text", f'<text:h text:outline-level="1">Fees</text:h><text:p>{said}</text:p>', _STYLES),
        "epub": _epub(f"<h1>Fees</h1><p>{said}</p>"),
        "rtf": (_RTF % euros).encode(),
        "ipynb": _notebook(f"# Fees\n\n{said}"),
        **dict.fromkeys(("eml", "mht", "mhtml"), f"From: Ada <a@example.org>\nSubject: Fees\n\n{said}\n".encode()),
        "pdf": pdf([["Loan"], [said]]),
        "pptx": deck,
        **_retyped(deck, f"{_MAIN}presentationml.presentation.main+xml", _SLIDE_TYPES),
        "xlsx": book,
        **_retyped(book, f"{_MAIN}spreadsheetml.sheet.main+xml", _SHEET_TYPES),
        "ods": opendocument("spreadsheet", _table([["what", "sum"], ["penalty fee", f"{euros} euros"]])),
        # Of eight characters, as the word that stands there.
        "xls": older_workbook().replace(b"Northern", f"{euros} euros".encode()),
        **dict.fromkeys(("html", "htm", "xhtml"), f"<html>\n<body>\n<p>{said}</p></body></html>\n".encode()),
        **dict.fromkeys(("md", "txt", "tex", "rst", "smd", "csv", "tsv"), lines.encode()),
        "jats": f"<article>\n<body>\n<p>{said}</p></body></article>\n".encode(),
        "xml": f"<a>\n<b/>\n<p>{said}</p></a>\n".encode(),
        "json": json.dumps({"type": "Article", "content": said}, indent=1).encode(),
        **{kind: b"\xd0\xcf\x11\xe0" + f"{kind}: {said}".encode() for kind in UNREAD},
        "xlsb": _binary_workbook(book),
    }
    return {f"a.{kind}": data for kind, data in files.items()}


def _retyped(data: bytes, main: str, types: Mapping[str, str]) -> dict[str, bytes]:
    """The same parts as the relatives of a format, which differ in what the package calls its main part."""
    typed = unzipped(data)["[Content_Types].xml"].decode()
    assert main in typed
    return {
        kind: rezipped(data, {"[Content_Types].xml": typed.replace(main, other).encode()})
        for kind, other in types.items()
    }


def _deck(said: str) -> bytes:
    deck = pptx.Presentation()
    for title, body in (("Loan", "The terms"), ("Fees", said)):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text_frame.text = body
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _table(rows: list[list[str]]) -> str:
    cells = ["".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in row) for row in rows]
    inner = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    return f'<table:table table:name="Fees">{inner}</table:table>'


def _binary_workbook(book: bytes) -> bytes:
    """A workbook whose main part is one of the binary kind, whatever it holds."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in unzipped(book).items():
            archive.writestr(
                name.replace("workbook.xml", "workbook.bin"), data.replace(b"workbook.xml", b"workbook.bin")
            )
    return out.getvalue()


def _notebook(text: str) -> bytes:
    cell = {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


def _epub(body: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
            '<rootfile full-path="c.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        )
        archive.writestr(
            "c.opf",
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/" version="3.0">'
            "<metadata><dc:title>Book</dc:title></metadata><manifest>"
            '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
        )
        page = f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>b</title></head><body>{body}</body></html>'
        archive.writestr("a.xhtml", page)
    return out.getvalue()
