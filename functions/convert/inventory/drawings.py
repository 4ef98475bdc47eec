"""What DrawingML holds wherever it stands: words, formulas, links, charts and diagrams (ECMA-376 part 1, 20 and 21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.inventory import Content, Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from convert.ooxml import Package, Relation

DRAWN = frozenset({"a:hlinkClick", "c:chart", "dgm:relIds", "m:oMath", "cx:chart"})
"""Elements that `drawn` knows."""


def said(shape: Element) -> str:
    """The words of a shape's paragraphs, formulas aside; tables of slides have cells, which are asked one by one."""
    return " ".join(
        "".join(each.text or " " for each in paragraph.iter() if each.tag in _WORDS) for paragraph in shape.iter("a:p")
    ).strip()


_WORDS = {"a:t", "a:br", "a:tab"}


def drawn(package: Package, element: Element, related: Mapping[str, Relation], place: str) -> Iterator[Item]:
    """The item that the element refers to or is."""
    target = related.get(element.get("r:id") or element.get("r:dm") or "")
    if element.tag == "m:oMath":
        yield Item(Content.FORMULA, place, " ".join(each.text or "" for each in element.iter("m:t")))
    elif target is None:
        return
    elif element.tag == "a:hlinkClick":
        yield Item(Content.LINK, place, target.target if target.external else f"to {target.target.rpartition('/')[2]}")
    elif target.target not in package.parts:
        return
    elif element.tag == "dgm:relIds":
        words = " ".join(filter(None, (said(each) for each in package.xml(target.target).iter("dgm:pt"))))
        yield Item(Content.DIAGRAM, place, words or "diagram")
    else:
        yield Item(Content.CHART, place, _charted(package.xml(target.target)) or "chart")


def _charted(root: Element) -> str:
    """All that is drawn: titles, names of series and categories, values."""
    words = [said(each) for each in root.iter() if each.tag.rpartition(":")[2] == "title"]
    words += [each.text or "" for each in root.iter() if each.tag in {"c:v", "cx:pt", "cx:v"}]
    return " ".join(filter(None, words))
