"""What a preview shows, and what hostile documents come to."""

from __future__ import annotations

import base64
import datetime
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from PIL import Image
from pypdf import PdfWriter

from preview.page import page
from preview.pictures import thumbnail
from preview.texts import markdown, table
from tests.previews.conftest import Previewer
from tests.support.paths import ROOT


def word(*paragraphs: str, picture: bytes = b"") -> bytes:
    document = docx.Document()
    document.add_heading("Title", 1)
    for text in paragraphs:
        document.add_paragraph(text)
    if picture:
        document.add_picture(io.BytesIO(picture))
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def picture(size: tuple[int, int] = (800, 600), kind: str = "PNG", mode: str = "RGB") -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, "red" if mode != "P" else 3).save(made, kind)
    return made.getvalue()


def pdf(size: tuple[float, float] = (595, 842)) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(*size)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["PNG"])


def test_markdown_is_a_page(previewer: Previewer) -> None:
    page = previewer.html("markdown", "# Größe\n\n*one* ~~two~~\n\n|a|b|\n|-|-|\n|1|2|\n\n[x](https://e.com/)".encode())
    assert "<h1>Größe</h1>" in page
    assert "<em>one</em> <s>two</s>" in page
    assert "<td>1</td>" in page
    assert '<a href="https://e.com/" rel="noopener noreferrer nofollow">x</a>' in page


def test_word_is_a_page_with_its_pictures(previewer: Previewer) -> None:
    page = previewer.html("docx", word("one & <two>", picture=picture((20, 20))))
    assert "<h1>Title</h1>" in page
    assert "<p>one &amp; &lt;two&gt;</p>" in page
    assert '<img src="data:image/png;base64,' in page


def test_a_text_is_shown_as_it_is(previewer: Previewer) -> None:
    page = previewer.html("text", 'x = "<b>"  # größe\n    y\n'.encode("cp1252"))
    assert '<pre>x = "&lt;b&gt;"  # größe\n    y\n</pre>' in page
    assert "The first 500,000 characters." in previewer.html("text", b"a" * 600_000)


def test_of_a_web_page_is_left_what_can_do_nothing(previewer: Previewer) -> None:
    source = "<title>T</title><script>alert(1)</script><style>p{}</style><h1 onclick=x>Größe</h1>"
    page = previewer.html(
        "html", f"<html><head><meta charset=utf-8>{source}<iframe src=/ui></iframe><img src=//e.com/a.png>".encode()
    )
    assert "<h1>Größe</h1>" in page
    assert not [each for each in ("alert", "onclick", "e.com", "iframe", "p{}", ">T<") if each in page]


def test_a_workbook_is_shown_as_a_spreadsheet_shows_it(previewer: Previewer) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Plan & <b>"
    sheet.append(["share", "price", "day", "sum"])
    sheet.append([0.175, 1234.5, datetime.date(2026, 3, 31), "=A2*2"])
    sheet["A2"].number_format, sheet["B2"].number_format = "0.0%", "#,##0.00"
    book.create_sheet("hidden").sheet_state = "hidden"
    for number in range(300):
        book["hidden"].append([number])
    made = io.BytesIO()
    book.save(made)
    page = previewer.html("xlsx", made.getvalue())
    assert "<h2>Plan &amp; &lt;b&gt;</h2>" in page
    assert "<td>17.5%</td><td>1,234.50</td><td>2026-03-31</td><td>=A2*2</td>" in page
    assert "Hidden sheets that are not shown: 1." in page
    assert "<td>299</td>" not in page


def test_slides_are_shown_with_points_tables_pictures_and_notes(previewer: Previewer) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Größe <1>"
    body = slide.placeholders[1].text_frame
    body.text = "first"
    point = body.add_paragraph()
    point.text, point.level = "deeper", 1
    table = slide.shapes.add_table(1, 2, 0, 0, 1_000_000, 1_000_000).table
    table.cell(0, 0).text, table.cell(0, 1).text = "a", "b"
    slide.shapes.add_picture(io.BytesIO(picture((20, 20))), 0, 0)
    slide.notes_slide.notes_text_frame.text = "say this"
    made = io.BytesIO()
    deck.save(made)
    page = previewer.html("pptx", made.getvalue())
    assert "<h2>Slide 1: Größe &lt;1&gt;</h2>" in page
    assert "<p>first</p><ul><li>deeper</li></ul>" in page
    assert "<td>a</td><td>b</td>" in page
    assert '<img src="data:image/png;base64,' in page
    assert "<blockquote><p>say this</p></blockquote>" in page


def test_every_page_of_a_pdf_is_drawn_and_counted(previewer: Previewer) -> None:
    writer = PdfWriter()
    for size in ((595, 842), (842, 595)):
        writer.add_blank_page(*size)
    made = io.BytesIO()
    writer.write(made)
    answers = [previewer.ask("pdf", made.getvalue(), number) for number in (1, 2, 3)]
    sizes = [opened(base64.b64decode(answer["content"])).size for answer in answers[:2]]
    assert [width < height for width, height in sizes] == [True, False]
    assert [answer["pages"] for answer in answers] == [2, 2, 2]
    assert answers[2] == {"pages": 2}


@pytest.mark.parametrize("kind", ["xlsx", "pptx"])
def test_an_office_file_that_is_none_says_so(previewer: Previewer, kind: str) -> None:
    for data in (b"no zip", word("another kind")):
        assert previewer.problem(kind, data)


def test_a_table_shows_its_first_rows_as_text(previewer: Previewer) -> None:
    rows = "".join(f'{n};<b>{n}</b>;"a;b"\n' for n in range(500))
    page = previewer.html("csv", f"\ufeffname;value;note\n{rows}".encode())
    assert "<th>name</th><th>value</th><th>note</th>" in page
    assert "<td>7</td><td>&lt;b&gt;7&lt;/b&gt;</td><td>a;b</td>" in page
    assert page.count("<tr>") == 200
    assert "The first 200 rows." in page


@pytest.mark.parametrize("delimiter", [",", "\t", ";"], ids=["comma", "tab", "semicolon"])
def test_a_tables_delimiter_is_found(delimiter: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"a{delimiter}b\n1{delimiter}2\n")
    assert b"<td>1</td><td>2</td>" in table(tmp_path / "a.csv")


def test_a_table_below_a_title_or_a_declared_mark_is_one(previewer: Previewer) -> None:
    page = previewer.html("csv", b"Sales, 2025, north\nname;value\nAda;1,5\nBob;2,5\n")
    assert "<td>Ada</td><td>1,5</td>" in page
    page = previewer.html("csv", b"sep=#\nname#value\nAda#1\n")
    assert "<th>name</th><th>value</th>" in page
    assert "sep=" not in page


@pytest.mark.parametrize("kind", ["csv", "markdown"])
def test_text_in_another_encoding_is_read_and_the_guess_is_told(previewer: Previewer, kind: str) -> None:
    page = previewer.html(kind, "Москва;столица\nКазань;город на Волге\n".encode("cp1251"))
    assert "Казань" in page
    assert "Windows-1251" in page


@pytest.mark.parametrize("kind", ["csv", "markdown"])
def test_what_is_no_text_has_no_page(previewer: Previewer, kind: str) -> None:
    assert "not text" in previewer.problem(kind, bytes(range(256)) * 8)


def test_a_pdf_is_the_picture_of_its_first_page(previewer: Previewer) -> None:
    page = opened(previewer.png("pdf", pdf()))
    assert page.size[0] <= 1_200
    assert page.size[1] <= 1_600
    assert page.size[0] / page.size[1] == pytest.approx(595 / 842, abs=0.01)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_picture_is_a_thumbnail(kind: str, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(picture(kind=kind))
    assert opened(thumbnail(tmp_path / "picture")).size == (512, 384)


def test_a_thumbnail_tells_nothing_but_its_pixels(previewer: Previewer) -> None:
    made = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "taken at home", 6
    Image.new("RGB", (400, 200)).save(made, "JPEG", exif=exif, comment=b"secret")
    shown = previewer.png("image", made.getvalue())
    assert b"taken at home" not in shown
    assert b"secret" not in shown
    # Turned as its camera was held.
    assert opened(shown).size == (200, 400)


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "handler": "<img src=x onerror=alert(1)>",
    "svg": "<svg onload=alert(1)><script>1</script></svg>",
    "frame": '<iframe src="https://evil.example"></iframe>',
    "style": "<style>@import 'https://evil.example'</style>",
    "form": "<form action=https://evil.example><input></form>",
    "meta": '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "comment": "<!--><img src=x onerror=alert(1)>-->",
    "link": "[x](javascript:alert(1)) [y](data:text/html,<script>1</script>) [z](vbscript:x)",
    "picture": "![x](https://evil.example/track.png) ![y](//evil.example/y.png) ![z](../../secret.png)",
    "data": "![x](data:image/svg+xml;base64,PHN2Zy8+) ![y](data:text/html;base64,PHN2Zy8+)",
    "entity": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "end": "</body></html><script>alert(1)</script>",
    "reference": '[a]: javascript:alert(1) "x"\n\n[a]',
    "autolink": "<javascript:alert(1)>",
    "nesting": ">" * 5_000 + "x" + "[" * 5_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_in_markdown_can_run_or_call_out(text: str, tmp_path: Path) -> None:
    """Drawn and made harmless by what the function does both with, without a process for each."""
    (tmp_path / "a.md").write_text(text)
    body = page(markdown(tmp_path / "a.md").decode(), with_pictures=True).decode().partition("<body>")[2]
    for element in ("<script", "<iframe", "<svg", "<style", "<form", "<input", "<meta", "<!--"):
        assert element not in body.lower()
    for attribute in ('href="javascript', 'href="data', 'href="vbscript', "<img src", "<img onerror"):
        assert attribute not in body.lower()
    assert body.count("</body>") == 1


def test_a_words_links_are_harmless(previewer: Previewer) -> None:
    """As `mammoth` would give them: the address of a relationship, whatever it is."""
    data = rewritten(word("text"), {})
    relations = zipfile.ZipFile(io.BytesIO(data)).read("word/_rels/document.xml.rels").decode()
    link = (
        '<Relationship Id="rIdX" TargetMode="External" Target="javascript:alert(1)" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"/></Relationships>'
    )
    body = zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml").decode()
    run = '<w:p><w:hyperlink r:id="rIdX"><w:r><w:t>click</w:t></w:r></w:hyperlink></w:p><w:sectPr'
    page = previewer.html(
        "docx",
        rewritten(
            data,
            {
                "word/_rels/document.xml.rels": relations.replace("</Relationships>", link).encode(),
                "word/document.xml": body.replace("<w:sectPr", run, 1).encode(),
            },
        ),
    )
    assert "click" in page
    assert "javascript" not in page


def rewritten(data: bytes, parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
    return made.getvalue()


def entities() -> bytes:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    return rewritten(word("text"), {"word/document.xml": bomb})


def document_type() -> bytes:
    return rewritten(word("text"), {"word/document.xml": b'<?xml version="1.0"?><!DOCTYPE x><x/>'})


def huge_picture() -> bytes:
    """A PNG of 60,000 by 60,000 pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1_000)) + chunk(b"IEND", b"")


def locked() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def zip_bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("word/document.xml", b"\0" * 210_000_000)
    return made.getvalue()


BROKEN = {
    "no word": ("docx", b"no zip at all"),
    "an empty zip": ("docx", b"PK\5\6" + b"\0" * 18),
    "half a word": ("docx", word("text")[:2_000]),
    "entities": ("docx", entities()),
    "document type": ("docx", document_type()),
    "no pdf": ("pdf", b"%PDF-1.7 nothing"),
    "locked pdf": ("pdf", locked()),
    "no picture": ("image", b"GIF89a nothing"),
    "huge picture": ("image", huge_picture()),
    "postscript": ("image", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n"),
    "empty word": ("docx", b""),
    "empty picture": ("image", b""),
    "empty pdf": ("pdf", b""),
}


@pytest.mark.proof
@pytest.mark.parametrize(("kind", "data"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_shown_is_told_in_a_sentence(previewer: Previewer, kind: str, data: bytes) -> None:
    problem = previewer.problem(kind, data)
    assert problem.startswith("it ")
    assert "Traceback" not in problem


@pytest.mark.proof
def test_a_zip_that_unpacks_to_too_much_is_not_unpacked(previewer: Previewer) -> None:
    assert previewer.problem("docx", zip_bomb()).startswith("it unpacks to more than ")


@pytest.mark.proof
def test_a_page_of_any_size_gives_a_picture_of_bounded_size(previewer: Previewer) -> None:
    for size in ((14_000.0, 20.0), (1.0, 1.0), (5_000.0, 5_000.0)):
        shown = opened(previewer.png("pdf", pdf(size=size)))
        assert shown.size[0] <= 1_201
        assert shown.size[1] <= 1_601


@pytest.mark.proof
def test_a_hostile_document_leaves_the_next_one_alone(previewer: Previewer) -> None:
    previewer.problem("docx", entities())
    assert "<h1>Title</h1>" in previewer.html("docx", word("text"))


@pytest.mark.proof
def test_pictures_are_dropped_where_the_page_would_be_too_long(previewer: Previewer) -> None:
    noise = Image.effect_noise((1_600, 1_600), 100).convert("RGB")
    made = io.BytesIO()
    noise.save(made, "PNG")
    page = previewer.html("docx", word("text", picture=made.getvalue()))
    assert "<p>text</p>" in page
    assert "<img" not in page or len(page) < 4_000_000


def test_the_sample_event_is_one_that_the_function_takes(previewer: Previewer) -> None:
    sample = json.loads((ROOT / "events/preview.json").read_text())
    data = b"# Hello\n"
    assert "<h1>Hello</h1>" in previewer.html(sample["kind"], data)
    assert previewer.event(sample["kind"], data) | {"url": sample["url"]} == sample
