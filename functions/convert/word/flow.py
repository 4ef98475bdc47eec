"""What pandoc passes over in the text of a Word file, as elements that it reads.

Fields and content controls become their content, text boxes and charts stand after the paragraph that they hang on,
form fields show their value, symbols are characters. Element names are those of ECMA-376 part 1, 17.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from convert.charts import chart_of, diagram_of
from convert.errors import CannotConvert
from convert.ooxml import child, first
from convert.word.elements import is_on, paragraph, table, text_run
from convert.word.symbols import character

if TYPE_CHECKING:
    from convert.ooxml import Package, Relation

_PROPERTIES = {"w:smartTagPr", "w:customXmlPr", "w:fldData"}
# Vocabularies of which the first choice is understood here; of others Word's own fallback is taken.
_UNDERSTOOD = ("wps", "wpg", "wpc", "w14", "w15", "w16", "cx")
_BOX = "lifted"
_MOST_COLUMNS = 500


@dataclass(slots=True)
class Flow:
    """One part on its way to pandoc. `hidden` says what to do with hidden text: mark it, or leave it out.

    `included` collects parts that stand in the text as a whole; a paragraph of `mark` and a number keeps their place.
    """

    package: Package
    related: Mapping[str, Relation]
    hidden_styles: frozenset[str]
    marks_hidden: bool
    mark: str
    included: list[str] = field(default_factory=list)

    def change(self, element: Element) -> Sequence[Element]:
        """The element as pandoc reads it; see `convert.word.elements.rewrite`."""
        made: Sequence[Element] = [element]
        match element.tag:
            case "w:fldSimple" | "w:dir" | "w:bdo" | "w:smartTag" | "w:customXml":
                made = [each for each in element if each.tag not in _PROPERTIES]
            case "w:sdt":
                made = list(child(element, "w:sdtContent") or ())
            case "mc:AlternateContent":
                made = _chosen(element)
            case "w:r":
                made = self._run(element)
            case "w:drawing" | "w:pict" | "w:object":
                made = self._drawing(element)
            case "w:p":
                made = [element, *_lifted(element)]
            case "w:tbl":
                _pad(element)
            case "w:altChunk":
                made = self._chunk(element)
        return made

    def _run(self, run: Element) -> Sequence[Element]:
        for each in run:
            if each.tag == "w:sym":
                _to_character(each)
        if (ruby := child(run, "w:ruby")) is not None:
            return _base_and_reading(ruby)
        if (form := child(run, "w:fldChar", "w:ffData")) is not None:
            return [*_form_value(form), run]
        properties = child(run, "w:rPr")
        style = child(properties, "w:rStyle")
        hides = is_on(properties, "w:vanish") or (style is not None and style.get("w:val") in self.hidden_styles)
        return self._hidden(run) if hides and child(run, "w:t") is not None else [run]

    def _hidden(self, run: Element) -> Sequence[Element]:
        if not self.marks_hidden:
            return []
        properties = child(run, "w:rPr")
        for each in [each for each in properties or () if each.tag in {"w:vanish", "w:rStyle"}]:
            if properties is not None:
                properties.remove(each)
        return [text_run("[hidden: "), run, text_run("]")]

    def _drawing(self, drawing: Element) -> Sequence[Element]:
        """Pictures stay; text boxes, charts and diagrams are marked to be lifted out of the paragraph."""
        lifted = Element(_BOX)
        for box in drawing.iter("w:txbxContent"):
            lifted.extend(list(box))
            box.clear()
        for chart in drawing.iter():
            if chart.tag in {"c:chart", "cx:chart"} and (root := self._part(chart, "r:id")) is not None:
                drawn = chart_of(root)
                lifted.append(paragraph(text_run(f"[{drawn.kind}] {drawn.title}")))
                lifted.extend([table(drawn.rows)] if drawn.rows else [])
            elif chart.tag == "dgm:relIds" and (root := self._part(chart, "r:dm")) is not None:
                lines = diagram_of(root)
                lifted.extend([paragraph(text_run("[diagram]")), *(paragraph(text_run(line)) for line in lines)])
        pictures = list(drawing.iter("pic:pic"))
        linked = [text_run(text) for picture in pictures if (text := self._linked(picture, drawing))]
        held = drawing.tag != "w:drawing" or len(linked) < len(pictures)
        marks = [*(each for run in linked for each in run), *([lifted] if len(lifted) else [])]
        return [*([drawing] if held else []), *marks]

    def _linked(self, picture: Element, drawing: Element) -> str:
        """What is said of a picture that lies outside of the document; nothing for one inside."""
        blip = first(picture, "a:blip")
        if blip is None or blip.get("r:embed") in self.related:
            return ""
        target = self.related.get(blip.get("r:link", ""))
        about = (first(drawing, "wp:docPr"), first(picture, "pic:cNvPr"))
        words = next((each.get("descr") or "" for each in about if each is not None and each.get("descr")), "")
        return f"[linked picture: {', '.join(filter(None, (words, target.target if target else '')))}]"

    def _chunk(self, chunk: Element) -> Sequence[Element]:
        relation = self.related.get(chunk.get("r:id", ""))
        if relation is None or relation.external or relation.target not in self.package.parts:
            return []
        self.included.append(relation.target)
        return [paragraph(text_run(f"{self.mark}-{len(self.included)}"))]

    def _part(self, element: Element, attribute: str) -> Element | None:
        relation = self.related.get(element.get(attribute, ""))
        if relation is None or relation.target not in self.package.parts:
            return None
        try:
            return self.package.xml(relation.target)
        except CannotConvert:
            return None


def _chosen(element: Element) -> Sequence[Element]:
    choice, fallback = child(element, "mc:Choice"), child(element, "mc:Fallback")
    needed = (choice.get("Requires", "") if choice is not None else "").split()
    if choice is not None and (fallback is None or all(each.startswith(_UNDERSTOOD) for each in needed)):
        return list(choice)
    return list(fallback) if fallback is not None else []


def _to_character(symbol: Element) -> None:
    font, number = symbol.get("w:font", ""), symbol.get("w:char", "")
    symbol.tag, symbol.text = "w:t", character(font, number) or f"[symbol {number} of {font}]"
    symbol.attrib.clear()


def _base_and_reading(ruby: Element) -> Sequence[Element]:
    """The base text, and how it is read in brackets, as programs do that cannot set one above the other."""
    base, reading = child(ruby, "w:rubyBase"), child(ruby, "w:rt")
    runs = list(base) if base is not None else []
    return [*runs, text_run("("), *reading, text_run(")")] if reading is not None and len(reading) else runs


def _form_value(form: Element) -> Sequence[Element]:
    """What a legacy form field is set to; the text of one for text stands in the document itself."""
    if (box := child(form, "w:checkBox")) is not None:
        state = "w:checked" if child(box, "w:checked") is not None else "w:default"
        return [text_run("\N{BALLOT BOX WITH X}" if is_on(box, state) else "\N{BALLOT BOX}")]
    if (choices := child(form, "w:ddList")) is not None:
        entries = [each.get("w:val", "") for each in choices if each.tag == "w:listEntry"]
        chosen = next((each.get("w:val", "") for each in choices if each.tag in {"w:result", "w:default"}), "0")
        number = int(chosen) if chosen.isdecimal() else 0
        return [text_run(entries[number])] if number < len(entries) else []
    return []


def _lifted(element: Element) -> Sequence[Element]:
    """The blocks of boxes that hang on a paragraph, which leave it."""
    found = []
    for box in list(element.iter(_BOX)):
        found.extend(list(box))
        box.clear()
    return found


def _pad(element: Element) -> None:
    """Give every row as many cells as the widest has: pandoc takes the first row's width, and drops what is beyond."""
    rows = [each for each in element if each.tag == "w:tr"]
    widths = [_before(row) + sum(_span(cell) for cell in row if cell.tag == "w:tc") for row in rows]
    widest = min(max(widths, default=0), _MOST_COLUMNS)
    for row, width in zip(rows, widths, strict=True):
        start = next((place for place, each in enumerate(row) if each.tag == "w:tc"), len(row))
        for _ in range(min(_before(row), _MOST_COLUMNS)):
            row.insert(start, _empty_cell())
        row.extend(_empty_cell() for _ in range(widest - width))


def _empty_cell() -> Element:
    cell = Element("w:tc")
    cell.append(paragraph())
    return cell


def _before(row: Element) -> int:
    return _integer(child(row, "w:trPr", "w:gridBefore"), 0)


def _span(cell: Element) -> int:
    return max(_integer(child(cell, "w:tcPr", "w:gridSpan"), 1), 1)


def _integer(element: Element | None, otherwise: int) -> int:
    text = "" if element is None else element.get("w:val", "")
    return int(text) if text.isdecimal() and len(text) < len(str(_MOST_COLUMNS)) + 1 else otherwise
