"""The looks of a document: a Word file's for a PDF, and the templates that are always there."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

import docx
import pdfplumber
import pypdf
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from infra.documents.__main__ import TEMPLATES, made
from infra.documents.designs import DESIGNS
from swarm.agent.tools.convert_document import TOOL
from tests.convert.conftest import Converter
from tests.convert.documents import png

pytestmark = pytest.mark.proof

STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"

TEXT = "---\ntitle: Rivers\n---\n\n# Levels\n\n" + "Water rose by twelve per cent. " * 400


def field(paragraph: Any, instruction: str) -> None:
    """A field as Word writes it, showing what it showed last."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), (None, "99"), ("end", "")):
        run = paragraph.add_run(text if kind is None else "")
        if kind is None:
            continue
        mark = OxmlElement("w:fldChar" if kind else "w:instrText")
        mark.text = text if not kind else None
        if kind:
            mark.set(qn("w:fldCharType"), kind)
        run.element.append(mark)


def letterhead(**changes: Any) -> bytes:
    """A5, with a logo and a name above, fields below, another header on the first page, and type of its own."""
    document: Any = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(14.8), Cm(21)
    section.left_margin, section.right_margin, section.top_margin = Cm(3), Cm(2), Cm(2)
    section.header.paragraphs[0].add_run().add_picture(io.BytesIO(changes.get("logo", png(60, 60))), width=Cm(2))
    section.header.paragraphs[0].add_run("\tHOUSENAME\tCONFIDENTIAL")
    section.header.add_table(1, 2, Cm(9)).cell(0, 1).text = "CELLNAME"
    section.footer.paragraphs[0].add_run("Page ")
    field(section.footer.paragraphs[0], " PAGE ")
    section.footer.paragraphs[0].add_run(" of ")
    field(section.footer.paragraphs[0], " NUMPAGES \\* MERGEFORMAT ")
    section.different_first_page_header_footer = changes.get("own_first", False)
    section.first_page_header.paragraphs[0].text = "FIRSTNAME"
    document.styles["Normal"].font.name, document.styles["Normal"].font.size = "Calibri", Pt(14)
    for name in ("Title", "Heading 1"):
        document.styles[name].font.color.rgb = RGBColor(0x99, 0, 0)
    document.styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_pdf_takes_page_type_header_footer_and_logo_of_a_word_file(converter: Converter) -> None:
    done = converter.convert(
        {"a.md": TEXT.encode(), "house.docx": letterhead()}, "a.md", "a.pdf", reference_document="house.docx"
    )
    plumber = pdfplumber.open(io.BytesIO(done.files["a.pdf"]))
    number = len(plumber.pages)
    assert number > 2
    for at, page in enumerate(plumber.pages, 1):
        words = page.extract_words(extra_attrs=["fontname", "size"])
        shown = " ".join(word["text"] for word in words)
        assert (round(page.width), round(page.height)) == (420, 595)
        assert [round(each["width"]) for each in page.images] == [57]
        assert all(name in shown for name in ("HOUSENAME", "CONFIDENTIAL", "CELLNAME", f"Page {at} of {number}"))
        assert "99" not in shown
        body = [word for word in words if word["text"] == "twelve"]
        assert {(word["fontname"].partition("+")[2], round(word["size"])) for word in body} == {
            ("NotoSans-Regular", 14)
        }
        assert min(word["x0"] for word in words) >= 85 - 0.1
        logo = page.images[0]
        assert min(word["top"] for word in body) > logo["bottom"] + 5
    colours = {tuple(char["non_stroking_color"]) for char in plumber.pages[0].chars if char["text"] == "L"}
    assert (0.6, 0.0, 0.0) in colours
    assert "Calibri by Noto Sans" in done.output


def test_a_first_page_may_have_a_header_of_its_own(converter: Converter) -> None:
    files = {"a.md": TEXT.encode(), "house.docx": letterhead(own_first=True)}
    done = converter.convert(files, "a.md", "a.pdf", reference_document="house.docx")
    first, second, *_ = (page.extract_text() for page in pypdf.PdfReader(io.BytesIO(done.files["a.pdf"])).pages)
    assert "FIRSTNAME" in first
    assert "HOUSENAME" not in first
    assert "HOUSENAME" in second


def broken(**changes: Any) -> bytes:
    document: Any = docx.Document()
    section = document.sections[0]
    for name, value in changes.items():
        setattr(section, name, value)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def long_header() -> bytes:
    document: Any = docx.Document()
    for _ in range(3_000):
        document.sections[0].header.add_paragraph("line")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "house, said",
    [
        pytest.param(broken(left_margin=Cm(15), right_margin=Cm(15)), "it is A4", id="no room for text"),
        pytest.param(broken(page_width=Cm(500)), "it is A4", id="no paper"),
        pytest.param(long_header(), "is cut", id="a header that is longer than a page"),
        pytest.param(letterhead(own_first=True), "are replaced", id="fonts that are not here"),
    ],
)
def test_what_a_pdf_cannot_take_is_told(converter: Converter, house: bytes, said: str) -> None:
    done = converter.convert({"a.md": b"text\n", "h.docx": house}, "a.md", "a.pdf", reference_document="h.docx")
    assert said in done.output
    assert "text" in pypdf.PdfReader(io.BytesIO(done.files["a.pdf"])).pages[0].extract_text()


def test_a_damaged_logo_is_named(converter: Converter) -> None:
    logo = png(60, 60)
    house = letterhead(logo=logo[:45] + b"\0" * 20 + logo[65:])
    said = converter.refused({"a.md": b"text\n", "h.docx": house}, "a.md", "a.pdf", reference_document="h.docx")
    assert "(image of the house style)" in said


@pytest.fixture(scope="module")
def in_templates(converter: Converter) -> dict[str, bytes]:
    """The same text in every template, as docx, odt and pdf; as pptx the slides."""
    wanted = [(name, suffix) for name in DESIGNS for suffix in ("docx", "odt", "pdf")] + [("slides", "pptx")]
    calls = [
        ("convert_document", {"source": "a.md", "target": f"{name}.{suffix}", "template": name})
        for name, suffix in wanted
    ]
    done = converter.calls(calls, {"a.md": TEXT.encode()}, {"seconds": 120, "cpu_seconds": 60})
    assert all(result["ok"] for result in done.results), done.output
    assert "note:" not in done.output
    return dict(done.files)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_template_gives_its_looks_to_word_and_pdf(in_templates: dict[str, bytes], name: str) -> None:
    design = DESIGNS[name]
    word: Any = docx.Document(io.BytesIO(in_templates[f"{name}.docx"]))
    assert word.styles["Normal"].font.name == design.body
    assert str(word.styles["Heading 1"].font.color.rgb) == design.colour
    pages = pypdf.PdfReader(io.BytesIO(in_templates[f"{name}.pdf"])).pages
    assert f"2 / {len(pages)}" in pages[1].extract_text()
    letters = pdfplumber.open(io.BytesIO(in_templates[f"{name}.pdf"])).pages[0].chars
    assert max(char["size"] for char in letters) == pytest.approx(design.title_size, abs=0.5)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_template_gives_its_looks_to_opendocument(in_templates: dict[str, bytes], name: str) -> None:
    design = DESIGNS[name]
    root = ET.fromstring(zipfile.ZipFile(io.BytesIO(in_templates[f"{name}.odt"])).read("styles.xml"))  # noqa: S314
    named = {style.get(f"{STYLE}name"): style for style in root.iter(f"{STYLE}style")}
    styles = {name: [prop for each in style for prop in each.items()] for name, style in named.items()}
    assert {(f"{STYLE}font-name", design.body), (f"{FO}font-size", f"{design.size:g}pt")} <= set(styles["Standard"])
    heading = dict(styles["Heading_20_1"])
    assert heading[f"{FO}color"] == f"#{design.colour}"
    assert (f"{FO}border-bottom" in heading) == design.ruled
    assert (root.find(f".//{STYLE}header") is not None) == any(design.header)
    assert [each.tag for each in root.iter() if each.tag.endswith("page-number")]


def test_slides_take_the_template(in_templates: dict[str, bytes]) -> None:
    theme = zipfile.ZipFile(io.BytesIO(in_templates["slides.pptx"])).read("ppt/theme/theme1.xml")
    assert b'<a:accent2><a:srgbClr val="0F766E"' in theme


@pytest.mark.parametrize(
    "options, target, said",
    [
        ({"template": "poster"}, "a.pdf", "known are cv, invoice, letter"),
        ({"template": "../../x"}, "a.pdf", "there is no template"),
        ({"template": "letter"}, "a.pptx", "the template letter is for docx, pdf, odt"),
        ({"template": "slides"}, "a.docx", "the template slides is for pptx"),
        ({"template": "letter", "reference_document": "h.docx"}, "a.docx", "leave one of them out"),
        ({"reference_document": "h.odt"}, "a.pdf", "a docx to a pdf"),
        ({"reference_document": "a.docx"}, "a.pdf", "a.docx"),
    ],
)
def test_looks_that_cannot_be_given_are_refused(
    converter: Converter, options: dict[str, str], target: str, said: str
) -> None:
    files = {"a.md": b"text\n", "a.docx": b"no zip", "h.docx": letterhead(), "h.odt": b"PK"}
    assert said in converter.refused(files, "a.md", target, **options)


def test_the_templates_are_what_their_script_makes() -> None:
    """After a change: `python -m infra.documents pictures`."""
    assert {place.name: place.read_bytes() for place in TEMPLATES.iterdir()} == made()


def test_the_model_is_told_of_every_template() -> None:
    about = str(TOOL.spec.parameters["properties"])
    assert all(place.stem in about for place in TEMPLATES.iterdir())
