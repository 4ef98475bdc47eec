"""Headers and footers of a Word file as lines of pieces: text, pictures, and the numbers of pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from convert.house_style.looks import alignment, looks
from convert.ooxml import child, first
from convert.pictures import kind_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from convert.ooxml import Package

Piece = dict[str, Any]
"""`text`, `field` (page, pages or title), `image` (its name) with `width` and `height`, or `tab`; and how it looks."""

_FIELDS: Mapping[str, str] = MappingProxyType(
    {"PAGE": "page", "NUMPAGES": "pages", "SECTIONPAGES": "pages", "TITLE": "title"}
)
_EMU = 12_700  # in a point
_MOST_LINES, _MOST_PIECES, _LONGEST_TEXT = 12, 60, 500
_PICTURES = frozenset({"png", "jpg", "gif", "svg", "webp"})
_LARGEST = 1_000.0


class Stories:
    """Reads headers and footers of one file. `images` are name -> bytes of their pictures, `notes` what is left out."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self.images: dict[str, bytes] = {}
        self.notes: list[str] = []

    def lines(self, part: str) -> list[dict[str, Any]]:
        """Each line as `align` and `parts`: the stretches between its tabs, or the cells of a table's row."""
        root, found = self._package.xml(part), list[dict[str, Any]]()
        for align, stretches in self._lines(root, part):
            found.append({"align": align, "parts": stretches})
            if len(found) > _MOST_LINES or sum(map(len, stretches)) > _MOST_PIECES:
                self.notes.append("a header or footer of the house style has more than fits on a page, and is cut")
                return [{**line, "parts": [part[:_MOST_PIECES] for part in line["parts"]]} for line in found[:-1]]
        return found

    def _lines(self, element: Element, part: str) -> Iterator[tuple[str, list[list[Piece]]]]:
        for each in element:
            if each.tag == "w:tr":
                cells = (cell for cell in each.iter("w:tc"))
                yield "cells", [self._pieces([p for p in cell if p.tag == "w:p"], part) for cell in cells]
            elif each.tag == "w:p":
                yield alignment(child(each, "w:pPr"), "left"), _between_tabs(self._pieces([each], part))
            elif each.tag in {"w:tbl", "w:sdt", "w:sdtContent"}:
                yield from self._lines(each, part)

    def _pieces(self, paragraphs: Sequence[Element], part: str) -> list[Piece]:
        found: list[Piece] = []
        for number, paragraph in enumerate(paragraphs):
            if number:
                found.append({"text": "\n"})
            found += self._of(paragraph, part, _Field())
        return found

    def _of(self, element: Element, part: str, field: _Field) -> Iterator[Piece]:
        for each in element:
            match each.tag:
                case "w:r":
                    yield from self._run(each, part, field, looks(child(each, "w:rPr")))
                case "w:fldSimple" if known := _known(each.get("w:instr", "")):
                    yield {"field": known, **looks(child(first(each, "w:r"), "w:rPr"))}
                case "w:pPr" | "w:del" | "w:moveFrom":
                    continue
                case _:
                    yield from self._of(each, part, field)

    def _run(self, run: Element, part: str, field: _Field, look: dict[str, Any]) -> Iterator[Piece]:
        for each in run:
            match each.tag:
                case "w:fldChar":
                    if known := field.mark(each.get("w:fldCharType", "")):
                        yield {"field": known, **look}
                case "w:instrText":
                    field.instruction += each.text or ""
                case "w:t" if field.shows and each.text:
                    yield {"text": each.text[:_LONGEST_TEXT], **look}
                case "w:tab" | "w:ptab" if field.shows:
                    yield {"tab": True}
                case "w:br" if field.shows:
                    yield {"text": "\n"}
                case "w:drawing" | "w:pict" | "mc:AlternateContent":
                    yield from self._drawing(each, part)

    def _drawing(self, drawing: Element, part: str) -> Iterator[Piece]:
        blip, extent = first(drawing, "a:blip"), first(drawing, "wp:extent")
        relation = self._package.related(part).get(blip.get("r:embed", "")) if blip is not None else None
        data = self._package.read(relation.target) if relation and relation.target in self._package.parts else b""
        kind = kind_of(data)
        if kind not in _PICTURES:
            what = kind or "a drawing"
            self.notes.append(f"a picture in a header or footer of the house style is left out ({what})")
            return
        name = f"house-{len(self.images)}.{kind}"
        self.images[name] = data
        sizes = {side: _points(extent, key) for side, key in (("width", "cx"), ("height", "cy"))}
        yield {"image": name, **{side: size for side, size in sizes.items() if 1 <= size <= _LARGEST}}


class _Field:
    """Where in a field a paragraph is: between `begin` and `separate` stands its instruction, then what it shows."""

    def __init__(self) -> None:
        self.instruction, self.shows = "", True

    def mark(self, kind: str) -> str | None:
        """Go on; gives the name of a field that is filled in here instead of by what the file shows."""
        # A field without `separate` shows nothing yet, so it is filled in where it ends.
        known, self.instruction = _known(self.instruction), ""
        if kind == "begin":
            self.shows = False
            return None
        self.shows = kind != "separate" or known is None
        return known


def _known(instruction: str) -> str | None:
    return _FIELDS.get((instruction.split() or [""])[0].upper())


def _between_tabs(pieces: Sequence[Piece]) -> list[list[Piece]]:
    parts: list[list[Piece]] = [[]]
    for piece in pieces:
        if "tab" in piece:
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


def _points(extent: Element | None, name: str) -> float:
    value = extent.get(name, "") if extent is not None else ""
    return int(value) / _EMU if value.isdigit() and len(value) < 10 else 0.0  # noqa: PLR2004 - a metre has 8 digits
