"""Rich text, web pages, books, notebooks and the older workbooks with one of each."""

from __future__ import annotations

import base64
import io
import json
import struct
import zipfile

from convert.inventory import Content
from tests.convert.documents import png
from tests.convert.kinds import Case, Family, Fate

_RTF = (
    rb"{\rtf1\ansi\ansicpg1251\deff0{\fonttbl{\f0\fcharset204 Arial;}{\f1\fcharset161 Arial;}{\f2\fcharset128 Mincho;}}"
    rb"{\info{\title Entitled}}{\header\pard Confidential\par}{\footer\pard Edition nine\par}"
    rb"\f0 \'cf\'f0\'e8\'e2\'e5\'f2 {\f1 \'c1\'e2\'e3} {\f2 \'93\'fa\'96\'7b} \uc1\u8364\'88 \par "
    rb"Claim{\footnote\pard Underneath}{\*\atnauthor Ann}{\*\annotation Verify these}{\v Screened}"
    rb"{\*\bkmkstart Anchored}{\*\bkmkend Anchored}\par {\deleted Withdrawn}{\revised Inserted}\par "
    rb"{\shp{\*\shpinst{\shptxt\pard Boxed\par}}}"
    rb'{\field{\*\fldinst HYPERLINK "https://example.org/elsewhere"}{\fldrslt there}}\par}' + b"\0" * 200
)

_PAGE = """<!doctype html><html><head><meta charset="koi8-r"><title>Head</title></head><body><p>Привет <i>всем</i></p>
<textarea name="reason">Because</textarea><input name="who" value="Babbage"><input type="checkbox" checked> agreed
<select name="colour"><option>Scarlet<option selected>Viridian</select><input type="hidden" value="unseen">
<a class="c" href="https://example.org/elsewhere">there</a><img alt="Crimson" src="red.png">
<figure><img src="b.png"><figcaption>Captioned</figcaption></figure>
<iframe src="https://example.org/framed" title="Framed"></iframe>
<div style="color:red; display: none"><div>Concealed</div> <textarea>words</textarea></div><p hidden>Unclosed
<table><tr><th>Region</th></tr><tr><td>Northern</td></tr></table></body></html>"""

_BOOK_OF_CELLS = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["Explained *here*"]},
        {"cell_type": "raw", "metadata": {}, "source": ["Uncooked words"]},
        {
            "cell_type": "code", "execution_count": 1, "metadata": {}, "source": ["print('Coded')"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["Printed\n"]}],
        },
    ],
    "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
}  # fmt: skip


def _epub() -> bytes:
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
            '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
        )
        page = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head><body>{}</body></html>'
        archive.writestr("a.xhtml", page.format("<p>Chapter words</p><textarea>Entered</textarea>"))
        archive.writestr("b.xhtml", page.format("<p>Beyond the spine</p>"))
    return out.getvalue()


def biff(*records: tuple[int, bytes]) -> bytes:
    """Records of an older workbook ([MS-XLS])."""
    return b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in records)


def _string(text: str, head: str) -> bytes:
    return struct.pack(head, len(text)) + b"\0" + text.encode("latin-1")


def _start(kind: int) -> tuple[int, bytes]:
    return 0x809, struct.pack("<HHHHII", 0x600, kind, 0, 1_997, 0, 0x600)


def _style(form: int) -> tuple[int, bytes]:
    return 0xE0, struct.pack("<HHHBBBBIIH", 0, form, 1, 0, 0, 0, 0, 0, 0, 0)


def _cell(column: int, style: int) -> bytes:
    return struct.pack("<HHH", 0, column, style)


def older_workbook() -> bytes:
    """A workbook of 1997: words, numbers with formats, a formula, and a sheet that is hidden."""
    font = (0x31, struct.pack("<HHHHHBBBB", 200, 0, 0, 400, 0, 0, 0, 0, 0) + b"\x05\x00Arial")
    pages = [
        biff(
            _start(0x10),
            (0x204, _cell(0, 0) + _string("Northern", "<H")),
            (0x203, _cell(1, 1) + struct.pack("<d", 0.175)),
            (0x203, _cell(2, 2) + struct.pack("<d", 46_090)),
            (0x06, _cell(3, 0) + struct.pack("<d", 7) + struct.pack("<HIH", 0, 0, 3) + b"\x1e\x07\x00"),
            (0x0A, b""),
        ),
        biff(_start(0x10), (0x204, _cell(0, 0) + _string("Veiled", "<H")), (0x0A, b"")),
    ]
    names = ((b"\0\0", "Plan"), (b"\1\0", "Secret"))

    def globals_of(starts: tuple[int, ...]) -> bytes:
        sheets = [
            (0x85, struct.pack("<I", at) + state + _string(name, "<B"))
            for at, (state, name) in zip(starts, names, strict=True)
        ]
        formats = (0x41E, struct.pack("<H", 164) + _string("0.0%", "<H"))
        return biff(
            _start(5),
            (0x42, b"\xb0\x04"),
            *[font] * 5,
            formats,
            _style(0),
            _style(164),
            _style(14),
            *sheets,
            (0x0A, b""),
        )

    first = len(globals_of((0, 0)))
    return globals_of((first, first + len(pages[0]))) + b"".join(pages)


_ARTICLE = """<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta><title-group>
<article-title>Rivers</article-title></title-group></article-meta></front><body><sec><label>4.2</label><title>Levels</title>
<p>Explained <ext-link xlink:href="https://example.org/elsewhere">there</ext-link>
<xref ref-type="fn" rid="f">1</xref> and <inline-formula><alternatives><tex-math>mass^2</tex-math>
<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>m</mml:mi></mml:math></alternatives></inline-formula></p>
<fig id="g"><label>Figure 7</label><caption><p>Captioned</p></caption><graphic xlink:href="crimson.png"/></fig>
<table-wrap><table><tr><th>Region</th></tr><tr><td>Northern</td></tr></table></table-wrap></sec></body>
<back><fn-group><fn id="f"><label>1</label><p>Underneath</p></fn></fn-group>
<ack><p>Thanked</p></ack><sec><supplementary-material xlink:href="figures.zip"/></sec></back></article>"""


_MAIL = """From: =?iso-8859-1?q?Ada_L=F6velace?= <ada@example.org>
To: Babbage <b@example.org>
Subject: =?utf-8?b?R3LDtsOfZQ==?=
Date: Mon, 09 Mar 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=choice

--choice
Content-Type: text/plain

The plainer form
--choice
Content-Type: multipart/related; boundary=page

--page
Content-Type: text/html; charset=koi8-r
Content-Transfer-Encoding: base64

PHA+8NLJ18XUPC9wPjxwPjxhIGhyZWY9Imh0dHBzOi8vZXhhbXBsZS5vcmcvZWxzZXdoZXJlIj50
aGVyZTwvYT48aW1nIGFsdD0iQ3JpbXNvbiIgc3JjPSJjaWQ6cmVkIj48L3A+
--page
Content-Type: image/png
Content-ID: <red>
Content-Transfer-Encoding: base64

PICTURE
--page--
--choice--
--outer
Content-Type: application/pdf; name*=utf-8''Pl%C3%A4ne.pdf
Content-Disposition: attachment
Content-Transfer-Encoding: base64

JVBERi0=
--outer
Content-Type: message/rfc822

From: Mary <m@example.org>
Subject: Forwarded

Enclosed words

    indented
--outer--
""".replace("PICTURE", base64.b64encode(png(40, 30)).decode())
_SAVED = """MIME-Version: 1.0
Subject: Saved
Content-Location: https://example.org/page
Content-Type: multipart/related; boundary=b; type="text/html"

--b
Content-Type: text/html
Content-Location: https://example.org/page

<html><body><p>Preserved</p><table><tr><th>Region</th></tr><tr><td>Northern</td></tr></table>
<img alt="Crimson" src="red.png"></body></html>
--b
Content-Type: image/png
Content-Location: https://example.org/red.png
Content-Transfer-Encoding: base64

PICTURE
--b
Content-Type: text/css
Content-Location: https://example.org/s.css

p { color: red }
--b--
""".replace("PICTURE", base64.b64encode(png(40, 30)).decode())


FAMILY = Family(
    files={
        "article.jats": _ARTICLE.encode(),
        "text.rtf": _RTF,
        "page.html": _PAGE.encode("koi8_r"),
        "book.epub": _epub(),
        "cells.ipynb": json.dumps(_BOOK_OF_CELLS).encode(),
        "older.xls": older_workbook(),
        "letter.eml": _MAIL.encode(),
        "saved.mht": _SAVED.encode(),
    },
    cases=(
        Case(Content.TEXT, "text.rtf", "Привет", Fate.CARRIED, said="Αβγ 日本 €"),
        Case(Content.INSERTED, "text.rtf", "Inserted", Fate.CARRIED),
        Case(Content.DELETED, "text.rtf", "Withdrawn", Fate.CARRIED),
        Case(Content.COMMENT, "text.rtf", "Verify these", Fate.NOTED, said="Ann"),
        Case(Content.HEADER, "text.rtf", "Confidential", Fate.NOTED),
        Case(Content.FOOTER, "text.rtf", "Edition nine", Fate.NOTED),
        Case(Content.FOOTNOTE, "text.rtf", "Underneath", Fate.CARRIED),
        Case(Content.TEXT_BOX, "text.rtf", "Boxed", Fate.CARRIED),
        Case(Content.LINK, "text.rtf", "https://example.org/elsewhere", Fate.CARRIED),
        Case(Content.BOOKMARK, "text.rtf", "Anchored", Fate.NOTED),
        Case(Content.HIDDEN_TEXT, "text.rtf", "Screened", Fate.NOTED),
        Case(Content.TEXT, "page.html", "Привет", Fate.CARRIED),
        Case(Content.TEXT, "page.html", "Northern", Fate.CARRIED, said="| Region"),
        Case(Content.FORM_VALUE, "page.html", "Because", Fate.CARRIED, said="field reason"),
        Case(Content.FORM_VALUE, "page.html", "Babbage", Fate.CARRIED, said="\N{BALLOT BOX WITH X} agreed"),
        Case(Content.FORM_VALUE, "page.html", "Viridian", Fate.CARRIED, said="\N{BALLOT BOX} Scarlet"),
        Case(Content.LINK, "page.html", "https://example.org/elsewhere", Fate.CARRIED),
        Case(Content.PICTURE, "page.html", "Crimson", Fate.CARRIED),
        Case(Content.CAPTION, "page.html", "Captioned", Fate.CARRIED),
        Case(Content.HIDDEN_TEXT, "page.html", "Concealed", Fate.NOTED),
        Case(Content.TEXT, "page.html", "Unclosed", Fate.CARRIED),
        Case(Content.EMBEDDED, "page.html", "https://example.org/framed", Fate.CARRIED, said="embedded iframe: Framed"),
        Case(Content.TEXT, "book.epub", "Chapter words", Fate.CARRIED),
        Case(Content.TEXT, "book.epub", "Beyond the spine", Fate.NOTED, said="b.xhtml"),
        Case(Content.FORM_VALUE, "book.epub", "Entered", Fate.CARRIED),
        Case(Content.TEXT, "cells.ipynb", "print('Coded')", Fate.CARRIED),
        Case(Content.TEXT, "cells.ipynb", "Printed", Fate.CARRIED),
        Case(Content.RAW, "cells.ipynb", "Uncooked words", Fate.CARRIED),
        Case(Content.TEXT, "article.jats", "Levels", Fate.CARRIED),
        Case(Content.CELL, "article.jats", "Northern", Fate.CARRIED, said="| Region"),
        Case(Content.FOOTNOTE, "article.jats", "Underneath", Fate.CARRIED),
        Case(Content.CAPTION, "article.jats", "Captioned", Fate.CARRIED),
        Case(Content.PICTURE, "article.jats", "crimson.png", Fate.CARRIED),
        Case(Content.LINK, "article.jats", "https://example.org/elsewhere", Fate.CARRIED),
        Case(Content.TEXT, "article.jats", "Thanked", Fate.CARRIED),
        Case(Content.FORMULA, "article.jats", "mass", Fate.CARRIED),
        Case(Content.NUMBER, "article.jats", "4.2", Fate.CARRIED, said="# 4.2 Levels"),
        Case(Content.CAPTION, "article.jats", "Figure 7", Fate.CARRIED),
        Case(Content.EMBEDDED, "article.jats", "figures.zip", Fate.NOTED),
        Case(
            Content.HIDDEN_SHEET,
            "older.xls",
            "Secret (hidden sheet)",
            Fate.CARRIED,
            said="| Northern | 17.5% | 3/9/26 [2026-03-09] | 7 |",
        ),
        Case(Content.FORMULA, "older.xls", "formula", Fate.NOTED, said="Plan!D1"),
        Case(Content.MAIL_HEADER, "letter.eml", "Ada Lövelace <ada@example.org>", Fate.CARRIED, said="# Größe"),
        Case(Content.MAIL_HEADER, "letter.eml", "Mon, 09 Mar 2026 10:00:00 +0100", Fate.CARRIED, said="Babbage <b@"),
        Case(Content.TEXT, "letter.eml", "Привет", Fate.CARRIED),
        Case(Content.TEXT, "letter.eml", "Enclosed words", Fate.CARRIED, said="## Forwarded"),
        Case(Content.LINK, "letter.eml", "https://example.org/elsewhere", Fate.CARRIED),
        Case(Content.PICTURE, "letter.eml", "Crimson", Fate.CARRIED, said="[image: png, 40 x 30 pixels"),
        Case(Content.ATTACHMENT, "letter.eml", "Pläne.pdf", Fate.CARRIED, said="(application/pdf, 5 bytes)"),
        Case(Content.TEXT, "saved.mht", "Northern", Fate.CARRIED, said="| Region"),
        Case(Content.PICTURE, "saved.mht", "Crimson", Fate.CARRIED, said="png, 40 x 30 pixels"),
    ),
)
