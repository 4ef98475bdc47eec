"""Reference documents in a design, made of those that pandoc brings along: the same bytes each time."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from infra.documents.designs import HEADINGS, PAGE, PAGE_SIZE, PAGES, SANS, SLIDES_COLOURS, SMALL, TITLE, Design
from infra.documents.packing import archive, of_pandoc

_FIELDS = {TITLE: "TITLE", PAGE: "PAGE", PAGES: "NUMPAGES"}
_ALIGNED = {"left": WD_ALIGN_PARAGRAPH.LEFT, "right": WD_ALIGN_PARAGRAPH.RIGHT}
_HEAD_OF_CONTENTS = "TOC Heading"


def word(design: Design) -> bytes:
    """A docx whose styles, page, header and footer are the design's."""
    document = docx.Document(io.BytesIO(of_pandoc("reference.docx")))
    styles: Any = document.styles
    _type(styles["Normal"], design.body, design.size)
    for name in ("Body Text", "First Paragraph"):
        styles[name].paragraph_format.space_before = Pt(0)
        styles[name].paragraph_format.space_after = Pt(design.size * 0.7)
        styles[name].paragraph_format.line_spacing = 1.15
        if design.justified:
            styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    for level, times in enumerate(HEADINGS, 1):
        name = f"Heading {level}"
        _type(styles[name], design.heads, design.size * max(times * design.scale, 1), design.colour, bold=True)
        styles[name].paragraph_format.space_before = Pt(design.size * 1.4)
        styles[name].paragraph_format.space_after = Pt(design.size * 0.5)
    _type(styles[_HEAD_OF_CONTENTS], design.heads, design.size * 1.5, design.colour, bold=True)
    for name, size in (("Title", design.title_size), ("Subtitle", design.size * 1.3)):
        _type(styles[name], design.heads, size, design.colour, bold=name == "Title")
        styles[name].paragraph_format.alignment = _ALIGNED[design.title]
    for name in ("Author", "Date"):
        _type(styles[name], design.body, design.size, "4B5563", bold=False)
        styles[name].paragraph_format.alignment = _ALIGNED[design.title]
    if design.ruled:
        _rule(styles["Heading 1"].element.get_or_add_pPr(), design.colour)
    _table(styles["Table"].element, design.colour)
    _page(document.sections[0], design)
    document.core_properties.title = ""
    document.core_properties.author = ""
    return _settled(document)


def slides() -> bytes:
    """A pptx in our colours and type."""
    source = zipfile.ZipFile(io.BytesIO(of_pandoc("reference.pptx")))
    parts = {name: source.read(name) for name in source.namelist()}
    theme = parts["ppt/theme/theme1.xml"].decode()
    for name, colour in SLIDES_COLOURS.items():
        theme = re.sub(rf'(<a:{name}><a:srgbClr val=")[0-9A-F]{{6}}', rf"\g<1>{colour}", theme)
    parts["ppt/theme/theme1.xml"] = re.sub(r'<a:latin typeface="[^"]*"', f'<a:latin typeface="{SANS}"', theme).encode()
    master = parts["ppt/slideMasters/slideMaster1.xml"].decode()
    title = re.sub(r"(<p:titleStyle>.*?<a:schemeClr val=\")tx1", r"\g<1>tx2", master, count=1, flags=re.DOTALL)
    parts["ppt/slideMasters/slideMaster1.xml"] = title.encode()
    return archive(parts)


def _type(style: Any, font: str, size: float, colour: str = "", *, bold: bool | None = None) -> None:
    properties = style.element.get_or_add_rPr()
    if (old := properties.find(qn("w:rFonts"))) is not None:
        properties.remove(old)
    style.font.name = font
    style.font.size = Pt(round(size * 2) / 2)
    if colour:
        style.font.color.rgb = RGBColor.from_string(colour)
    if bold is not None:
        style.font.bold = bold
    style.font.italic = None


def _rule(properties: Any, colour: str) -> None:
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in {"val": "single", "sz": "6", "space": "2", "color": colour}.items():
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    # The schema has an order: after keepNext and keepLines, before spacing (17.3.1).
    properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:outlineLvl")


def _table(style: Any, colour: str) -> None:
    borders = OxmlElement("w:tblBorders")
    for side, shade in (("top", colour), ("bottom", colour), ("insideH", "D1D5DB")):
        line = OxmlElement(f"w:{side}")
        for name, value in {"val": "single", "sz": "4", "space": "0", "color": shade}.items():
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    style.find(qn("w:tblPr")).insert_element_before(borders, "w:tblCellMar")
    first = style.find(qn("w:tblStylePr"))
    bold = OxmlElement("w:rPr")
    bold.append(OxmlElement("w:b"))
    first.insert(0, bold)


def _page(section: Any, design: Design) -> None:
    section.page_width, section.page_height = map(Cm, PAGE_SIZE)
    top, right, bottom, left = design.margins
    section.top_margin, section.right_margin = Cm(top), Cm(right)
    section.bottom_margin, section.left_margin = Cm(bottom), Cm(left)
    section.header_distance = section.footer_distance = Cm(1.1)
    width = PAGE_SIZE[0] - left - right
    stories = [(section.header, design.header), (section.footer, design.footer)]
    if any(design.header):
        section.different_first_page_header_footer = True
        section.first_page_header.is_linked_to_previous = False
        stories.append((section.first_page_footer, design.footer))
    for story, texts in stories:
        if any(texts):
            _three(story.paragraphs[0], texts, width)


def _three(paragraph: Any, texts: tuple[str, str, str], width: float) -> None:
    """A line with a text at the left, in the middle and at the right."""
    stops = paragraph.paragraph_format.tab_stops
    stops.add_tab_stop(Cm(width / 2), WD_TAB_ALIGNMENT.CENTER)
    stops.add_tab_stop(Cm(width), WD_TAB_ALIGNMENT.RIGHT)
    for number, text in enumerate(texts):
        if number:
            _small(paragraph.add_run("\t"))
        for piece in re.split(r"(\{\w+\})", text):
            if piece in _FIELDS:
                _field(paragraph, _FIELDS[piece])
            elif piece:
                _small(paragraph.add_run(piece))


def _field(paragraph: Any, instruction: str) -> None:
    for kind in ("begin", "separate", "end"):
        run = _small(paragraph.add_run())
        mark = OxmlElement("w:fldChar")
        mark.set(qn("w:fldCharType"), kind)
        run.element.append(mark)
        if kind == "begin":
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {instruction} "
            _small(paragraph.add_run()).element.append(code)
        elif kind == "separate":
            _small(paragraph.add_run("1" if instruction != "TITLE" else ""))


def _small(run: Any) -> Any:
    run.font.size = Pt(SMALL)
    run.font.color.rgb = RGBColor.from_string("6B7280")
    return run


def _settled(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    made = zipfile.ZipFile(out)
    return archive({name: made.read(name) for name in made.namelist()})
