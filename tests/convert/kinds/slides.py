"""A presentation with one of each: what a slide can hold, what hangs on it, and what stands on its layout."""

from __future__ import annotations

import io
from typing import Any

import pptx
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml import parse_xml
from pptx.util import Inches

from convert.inventory import Content
from tests.convert.documents import png, rezipped, unzipped
from tests.convert.kinds import Case, Family, Fate

_SCHEMAS = "http://schemas.openxmlformats.org"
_R = f"{_SCHEMAS}/officeDocument/2006/relationships"
_A = f"{_SCHEMAS}/drawingml/2006/main"
_P = f"{_SCHEMAS}/presentationml/2006/main"
_NAMESPACES = f'xmlns:p="{_P}" xmlns:a="{_A}" xmlns:r="{_R}"'


def related(identifier: str, kind: str, target: str) -> str:
    """What a slide refers to, by its place below `ppt`."""
    return f'<Relationship Id="{identifier}" Type="{_R}/{kind}" Target="../{target}"/>'


def _shape(number: int, text: str) -> str:
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="S"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>'
        f"<p:txBody><a:bodyPr/><a:p>{text}</a:p></p:txBody></p:sp>"
    )


FORMULA = (
    f'<mc:AlternateContent {_NAMESPACES} xmlns:mc="{_SCHEMAS}/markup-compatibility/2006"><mc:Choice Requires="a14"'
    ' xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main">'
    + _shape(
        70,
        f'<a:r><a:t>Chosen words</a:t></a:r><a14:m><m:oMath xmlns:m="{_SCHEMAS}/officeDocument/2006/math"><m:sSup><m:e>'
        "<m:r><m:t>energy</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></a14:m>",
    )
    + f"</mc:Choice><mc:Fallback>{_shape(71, '<a:r><a:t>Chosen words</a:t></a:r>')}</mc:Fallback></mc:AlternateContent>"
)
DIAGRAM = (
    f'<p:graphicFrame {_NAMESPACES}><p:nvGraphicFramePr><p:cNvPr id="99" name="D"/><p:cNvGraphicFramePr/><p:nvPr/>'
    '</p:nvGraphicFramePr><p:xfrm><a:off x="0" y="0"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic>'
    f'<a:graphicData uri="{_SCHEMAS}/drawingml/2006/diagram"><dgm:relIds xmlns:dgm="{_SCHEMAS}/drawingml/2006/diagram"'
    ' r:dm="rIdD" r:lo="rIdD" r:qs="rIdD" r:cs="rIdD"/></a:graphicData></a:graphic></p:graphicFrame>'
)
POINTS = (
    f'<dgm:dataModel xmlns:dgm="{_SCHEMAS}/drawingml/2006/diagram" xmlns:a="{_A}"><dgm:ptLst><dgm:pt><dgm:t>'
    "<a:bodyPr/><a:p><a:r><a:t>Diagrammatic</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"
)
COMMENTS = f'<p:cmLst xmlns:p="{_P}"><p:cm authorId="7" idx="1"><p:text>Remarked</p:text></p:cm></p:cmLst>'
_AUTHORS = f'<p:cmAuthorLst xmlns:p="{_P}"><p:cmAuthor id="7" name="Ann"/></p:cmAuthorLst>'
_OBJECT = (
    f'<p:graphicFrame {_NAMESPACES}><p:nvGraphicFramePr><p:cNvPr id="98" name="O"/><p:cNvGraphicFramePr/><p:nvPr/>'
    '</p:nvGraphicFramePr><p:xfrm><a:off x="0" y="0"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic>'
    f'<a:graphicData uri="{_SCHEMAS}/presentationml/2006/ole"><p:oleObj progId="Visio.Drawing" r:id="rIdO"/>'
    "</a:graphicData></a:graphic></p:graphicFrame>"
)


def _first(slide: Any) -> None:
    slide.shapes.title.text = "Headline"
    frame = slide.placeholders[1].text_frame
    frame.text = "Bullet"
    run = frame.paragraphs[0].add_run()
    run.text, run.hyperlink.address = " linked", "https://example.org/elsewhere"
    slide.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "Boxed"
    group = slide.shapes.add_group_shape().shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "Grouped"
    table = slide.shapes.add_table(1, 2, 0, 0, Inches(1), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "first para\nsecond para", "beside"
    make_data: Any = CategoryChartData
    data = make_data()
    data.categories = ["Northern"]
    data.add_series("Turnover", (271828,))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(1), Inches(1), data).chart
    chart.has_title, chart.chart_title.text_frame.text = True, "Charted"
    slide.shapes.add_picture(io.BytesIO(png()), 0, 0)._element.nvPicPr.cNvPr.set("descr", "Crimson")  # noqa: SLF001
    slide.notes_slide.notes_text_frame.text = "Whispered"
    for markup in (FORMULA, DIAGRAM, _OBJECT):
        slide.shapes._spTree.append(parse_xml(markup))  # noqa: SLF001


def _deck() -> bytes:
    deck = pptx.Presentation()
    _first(deck.slides.add_slide(deck.slide_layouts[1]))
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Concealed"
    second._element.set("show", "0")  # noqa: SLF001
    footer = _shape(80, "<a:r><a:t>Footnoted</a:t></a:r>").replace("<p:nvPr/>", '<p:nvPr><p:ph type="ftr"/></p:nvPr>')
    second.shapes._spTree.append(parse_xml(footer.replace("<p:sp>", f"<p:sp {_NAMESPACES}>")))  # noqa: SLF001
    stamp = _shape(81, "<a:r><a:t>Watermarked</a:t></a:r>").replace("<p:sp>", f"<p:sp {_NAMESPACES}>")
    deck.slide_layouts[5].shapes._spTree.append(parse_xml(stamp))  # noqa: SLF001
    out = io.BytesIO()
    deck.save(out)
    parts = unzipped(out.getvalue())
    relations = "".join(
        (
            related("rIdD", "diagramData", "diagrams/data1.xml"),
            related("rIdC", "comments", "comments/comment1.xml"),
            related("rIdO", "oleObject", "embeddings/drawing.bin"),
        )
    )
    authors = f'<Relationship Id="rIdA" Type="{_R}/commentAuthors" Target="commentAuthors.xml"/>'
    slide, main = "ppt/slides/_rels/slide1.xml.rels", "ppt/_rels/presentation.xml.rels"
    return rezipped(
        out.getvalue(),
        {
            slide: parts[slide].replace(b"</Relationships>", f"{relations}</Relationships>".encode()),
            main: parts[main].replace(b"</Relationships>", f"{authors}</Relationships>".encode()),
            "ppt/diagrams/data1.xml": POINTS.encode(),
            "ppt/comments/comment1.xml": COMMENTS.encode(),
            "ppt/commentAuthors.xml": _AUTHORS.encode(),
            "ppt/embeddings/drawing.bin": b"drawing",
            "ppt/vbaProject.bin": b"program",
        },
    )


_STRICT = {
    b"http://schemas.openxmlformats.org/presentationml/2006/": b"http://purl.oclc.org/ooxml/presentationml/",
    b"http://schemas.openxmlformats.org/drawingml/2006/": b"http://purl.oclc.org/ooxml/drawingml/",
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/": b"http://purl.oclc.org/ooxml/spreadsheetml/",
    b"http://schemas.openxmlformats.org/officeDocument/2006/": b"http://purl.oclc.org/ooxml/officeDocument/",
}


def strict(archive: bytes) -> bytes:
    """The package as programs write it that were told to keep to the standard."""
    parts = {}
    for name, data in unzipped(archive).items():
        if name.endswith((".xml", ".rels")):
            parts[name] = data
            for old, new in _STRICT.items():
                parts[name] = parts[name].replace(old, new)
    return rezipped(archive, parts)


_DECK = _deck()

FAMILY = Family(
    files={"deck.pptx": _DECK, "strict.pptx": strict(_DECK), "deck.ppsx": _DECK},
    cases=(
        Case(Content.TEXT, "deck.pptx", "Bullet", Fate.CARRIED),
        Case(Content.TEXT, "strict.pptx", "Bullet", Fate.CARRIED),
        Case(Content.TEXT, "deck.ppsx", "Bullet", Fate.CARRIED),
        Case(Content.TEXT_BOX, "deck.pptx", "Boxed", Fate.CARRIED),
        Case(Content.TEXT_BOX, "deck.pptx", "Grouped", Fate.CARRIED),
        Case(Content.TEXT_BOX, "deck.pptx", "Watermarked", Fate.NOTED),
        Case(Content.CELL, "deck.pptx", "beside", Fate.CARRIED, said="first para<br>second para"),
        Case(Content.CHART, "deck.pptx", "Charted", Fate.CARRIED, said="271828"),
        Case(Content.CHART, "strict.pptx", "Northern", Fate.CARRIED, said="Turnover"),
        Case(Content.DIAGRAM, "deck.pptx", "Diagrammatic", Fate.CARRIED),
        Case(Content.FORMULA, "deck.pptx", "energy", Fate.CARRIED, said="^{2}"),
        Case(Content.PICTURE, "deck.pptx", "Crimson", Fate.CARRIED, said="40 x 30 pixels"),
        Case(Content.LINK, "deck.pptx", "https://example.org/elsewhere", Fate.CARRIED),
        Case(Content.COMMENT, "deck.pptx", "Remarked", Fate.CARRIED, said="comment by Ann"),
        Case(Content.SPEAKER_NOTES, "deck.pptx", "Whispered", Fate.CARRIED, said="Speaker notes"),
        Case(Content.HIDDEN_SLIDE, "deck.pptx", "hidden slide", Fate.CARRIED, said="Concealed"),
        Case(Content.FOOTER, "deck.pptx", "Footnoted", Fate.NOTED, said="slide 2"),
        Case(Content.EMBEDDED, "deck.pptx", "Visio.Drawing", Fate.CARRIED),
        Case(Content.MACRO, "deck.pptx", "vbaProject.bin", Fate.NOTED),
    ),
)
