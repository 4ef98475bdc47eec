"""What an article in JATS holds: its words by paragraph, cells, notes, links and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError, fromstring

from convert.inventory import Content, Item, letters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

_HREF = "{http://www.w3.org/1999/xlink}href"
_TEXTS = "article-title subtitle title p code preformat surname string-name mixed-citation ack".split()
_KINDS = {
    **dict.fromkeys(_TEXTS, Content.TEXT),
    **dict.fromkeys(("th", "td"), Content.CELL),
    "caption": Content.CAPTION,
    "fn": Content.FOOTNOTE,
    "supplementary-material": Content.EMBEDDED,
    "inline-formula": Content.FORMULA,
    "disp-formula": Content.FORMULA,
}
_THEIR_OWN = {Content.LINK, Content.PICTURE, Content.FORMULA, Content.NUMBER}
_LABELLED = {"sec": Content.NUMBER, "list-item": Content.NUMBER, "disp-formula": Content.NUMBER,
             "fig": Content.CAPTION, "table-wrap": Content.CAPTION}  # fmt: skip
_FORMULAS = {"inline-formula", "disp-formula"}


def take(place: Path, name: str) -> Iterator[Item]:
    """Every item; none of what is no XML or defines entities, which the converter refuses. `name` is not needed."""
    data = place.read_bytes()
    if b"<!ENTITY" in data:
        return
    try:
        root = fromstring(data)  # noqa: S314 - it defines no entities
    except ParseError:
        return
    yield from _inside(root, "front")


def _inside(element: Element, where: str) -> Iterator[Item]:
    parent = element.tag.rpartition("}")[2]
    for each in element:
        tag = each.tag.rpartition("}")[2]
        if tag in {"front", "body", "back"}:
            yield from _inside(each, tag)
            continue
        kind = _LABELLED.get(parent) if tag == "label" else _KINDS.get(tag)
        words = _formula(each) if tag in _FORMULAS else " ".join("".join(_texts(each)).split())
        if kind is Content.EMBEDDED:
            words = each.get(_HREF, words)
        if kind and words:
            yield Item(kind, where, words)
        if tag in {"ext-link", "uri"} and each.get(_HREF):
            yield Item(Content.LINK, where, each.get(_HREF, ""))
        elif tag in {"graphic", "inline-graphic"}:
            yield Item(Content.PICTURE, where, each.get(_HREF, ""))
        # What is an item's own words is not counted again as those of its paragraphs.
        yield from (item for item in _inside(each, where) if not kind or item.kind in _THEIR_OWN)


def _texts(element: Element) -> Iterator[str]:
    """The words of an element, but for formulas in it, and for the numbers of notes, which every format counts anew."""
    yield element.text or ""
    for each in element:
        tag = each.tag.rpartition("}")[2]
        if tag not in _FORMULAS | {"label"} and each.get("ref-type") != "fn":
            yield from _texts(each)
        yield each.tail or ""


def _formula(element: Element) -> str:
    """The words of a formula, which may be written in several ways in one place."""
    ways = {each.tag.rpartition("}")[2]: each for each in element.iter()}
    chosen = next((ways[name] for name in ("tex-math", "math") if name in ways), element)
    return letters(chosen.itertext())
