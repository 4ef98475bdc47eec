"""A Word file as the reference for a PDF: what its layout is told. Sizes are points."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from convert.house_style.looks import styles_by_role
from convert.house_style.stories import Stories
from convert.ooxml import Package, child
from convert.word.elements import is_on

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from convert.ooxml import Relation

_TWIPS = 20  # in a point
_A4 = {"width": 595.3, "height": 841.9, "top": 71.0, "bottom": 71.0, "left": 71.0, "right": 71.0}
_DISTANCES = {"header": 35.0, "footer": 35.0}
_SMALLEST, _LARGEST = 140.0, 2_400.0
_LEAST_ROOM = 100.0
"""What margins have to leave of a page."""
_GAP = 12.0
"""Between the text and what stands above or below it."""


@dataclass(slots=True)
class HouseStyle:
    """The page and its margins, how each kind of text looks, lines of headers and footers, pictures by name."""

    page: dict[str, float]
    styles: dict[str, dict[str, Any]]
    stories: dict[str, list[dict[str, Any]]]
    """`header`, `footer`; and `first-header`, `first-footer` where the first page has its own."""
    images: dict[str, bytes]
    notes: list[str] = field(default_factory=list)

    @property
    def width(self) -> float:
        """Of the text."""
        return self.page["width"] - self.page["left"] - self.page["right"]

    @property
    def height(self) -> float:
        """Of the text."""
        return self.page["height"] - self.page["top"] - self.page["bottom"]

    @property
    def type_size(self) -> float:
        """Of running text."""
        return float(self.styles.get("body", {}).get("size", 10.5))

    def as_input(self) -> dict[str, Any]:
        """As `document.typ` reads it."""
        return {"page": self.page, "styles": self.styles, "stories": self.stories}


def house_style(place: Path, name: str, *, ours: bool = False) -> HouseStyle:
    """The style of the Word file `name`, which `check_archive` has passed. Raises CannotConvert.

    With a template of `ours` it is no news which fonts stand in for others.
    """
    with Package(place, name) as package:
        main = package.main()
        related = package.related(main)
        section = next(reversed(list(package.xml(main).iter("w:sectPr"))), None)
        notes: list[str] = []
        page = _page(section, notes)
        styles, replaced = styles_by_role(package, related)
        if replaced and not ours:
            told = ", ".join(f"{font} by {other}" for font, other in replaced.items())
            notes.append(f"fonts of {name} that are not here are replaced: {told}")
        reader = Stories(package)
        stories = _stories(reader, section, related, package) if section is not None else {}
        style = HouseStyle(page, styles, stories, reader.images, [*notes, *reader.notes])
    _make_room(style)
    return style


def _page(section: Element | None, notes: list[str]) -> dict[str, float]:
    size, margins = child(section, "w:pgSz"), child(section, "w:pgMar")
    page = {side: _number(size, f"w:{name}", _A4[side]) for side, name in (("width", "w"), ("height", "h"))}
    # A negative margin lets the text run into the header; here it keeps its place.
    page |= {side: abs(_number(margins, f"w:{side}", _A4[side])) for side in ("top", "bottom", "left", "right")}
    page |= {side: abs(_number(margins, f"w:{side}", usual)) for side, usual in _DISTANCES.items()}
    fits = all(_SMALLEST <= page[side] <= _LARGEST for side in ("width", "height"))
    room = min(page["width"] - page["left"] - page["right"], page["height"] - page["top"] - page["bottom"])
    if fits and room >= _LEAST_ROOM:
        return page
    notes.append("the page of the house style is no paper, or its margins leave no room for text: it is A4")
    return _A4 | _DISTANCES


def _number(element: Element | None, attribute: str, otherwise: float) -> float:
    try:
        return float(element.get(attribute, "")) / _TWIPS if element is not None else otherwise
    except ValueError:
        return otherwise


def _stories(
    reader: Stories, section: Element, related: Mapping[str, Relation], package: Package
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {"header": [], "footer": []}
    own_first = is_on(section, "w:titlePg")
    if own_first:
        found |= {"first-header": [], "first-footer": []}
    for reference in section:
        kind, which = reference.tag.removeprefix("w:").removesuffix("Reference"), reference.get("w:type", "default")
        relation = related.get(reference.get("r:id", ""))
        if kind not in found or relation is None or relation.target not in package.parts:
            continue
        if which == "even":
            reader.notes.append(f"the {kind} of even pages in the house style is left out: all have that of odd ones")
        elif which == "default":
            found[kind] = reader.lines(relation.target)
        elif own_first:
            found[f"first-{kind}"] = reader.lines(relation.target)
    return found


def _make_room(style: HouseStyle) -> None:
    """Let the text begin below a tall header and end above a tall footer, as Word does."""
    for kind, side in (("header", "top"), ("footer", "bottom")):
        for story in (style.stories.get(kind, []), style.stories.get(f"first-{kind}", [])):
            needed = style.page[kind] + sum(map(_line_height, story)) + _GAP
            spare = style.height - _LEAST_ROOM
            style.page[side] += max(0.0, min(needed - style.page[side], spare))


def _line_height(line: Mapping[str, Any]) -> float:
    heights = [piece.get("height") or 1.3 * piece.get("size", 10.5) for part in line["parts"] for piece in part]
    return float(max(heights, default=13.0))
