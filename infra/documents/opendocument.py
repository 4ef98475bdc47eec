"""The same designs as reference documents for OpenDocument, made of the one that pandoc brings along.

Styles, page layouts and master pages are those of OpenDocument 1.3, part 3, chapters 16 and 20.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from infra.documents.designs import HEADINGS, PAGE, PAGE_SIZE, PAGES, SMALL, TITLE, Design
from infra.documents.packing import archive, of_pandoc

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = {
    prefix: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"
    for prefix, name in (
        ("office", "office"), ("style", "style"), ("text", "text"), ("table", "table"), ("draw", "drawing"),
        ("fo", "xsl-fo-compatible"), ("svg", "svg-compatible"), ("meta", "meta"), ("number", "datastyle"),
    )
}  # fmt: skip
_FIELDS = {TITLE: "text:title", PAGE: "text:page-number", PAGES: "text:page-count"}
_BODY, _HEAD, _LINE = "Text_20_body", "Heading", "Standard"
_EDGE = 1.1
"""Centimetres from the edge of the page to header and footer."""
_ROOM = 1.0
"""Centimetres that a header or a footer takes at least, its distance from the text included."""


def text_document(design: Design) -> bytes:
    """An odt whose styles, page, header and footer are the design's."""
    for prefix, name in _NAMES.items():
        ET.register_namespace(prefix, name)
    source = zipfile.ZipFile(io.BytesIO(of_pandoc("reference.odt")))
    parts = {name: source.read(name) for name in source.namelist()}
    styles = ET.fromstring(parts["styles.xml"])  # noqa: S314 - of pandoc
    common = _found(styles, "office:styles")
    for name, parent, paragraph, letters in _styles(design):
        _put(common, name, parent, paragraph, letters)
    _fonts(styles, design)
    _page(styles, design)
    parts["styles.xml"] = ET.tostring(styles, encoding="utf-8", xml_declaration=True)
    return archive(parts)


def _styles(design: Design) -> list[tuple[str, str, Mapping[str, str], Mapping[str, str]]]:
    """Name, parent, properties of the paragraph and of its letters."""
    aligned = {"fo:text-align": "end" if design.title == "right" else "start"}
    after = {"fo:margin-top": "0pt", "fo:margin-bottom": f"{design.size * 0.7:g}pt", "fo:line-height": "115%"}
    if design.justified:
        after["fo:text-align"] = "justify"
    around = {"fo:margin-top": f"{design.size * 1.4:g}pt", "fo:margin-bottom": f"{design.size * 0.5:g}pt"}
    kept = {"fo:keep-with-next": "always"}
    ruled = {"fo:border-bottom": f"0.75pt solid #{design.colour}", "fo:padding-bottom": "2pt"} if design.ruled else {}
    coloured = {"fo:color": f"#{design.colour}", "style:use-window-font-color": "false"}
    grey = _letters(design.body, design.size) | {"fo:color": "#4B5563", "style:use-window-font-color": "false"}
    small = {"fo:font-size": f"{SMALL}pt", "fo:color": "#6B7280", "style:use-window-font-color": "false"}
    heads = [
        (f"Heading_20_{level}", _HEAD, ruled if level == 1 else {},
         _letters(design.heads, design.size * max(times * design.scale, 1), bold=True) | coloured)
        for level, times in enumerate(HEADINGS, 1)
    ]  # fmt: skip
    stops = {"stops": f"{_width(design) / 2:g} {_width(design):g}"}
    return [
        (_LINE, "", {}, _letters(design.body, design.size)),
        (_BODY, _LINE, after, {}),
        (_HEAD, _LINE, around | kept, _letters(design.heads, design.size)),
        *heads,
        ("Title", _HEAD, aligned | kept, _letters(design.heads, design.title_size, bold=True) | coloured),
        ("Subtitle", _HEAD, aligned | kept, _letters(design.heads, design.size * 1.3) | coloured),
        ("Author", _LINE, aligned, grey),
        ("Date", _LINE, aligned | {"fo:margin-bottom": f"{design.size * 0.7:g}pt"}, grey),
        ("Contents_20_Heading", _HEAD, {}, _letters(design.heads, design.size * 1.5, bold=True) | coloured),
        ("Table_20_Heading", "Table_20_Contents", {}, {"fo:font-weight": "bold"}),
        ("Header", _LINE, stops, small),
        ("Footer", _LINE, stops, small),
    ]


def _letters(font: str, size: float, *, bold: bool = False) -> dict[str, str]:
    weight = "bold" if bold else "normal"
    return {
        "style:font-name": font,
        "fo:font-size": f"{round(size * 2) / 2:g}pt",
        "fo:font-style": "normal",
        "fo:font-weight": weight,
    }


def _put(common: ET.Element, name: str, parent: str, paragraph: Mapping[str, str], letters: Mapping[str, str]) -> None:
    """The style in place of the one of this name; without properties to give, that one's stay."""
    old = next((each for each in common if each.get(_of("style:name")) == name), None)
    said = dict(old.attrib) if old is not None else {_of("style:name"): name, _of("style:family"): "paragraph"}
    if old is None:
        said[_of("style:display-name")] = name.replace("_20_", " ")
    if parent:
        said[_of("style:parent-style-name")] = parent
    style = ET.Element(_of("style:style"), said)
    stops = paragraph.get("stops", "").split()
    kept = {_of(key): value for key, value in paragraph.items() if key != "stops"}
    if kept or stops:
        properties = ET.SubElement(style, _of("style:paragraph-properties"), kept)
        for place, kind in zip(stops, ("center", "right"), strict=False):
            holder = properties[0] if len(properties) else ET.SubElement(properties, _of("style:tab-stops"))
            ET.SubElement(holder, _of("style:tab-stop"), {_of("style:position"): f"{place}cm", _of("style:type"): kind})
    if letters:
        ET.SubElement(style, _of("style:text-properties"), {_of(key): value for key, value in letters.items()})
    if old is None:
        common.append(style)
    else:
        common[list(common).index(old)] = style


def _fonts(styles: ET.Element, design: Design) -> None:
    declared = _found(styles, "office:font-face-decls")
    for font in sorted({design.body, design.heads}):
        ET.SubElement(declared, _of("style:font-face"), {_of("style:name"): font, _of("svg:font-family"): f"'{font}'"})


def _page(styles: ET.Element, design: Design) -> None:
    layout = _found(styles, "office:automatic-styles/style:page-layout")
    top, right, bottom, left = design.margins
    width, height = PAGE_SIZE
    above, below = (_EDGE if any(texts) else margin for texts, margin in
                    ((design.header, top), (design.footer, bottom)))  # fmt: skip
    for name, value in {
        "page-width": width, "page-height": height, "margin-top": above, "margin-bottom": below,
        "margin-left": left, "margin-right": right,
    }.items():  # fmt: skip
        _found(layout, "style:page-layout-properties").set(_of(f"fo:{name}"), f"{value:g}cm")
    master = _found(styles, "office:master-styles/style:master-page")
    for old in list(master):
        master.remove(old)
    _story(layout, master, "header", design.header, max(top - _EDGE, _ROOM))
    _story(layout, master, "footer", design.footer, max(bottom - _EDGE, _ROOM))


def _story(layout: ET.Element, master: ET.Element, name: str, texts: tuple[str, str, str], height: float) -> None:
    """Header or footer; a header not on the first page."""
    style = _found(layout, f"style:{name}-style")
    for old in list(style):
        style.remove(old)
    if not any(texts):
        return
    beside = "fo:margin-bottom" if name == "header" else "fo:margin-top"
    ET.SubElement(
        style, _of("style:header-footer-properties"), {_of("fo:min-height"): f"{height:g}cm", _of(beside): "0.4cm"}
    )
    _three(ET.SubElement(ET.SubElement(master, _of(f"style:{name}")), _of("text:p")), name.title(), texts)
    if name == "header":
        first = ET.SubElement(master, _of("style:header-first"))
        ET.SubElement(first, _of("text:p"), {_of("text:style-name"): "Header"})


def _three(paragraph: ET.Element, style: str, texts: tuple[str, str, str]) -> None:
    """A line with a text at the left, in the middle and at the right."""
    paragraph.set(_of("text:style-name"), style)
    paragraph.text, last = "", paragraph
    for number, text in enumerate(texts):
        if number:
            last = ET.SubElement(paragraph, _of("text:tab"))
        for piece in re.split(r"(\{\w+\})", text):
            if piece in _FIELDS:
                last = ET.SubElement(paragraph, _of(_FIELDS[piece]))
            elif last is paragraph:
                paragraph.text += piece
            else:
                last.tail = (last.tail or "") + piece


def _width(design: Design) -> float:
    return round(PAGE_SIZE[0] - design.margins[1] - design.margins[3], 3)


def _found(element: ET.Element, path: str) -> ET.Element:
    found = element.find(path, _NAMES)
    if found is None:
        raise LookupError(f"pandoc's reference document has no {path}")
    return found


def _of(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_NAMES[prefix]}}}{local}"
