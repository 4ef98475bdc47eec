"""Features of presentations."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pptx
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.shapes import MSO_SHAPE
from pptx.oxml import parse_xml
from pptx.util import Inches

from tests.convert.documents import rezipped, unzipped
from tests.convert.features import Feature
from tests.convert.kinds.slides import COMMENTS, DIAGRAM, FORMULA, POINTS, related

_RELATIONS = "ppt/slides/_rels/slide1.xml.rels"
_SIZE = (Inches(1), Inches(2), Inches(4), Inches(3))
_NUMBERED = '<a:buAutoNum xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" type="arabicPeriod"/>'


def _deck(fill: Callable[[Any], object], parts: dict[str, bytes] | None = None, relation: str = "") -> bytes:
    """One slide with a title and what `fill` puts there; `parts` are others that it refers to by `relation`."""
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Headline"
    fill(slide)
    out = io.BytesIO()
    deck.save(out)
    relations = unzipped(out.getvalue())[_RELATIONS].replace(
        b"</Relationships>", f"{relation}</Relationships>".encode()
    )
    return rezipped(out.getvalue(), {_RELATIONS: relations, **(parts or {})})


def _box(slide: Any, words: str) -> Any:
    frame = slide.shapes.add_textbox(*_SIZE).text_frame
    frame.text = words
    return frame


def _chart(slide: Any) -> None:
    make_data: Any = CategoryChartData
    data = make_data()
    data.categories = ["Medlar"]
    data.add_series("Sloe", (271828,))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *_SIZE, data).chart
    chart.has_title, chart.chart_title.text_frame.text = True, "Quince"


def _groups(slide: Any) -> None:
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(*_SIZE).text_frame.text = "Quince"
    group.shapes.add_group_shape().shapes.add_textbox(*_SIZE).text_frame.text = "Medlar"


def _table(slide: Any) -> None:
    table = slide.shapes.add_table(2, 2, *_SIZE).table
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(1, 0).text, table.cell(1, 1).text = "one\nMedlar", "Quince"


def _hidden(slide: Any) -> None:
    slide._element.set("show", "0")  # noqa: SLF001 - the library has no other way
    _box(slide, "Quince")


def _links(slide: Any) -> None:
    paragraph = _box(slide, "").paragraphs[0]
    linked, bold = paragraph.add_run(), paragraph.add_run()
    linked.text, linked.hyperlink.address = "click", "https://example.org/quince"
    bold.text, bold.font.bold = " Medlar", True
    slide.shapes.add_connector(1, 0, 0, 9, 9)
    slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *_SIZE).text_frame.text = "Sloe"


def _notes(slide: Any) -> None:
    slide.notes_slide.notes_text_frame.text = "Quince"


def _lines(slide: Any) -> None:
    _box(slide, "Quince\tMedlar")
    _box(slide, "counted").paragraphs[0]._p.get_or_add_pPr().append(parse_xml(_NUMBERED))  # noqa: SLF001 - as above


def _put(markup: str) -> Callable[[Any], object]:
    return lambda slide: slide.shapes._spTree.append(parse_xml(markup))  # noqa: SLF001 - as above


_PLAIN = _deck(lambda _: None)
_MAIN = "ppt/_rels/presentation.xml.rels"

FEATURES = (
    Feature("chart.pptx", _deck(_chart), ("Quince", "Medlar", "Sloe", "271828")),
    Feature("groups.pptx", _deck(_groups), ("Quince", "Medlar")),
    Feature("table.pptx", _deck(_table), ("Quince", "Medlar")),
    Feature("hidden.pptx", _deck(_hidden), ("Quince", "hidden")),
    Feature("links.pptx", _deck(_links), ("quince", "**Medlar**", "Sloe")),
    Feature("notes.pptx", _deck(_notes), ("Quince", "otes")),
    Feature(
        "diagram.pptx",
        _deck(
            _put(DIAGRAM),
            {"ppt/diagrams/data1.xml": POINTS.encode()},
            related("rIdD", "diagramData", "diagrams/data1.xml"),
        ),
        ("Diagrammatic",),
    ),
    Feature("formula.pptx", _deck(_put(FORMULA)), ("Chosen words", "energy")),
    Feature(
        "comment.pptx",
        _deck(lambda _: None, {"ppt/comments/a.xml": COMMENTS.encode()}, related("rIdC", "comments", "comments/a.xml")),
        ("Remarked",),
    ),
    *(Feature(f"named.{suffix}", _PLAIN, ("Headline",)) for suffix in ("pptm", "ppsx")),
    Feature(
        "from-the-root.pptx",
        rezipped(_PLAIN, {_MAIN: unzipped(_PLAIN)[_MAIN].replace(b'Target="slides/', b'Target="/ppt/slides/')}),
        ("Headline",),
    ),
    Feature("lines.pptx", _deck(_lines), ("Quince Medlar", "1.")),
)
