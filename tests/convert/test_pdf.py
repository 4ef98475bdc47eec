"""PDFs as a reader gets them: the text, the pages, and something to see on each."""

from __future__ import annotations

import io
from typing import Any

import pypdf
import pypdfium2
import pytest

from tests.convert.conftest import Converter
from tests.convert.documents import EVERYTHING, RED, SVG, png, slides, word, workbook

FILES = {"docs/report.md": EVERYTHING.encode(), "docs/images/red.png": png(200, 100)}


def made(converter: Converter, files: dict[str, bytes], source: str, **options: object) -> pypdf.PdfReader:
    done = converter.convert(files, source, "out/made.pdf", **options)
    reader = pypdf.PdfReader(io.BytesIO(done.files["out/made.pdf"]))
    pages = len(reader.pages)
    assert f": {pages} page{'s' * (pages != 1)}, " in done.output
    return reader


def text_of(reader: pypdf.PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


def pixels(pdf: bytes, page: int = 0) -> list[tuple[int, int, int]]:
    """The page as red, green and blue of every dot."""
    document = pypdfium2.PdfDocument(pdf)
    bitmap = document[page].render(scale=1, rev_byteorder=True)
    assert bitmap.mode == "RGB"
    data, row = bytes(bitmap.buffer), bitmap.width * 3
    lines = (data[start : start + row] for start in range(0, bitmap.height * bitmap.stride, bitmap.stride))
    dots = [tuple(line[at : at + 3]) for line in lines for at in range(0, row, 3)]
    document.close()
    return [(red, green, blue) for red, green, blue in dots]


def test_a_report_has_its_text_its_links_and_its_properties(converter: Converter) -> None:
    reader = made(converter, FILES, "docs/report.md", subject="Figures")
    text = text_of(reader)
    for words in ("Quarterly report", "Ada Lovelace, Charles Babbage", "Introduction", "nested", "3,400", "def fib(n):",
                  "Quoted words.", "The footnote", "1 / 1"):  # fmt: skip
        assert words in text
    assert reader.metadata is not None
    assert reader.metadata.title == "Quarterly report"
    assert reader.metadata.author == "Ada Lovelace, Charles Babbage"
    assert reader.metadata.subject == "Figures"
    notes: list[Any] = [note.get_object() for note in reader.pages[0].annotations or ()]
    links = [note["/A"]["/URI"] for note in notes if "/A" in note]
    assert links == ["https://example.org/path"]


def test_a_page_shows_its_words_and_its_picture(converter: Converter) -> None:
    done = converter.convert(FILES, "docs/report.md", "a.pdf")
    dots = pixels(done.files["a.pdf"])
    dark = sum(max(dot) < 100 for dot in dots) / len(dots)
    assert 0.002 < dark < 0.2
    assert dots.count(RED) > 10_000


def test_code_is_on_the_page_in_colour(converter: Converter) -> None:
    done = converter.convert({"a.md": b"```python\ndef f(): return 'text'\n```\n"}, "a.md", "a.pdf")
    strong = {dot for dot in pixels(done.files["a.pdf"]) if max(dot) - min(dot) > 100}
    assert len(strong) > 3


def test_a_table_of_contents_gives_pages(converter: Converter) -> None:
    text = b"".join(b"# Chapter %d\n\n%s\n\n" % (number, b"Word after word. " * 400) for number in (1, 2, 3))
    reader = made(converter, {"a.md": text}, "a.md", table_of_contents=True)
    contents = reader.pages[0].extract_text()
    assert "Contents" in contents
    assert [line.split()[-1] for line in contents.splitlines() if line.startswith("Chapter")] == ["2", "3", "4"]
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)][-3:] == [
        "Chapter 1", "Chapter 2", "Chapter 3",
    ]  # fmt: skip


def test_a_long_table_goes_on_over_pages_under_its_head(converter: Converter) -> None:
    rows = "".join(f"| row {number} | {number} |\n" for number in range(120))
    reader = made(converter, {"a.md": f"| Name | Value |\n|---|---|\n{rows}".encode()}, "a.md")
    assert len(reader.pages) > 2
    assert all("Name" in page.extract_text() for page in reader.pages)
    assert "row 119" in text_of(reader)


@pytest.mark.parametrize("picture", ["svg", "png"])
def test_pictures_of_every_kind_are_embedded(converter: Converter, picture: str) -> None:
    data = SVG if picture == "svg" else png(60, 20, (0, 128, 0))
    done = converter.convert({"a.md": f"![p](p.{picture})\n".encode(), f"p.{picture}": data}, "a.md", "a.pdf")
    assert pixels(done.files["a.pdf"]).count((0, 128, 0)) > 500


@pytest.mark.parametrize(
    "source, content, words",
    [
        ("a.docx", word("Dear reader,"), "Dear reader,"),
        ("a.pptx", slides(), "slowly"),
        ("a.xlsx", workbook({"Sheet": [["a", "b"], [1, "two"]]}), "two"),
        ("a.csv", b"name;sum\nAda;1.5\n", "Ada"),
        ("a.html", b"<h1>Head</h1><p>Body &amp; soul", "Body & soul"),
        ("a.tex", b"\\section{Head} $x^2$ text", "Head"),
        ("a.rst", b"Head\n====\n\ntext", "Head"),
        ("a.txt", b"plain *text* #set page(fill: red) $x$", "plain *text* #set page(fill: red) $x$"),
    ],
    ids=["docx", "pptx", "xlsx", "csv", "html", "latex", "rst", "txt"],
)
def test_every_format_becomes_a_pdf(converter: Converter, source: str, content: bytes, words: str) -> None:
    assert words in text_of(made(converter, {source: content}, source))


def test_marks_of_the_typesetter_are_only_text(converter: Converter) -> None:
    text = '#read("/etc/passwd") #{1 + 1} @label <label> \\u{41} `#let x = 2` [x]{.y typst:text:fill="red"}'
    shown = text_of(made(converter, {"a.md": text.encode()}, "a.md"))
    assert "#{1 + 1} @label" in shown
    assert "passwd" in shown
    assert "root:" not in shown


def test_a_broken_picture_is_named(converter: Converter) -> None:
    files = {"a.md": b"![p](cut.png)", "cut.png": png()[:60]}
    assert "cut.png" in converter.refused(files, "a.md", "a.pdf")
