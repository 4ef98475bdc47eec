"""Documents read as text, in parts, with a word on what has none."""

from __future__ import annotations

import io
import json
import re
import zipfile

import docx
import pypdf
import pytest

from convert.inventory import Content, Item, lost
from tests.convert.conftest import Converter
from tests.convert.documents import EVERYTHING, png, slides, word, workbook


def zipped(part: str) -> bytes:
    """An archive with nothing but this part, which is empty."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(part, b"")
    return out.getvalue()


LIMITED = {"output_chars": 5_500}


def pdf(converter: Converter, text: str) -> bytes:
    return converter.convert({"a.md": text.encode()}, "a.md", "a.pdf").files["a.pdf"]


def test_a_pdf_has_its_pages_marked(converter: Converter) -> None:
    text = pdf(converter, "---\ntitle: The title\n---\n" + "# One\n\n" + "word " * 900 + "\n\n# Two\n")
    shown = converter.read({"a.pdf": text}, "a.pdf")
    assert shown.startswith("[a.pdf: pdf, 2 pages]\ntitle: The title\noutline:\n  One\n  Two\n--- page 1 of 2 ---\n")
    assert shown.index("--- page 2 of 2 ---") < shown.rindex("Two")


@pytest.mark.proof
def test_a_long_pdf_is_read_on_from_where_it_stopped(converter: Converter) -> None:
    text = pdf(converter, "".join(f"# Chapter {number}\n\n{'word ' * 400}\n\n" for number in range(6)))
    seen, start, parts = "", 1, 0
    while start:
        call = ("read_document", {"path": "a.pdf", "start_page": start})
        shown = converter.calls([call], {"a.pdf": text}, LIMITED).output
        assert len(shown) <= LIMITED["output_chars"]
        seen, parts = seen + shown, parts + 1
        start = int(shown.rpartition("go on with start_page ")[2].rstrip("]")) if "go on with" in shown else 0
    assert parts > 2
    assert all(f"Chapter {number}" in seen for number in range(6))


def test_a_scan_is_told_from_an_empty_page(converter: Converter) -> None:
    files = {"a.md": b"![](scan.png)", "scan.png": png(400, 300)}
    scan = converter.convert(files, "a.md", "a.pdf").files["a.pdf"]
    # The page's own number is text, so what a scanner makes is this page without it.
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(scan))
    writer.remove_text()
    writer.add_blank_page(100, 100)
    out = io.BytesIO()
    writer.write(out)
    shown = converter.read({"a.pdf": out.getvalue()}, "a.pdf")
    assert "[no text: the page is a picture or a scan, 400 x 300 pixels]" in shown
    assert "[this page has no text and no image]" in shown
    taken = converter.convert({"a.pdf": out.getvalue()}, "a.pdf", "a.txt")
    assert "note: 1 of 2 pages are scans without text: 1" in taken.output


@pytest.mark.parametrize(
    "path, content, expected",
    [
        ("a.docx", word("Dear reader,", title="A letter"), ["title: A letter", "Dear reader,"]),
        ("a.pptx", slides(), ["## Slide 1: Plans & aims", "- Grow\n  - slowly", "Say it with a smile",
                              "## Slide 2: Figures", "image: png, 40 x 30 pixels"]),
        ("a.xlsx", workbook({"In": [["a"], [1]], "Out": [["b"]]}), ["In: 2 rows; Out: 1 rows", "## In\n\n| a |"]),
        ("a.csv", b"a,b\n1,2\n", ["| 1 | 2 |"]),
        ("a.html", b"<div><h1>Head</h1><img src='x.png' alt='pic'></div>", ["# Head", "pic", "image: x.png"]),
        ("a.png", png(), ["a.png is an image: png, 40 x 30 pixels", "no text"]),
    ],
    ids=["docx", "pptx", "xlsx", "csv", "html", "png"],
)  # fmt: skip
def test_every_document_is_read_as_text(converter: Converter, path: str, content: bytes, expected: list[str]) -> None:
    shown = converter.read({path: content}, path)
    for words in expected:
        assert words in shown


@pytest.mark.parametrize("suffix", ["odt", "epub", "rtf", "ipynb", "docx"])
def test_what_was_converted_is_read_with_its_picture_named(converter: Converter, suffix: str) -> None:
    files = {"a.md": EVERYTHING.encode(), "images/red.png": png()}
    made = converter.convert(files, "a.md", f"b.{suffix}").files
    shown = converter.read(made, f"b.{suffix}")
    assert "Introduction" in shown
    assert "40 x 30 pixels" in shown


def test_a_web_page_is_read_without_what_only_its_scripts_need(converter: Converter) -> None:
    links = "".join(f'<a class="c{n}" id="i{n}" data-track="{"x" * 500}" href="/{n}">Link {n}</a> ' for n in range(50))
    read = converter.read({"a.html": f'<body style="display:none"><nav>{links}</nav></body>'.encode()}, "a.html")
    assert "[Link 7](/7) [Link 8](/8)" in read
    assert "xxx" not in read
    assert "<a" not in read


def test_a_notebook_is_read_without_its_metadata(converter: Converter) -> None:
    cells = [{"cell_type": "markdown", "metadata": {"tags": ["t"]}, "source": "# Title\n\nwords"}]
    about = {"kernelspec": {"name": "python3", "display_name": "P"}, "widgets": {"state": "w" * 500}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": cells}
    assert converter.read({"a.ipynb": json.dumps(notebook).encode()}, "a.ipynb") == "[a.ipynb]\n# Title\n\nwords\n"


def test_a_long_document_comes_in_parts(converter: Converter) -> None:
    letter = word(*(f"Paragraph {number} " + "word " * 20 for number in range(60)))
    seen = ""
    for part in (1, 2):
        shown = converter.calls(
            [("read_document", {"path": "a.docx", "start_page": part})], {"a.docx": letter}, LIMITED
        ).output
        assert f"part {part} of 2" in shown
        assert ("go on with start_page" in shown) is (part < 2)
        seen += shown
    assert all(f"Paragraph {number} " in seen for number in range(60))


@pytest.mark.parametrize(
    "path, content, start, said",
    [
        ("a.docx", b"no zip at all", None, "a.docx is damaged or is not what its suffix says"),
        ("a.pdf", b"%PDF-1.7 nothing more", None, "a.pdf is damaged or is no PDF"),
        ("a.xlsx", zipped("xl/other.xml"), None, "a.xlsx does not say which of its parts is the document"),
        ("a.pptx", zipped("ppt/other.xml"), None, "a.pptx does not say which of its parts is the document"),
        ("a.doc", b"\xd0\xcf\x11\xe0", None, "saved as docx"),
        ("a.csv", b"\0\0\0", None, "a.csv is not text"),
        ("a.md", b"short", 2, "there is no part 2"),
        ("a.md", b"short", 0, "pages count from 1"),
        ("a.zzz", b"?", None, "no document format is known by the suffix '.zzz'"),
    ],
    ids=["docx", "pdf", "xlsx", "pptx", "doc", "csv", "part", "page 0", "suffix"],
)
def test_what_cannot_be_read_says_why(
    converter: Converter, path: str, content: bytes, start: int | None, said: str
) -> None:
    done = converter.calls([("read_document", {"path": path, "start_page": start})], {path: content})
    assert not done.result()["ok"]
    assert done.output.startswith("error: ")
    assert said in done.output


def test_a_locked_pdf_is_told(converter: Converter) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(converter, "secret words")))
    writer.encrypt("password", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    done = converter.calls([("read_document", {"path": "a.pdf"})], {"a.pdf": out.getvalue()})
    assert "protected by a password" in done.output


def test_what_latex_says_beyond_pandoc_is_named(converter: Converter) -> None:
    text = (
        rb"\begin{document}\section{S}Known \cite[5]{ada1843} and \keyword{wanted}\vspace{1cm}\label{x}\end{document}"
    )
    read = converter.read({"a.tex": text}, "a.tex")
    assert "[@ada1843" in read
    assert r"note: commands that are not known are left out: \keyword{wanted} (line 1)" in read
    assert "vspace" not in read
    made = converter.convert({"a.tex": text}, "a.tex", "a.docx")
    assert r"\keyword{wanted}" in made.output


@pytest.mark.parametrize("suffix", ["docx", "odt", "epub", "html", "jats", "pdf", "ipynb"])
def test_nothing_is_missed_that_is_there(converter: Converter, suffix: str) -> None:
    """Notes, formulas and links that stand there several times are no reason for a word on what is left out."""
    text = "# Head\n\n" + "See [there](https://example.org/x) and $x^2$.[^1] " * 3 + "\n\n[^1]: Underneath $y$\n"
    made = converter.convert({"a.md": text.encode()}, "a.md", f"a.{suffix}").files
    read = converter.read(dict(made), f"a.{suffix}")
    assert [line for line in read.splitlines() if "left out" in line and "bookmark" not in line] == []
    assert "https://example.org/x" in read
    assert suffix in {"pdf", "epub"} or re.search(r"\$x\^(2|\{2\})\$\.", read)


def test_a_picture_without_a_description_is_there_or_missed(converter: Converter) -> None:
    document = docx.Document()
    for _ in range(2):
        document.add_picture(io.BytesIO(png()))
    out = io.BytesIO()
    document.save(out)
    whole = out.getvalue()
    assert "left out" not in converter.read({"a.docx": whole}, "a.docx")
    assert "left out" not in converter.convert({"a.docx": whole}, "a.docx", "a.odt").output
    odt = converter.convert({"a.docx": whole}, "a.docx", "a.odt").files
    assert "left out" not in converter.convert(dict(odt), "a.odt", "b.docx").output
    items = [Item(Content.PICTURE, "here"), Item(Content.PICTURE, "there", "Crimson")]
    assert lost(items, "Crimson", {Content.PICTURE: 1}) == items[:1]
