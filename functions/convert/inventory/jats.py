"""What an article in JATS holds: its words by paragraph, cells, notes, links and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError, fromstring

from convert.inventory import Content, Item

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
}


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
    for each in element:
        tag = each.tag.rpartition("}")[2]
        if tag in {"front", "body", "back"}:
            yield from _inside(each, tag)
            continue
        kind = _KINDS.get(tag)
        if kind and (words := " ".join("".join(each.itertext()).split())):
            yield Item(kind, where, words)
        if tag in {"ext-link", "uri"} and each.get(_HREF):
            yield Item(Content.LINK, where, each.get(_HREF, ""))
        elif tag in {"graphic", "inline-graphic"}:
            yield Item(Content.PICTURE, where, each.get(_HREF, ""))
        # What is an item's own words is not counted again as those of its paragraphs.
        yield from (item for item in _inside(each, where) if not kind or item.kind in {Content.LINK, Content.PICTURE})
