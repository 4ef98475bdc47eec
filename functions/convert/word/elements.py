"""WordprocessingML made of plain values, and the few ways in which its elements are looked at here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement

from convert.ooxml import child

Change = Callable[[Element], Sequence[Element]]
"""What stands in an element's place: itself, nothing, or others."""

_OFF = {"0", "false", "off"}


def rewrite(element: Element, change: Change) -> None:
    """Change everything below the element, in place, the inner before the outer."""
    kept: list[Element] = []
    for each in element:
        rewrite(each, change)
        kept.extend(change(each))
    element[:] = kept


def is_on(properties: Element | None, name: str) -> bool:
    """Whether a property of type on/off is there, and not as off (17.17.4)."""
    found = child(properties, name)
    return found is not None and found.get("w:val", "1") not in _OFF


def text_run(text: str) -> Element:
    """A run of plain text."""
    run = Element("w:r")
    SubElement(run, "w:t", {"xml:space": "preserve"}).text = text
    return run


def paragraph(*runs: Element) -> Element:
    """A paragraph of these runs."""
    element = Element("w:p")
    element.extend(runs)
    return element


def table(rows: Iterable[Sequence[str]]) -> Element:
    """A table of text."""
    element = Element("w:tbl")
    for row in rows:
        line = SubElement(element, "w:tr")
        for text in row:
            SubElement(line, "w:tc").append(paragraph(text_run(text)))
    return element


def story_text(root: Element) -> str:
    """The words of a header, a comment or a note on one line, paragraphs between slashes."""
    lines = ("".join(_texts(each)) for each in root.iter("w:p"))
    return " / ".join(text for line in lines if (text := " ".join(line.split())))


def _texts(element: Element) -> Iterator[str]:
    for each in element:
        if each.tag == "w:t":
            yield each.text or ""
        elif each.tag in {"w:tab", "w:ptab", "w:br", "w:cr"}:
            yield " "
        elif each.tag not in {"w:p", "w:tbl", "mc:Fallback", "w:pPr"}:
            yield from _texts(each)
