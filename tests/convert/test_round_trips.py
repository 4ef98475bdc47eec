"""From Markdown into every format and back, with what makes a document more than its words."""

from __future__ import annotations

import io
import re
import zipfile

import docx
import pptx
import pytest

from tests.convert.conftest import Converter
from tests.convert.documents import EVERYTHING, RED, SVG, png, slides, word

pytestmark = pytest.mark.proof

FILES = {"docs/report.md": EVERYTHING.encode(), "docs/images/red.png": png()}
BOTH_WAYS = ["docx", "html", "odt", "rtf", "epub", "tex", "rst", "ipynb", "pptx"]


def there_and_back(converter: Converter, suffix: str) -> str:
    there = converter.convert(FILES, "docs/report.md", f"out/report.{suffix}")
    back = converter.convert({**FILES, **there.files}, f"out/report.{suffix}", "back.md")
    return back.files["back.md"].decode()


def test_word_keeps_what_a_document_is_made_of(converter: Converter) -> None:
    text = there_and_back(converter, "docx")
    for kept in (
        "title: Quarterly report",
        "# Introduction",
        "## Numbers",
        "*emphasis*, **strength** and `code()`",
        "[the site](https://example.org/path)",
        "- first\n- second\n  - nested",
        "1.  one\n2.  two",
        "    def fib(n):\n        return n",
        "> Quoted words.",
        "$E = mc^{2}$",
        "[^1]: The footnote's text.".replace("'", "\N{RIGHT SINGLE QUOTATION MARK}"),
    ):
        assert kept in text
    assert "path).[^1]" in text
    assert re.search(r"\| Name +\| Amount \|\n\|:?-+\|-+:\|\n\| Apples +\| +12 \|\n\| Pears +\| +3,400 \|", text)


@pytest.mark.parametrize("suffix", BOTH_WAYS)
def test_every_format_keeps_headings_tables_and_links(converter: Converter, suffix: str) -> None:
    text = there_and_back(converter, suffix)
    assert re.search(r"^#+ (Slide \d+: )?Introduction$", text, re.MULTILINE)
    assert "Apples" in text
    assert re.search(r"^\| *Pears *\| *3,400 *\|$", text, re.MULTILINE)
    if suffix != "pptx":
        assert "(https://example.org/path)" in text
    if suffix not in {"pptx", "rtf"}:  # which have none, or whose footnotes pandoc does not read
        assert "The footnote" in text


@pytest.mark.parametrize("suffix", ["docx", "odt", "epub", "pptx", "ipynb"])
def test_pictures_go_along_and_come_back(converter: Converter, suffix: str) -> None:
    there = converter.convert(FILES, "docs/report.md", f"out/report.{suffix}")
    assert set(there.files) == {f"out/report.{suffix}"}
    back = converter.convert(there.files, f"out/report.{suffix}", "notes/back.md")
    (picture,) = set(back.files) - {"notes/back.md"}
    assert back.files[picture] == png()
    assert f"]({picture.removeprefix('notes/')})" in back.files["notes/back.md"].decode()


def test_text_formats_refer_to_pictures_from_their_own_place(converter: Converter) -> None:
    done = converter.convert(FILES, "docs/report.md", "out/web/report.html")
    assert b'src="../../docs/images/red.png"' in done.files["out/web/report.html"]


@pytest.mark.parametrize("suffix", ["docx", "pptx"])
def test_office_gets_a_drawing_as_a_picture_it_can_show(converter: Converter, suffix: str) -> None:
    files = {"a.md": b"# A\n\n![drawing](d.svg)\n", "d.svg": SVG}
    done = converter.convert(files, "a.md", f"a.{suffix}")
    with zipfile.ZipFile(io.BytesIO(done.files[f"a.{suffix}"])) as archive:
        assert any(archive.read(name).startswith(b"\x89PNG") for name in archive.namelist())
        assert not [name for name in archive.namelist() if name.endswith(".svg")]


def test_word_files_of_others_are_read(converter: Converter) -> None:
    done = converter.convert({"a.docx": word("Dear reader,", "farewell")}, "a.docx", "a.md")
    assert done.files["a.md"] == b"Dear reader,\n\nfarewell\n"


def test_slides_of_others_keep_points_tables_pictures_and_notes(converter: Converter) -> None:
    done = converter.convert({"a.pptx": slides()}, "a.pptx", "a.md")
    text = done.files["a.md"].decode()
    assert text.index("## Plans & aims") < text.index("- Grow\n  - slowly") < text.index("Say it with a smile")
    assert "| 2026 | \\<5\\> |" in text
    assert png() in done.files.values()


def test_a_table_that_begins_an_rtf_is_kept(converter: Converter) -> None:
    there = converter.convert({"a.md": b"| Name |\n|---|\n| Ada |\n\nend\n"}, "a.md", "a.rtf")
    back = converter.convert(there.files, "a.rtf", "b.md").files["b.md"].decode()
    assert back.index("Name") < back.index("Ada") < back.index("end")


def test_plain_text_stays_as_it_is(converter: Converter) -> None:
    text = "# not a heading\n1) *no* list_item_ <b>\n    indented & kept\n\nnext"
    done = converter.convert({"a.txt": text.encode()}, "a.txt", "a.docx")
    paragraphs = docx.Document(io.BytesIO(done.files["a.docx"])).paragraphs
    shown = [paragraph.text.replace("\N{NO-BREAK SPACE}", " ") for paragraph in paragraphs]
    assert shown == text.split("\n\n")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_however_it_was_saved(converter: Converter, encoding: str) -> None:
    done = converter.convert({"a.md": "# Größe".encode(encoding)}, "a.md", "a.html")
    assert ">Größe</h1>" in done.files["a.html"].decode()


def test_metadata_of_the_call_replaces_the_sources(converter: Converter) -> None:
    named = {"title": "T & <i>", "author": "A One; B Two", "subject": "S", "date": "May 2026"}
    done = converter.convert(FILES, "docs/report.md", "a.docx", **named)
    document = docx.Document(io.BytesIO(done.files["a.docx"]))
    about = document.core_properties
    assert (about.title, about.author, about.subject) == ("T & <i>", "A One; B Two", "S")
    assert "May 2026" in [paragraph.text for paragraph in document.paragraphs]
    assert about.created is not None
    assert about.created.year >= 2026


@pytest.mark.parametrize(
    "suffix, sign",
    [("docx", 'TOC \\o "1-3"'), ("html", 'id="TOC"'), ("tex", "\\tableofcontents"), ("md", "- [Introduction](#")],
    ids=["docx", "html", "tex", "md"],
)
def test_a_table_of_contents_comes_when_asked_for(converter: Converter, suffix: str, sign: str) -> None:
    for wanted in (True, False):
        done = converter.convert(FILES, "docs/report.md", f"a.{suffix}", table_of_contents=wanted)
        content = done.files[f"a.{suffix}"]
        if suffix == "docx":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = archive.read("word/document.xml").replace(b"&quot;", b'"')
        assert (sign.encode() in content) is wanted


def test_a_reference_document_gives_its_styles(converter: Converter) -> None:
    model = docx.Document()
    model.styles["Normal"].font.name = "Corporate Sans"
    out = io.BytesIO()
    model.save(out)
    files = {**FILES, "house.docx": out.getvalue()}
    done = converter.convert(files, "docs/report.md", "a.docx", reference_document="house.docx")
    made = docx.Document(io.BytesIO(done.files["a.docx"]))
    assert made.styles["Normal"].font.name == "Corporate Sans"


def test_slides_take_the_size_of_their_reference(converter: Converter) -> None:
    done = converter.convert(
        {"a.md": b"# A\n\ntext\n", "house.pptx": slides()}, "a.md", "a.pptx", reference_document="house.pptx"
    )
    made, model = (pptx.Presentation(io.BytesIO(data)) for data in (done.files["a.pptx"], slides()))
    assert (made.slide_width, made.slide_height) == (model.slide_width, model.slide_height)


BIBLIOGRAPHY = b"""@book{knuth, author = {Knuth, Donald E.}, title = {The TeXbook}, year = 1984, publisher = {AW}}"""
STYLE = b"""<?xml version="1.0" encoding="utf-8"?>
<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0">
  <info><title>Plain</title><id>plain</id><updated>2026-01-01T00:00:00+00:00</updated></info>
  <citation><layout prefix="{" suffix="}"><text variable="title"/></layout></citation>
  <bibliography><layout><text variable="title" suffix=" (listed)"/></layout></bibliography>
</style>"""


@pytest.mark.parametrize(
    "style, cited, listed",
    [(None, "(Knuth 1984)", "1984. The TeXbook"), ("s.csl", "{The TeXbook}", "The TeXbook (listed)")],
    ids=["chicago", "a style of the workspace"],
)
def test_citations_are_resolved(converter: Converter, style: str | None, cited: str, listed: str) -> None:
    files = {"a.md": b"As written [@knuth].\n\n# References\n", "r.bib": BIBLIOGRAPHY, "s.csl": STYLE}
    done = converter.convert(files, "a.md", "a.docx", bibliography="r.bib", citation_style=style)
    text = "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(done.files["a.docx"])).paragraphs)
    assert cited in text
    assert listed in text


def test_a_work_that_is_not_listed_is_told(converter: Converter) -> None:
    done = converter.convert({"a.md": b"[@nobody]", "r.bib": BIBLIOGRAPHY}, "a.md", "a.html", bibliography="r.bib")
    assert "nobody" in done.output


def test_what_is_left_out_is_told(converter: Converter) -> None:
    text = b"![gone](gone.png) ![far](https://example.org/x.png) ![odd](odd.png)\n\n<table><tr><td>x</td></tr></table>"
    done = converter.convert({"a.md": text, "odd.png": b"no picture"}, "a.md", "a.docx")
    assert "image gone.png is left out: there is no file gone.png" in done.output
    assert "image https://example.org/x.png is left out: nothing is fetched from a URL" in done.output
    assert "image odd.png is left out: it is no image of a known kind" in done.output
    assert "raw HTML" in done.output


def test_the_same_picture_twice_is_one(converter: Converter) -> None:
    done = converter.convert({"a.md": b"![a](r.png) ![b](r.png)", "r.png": png(colour=RED)}, "a.md", "a.epub")
    with zipfile.ZipFile(io.BytesIO(done.files["a.epub"])) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".png")]) == 1
