"""Text of a paragraph across its runs: found, cut, replaced and marked, with the formatting left as it is."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from convert.ooxml import child
from convert.word.elements import text_run

if TYPE_CHECKING:
    from datetime import datetime

_AS_TEXT = {"w:tab": "\t", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-"}
_GONE = {"w:del", "w:moveFrom"}
_ALIKE = str.maketrans("\u2018\u2019\u201a\u201c\u201d\u201e\u00a0\u202f\u2010\u2011", "'''\"\"\"  --")


@dataclass(frozen=True, slots=True)
class Author:
    """Who a tracked change is by, and when."""

    name: str
    when: datetime

    def mark(self, tag: str, number: int) -> Element:
        """An element of a tracked change."""
        return Element(tag, {"w:id": str(number), "w:author": self.name, "w:date": f"{self.when:%Y-%m-%dT%H:%M:%SZ}"})


def alike(text: str) -> str:
    """The text with quotation marks, blanks and hyphens of every kind as those of a keyboard; as long as before."""
    return text.translate(_ALIKE)


def paragraphs(element: Element) -> Iterator[Element]:
    """The paragraph itself and those inside of its text boxes, but not what older programs get instead of them."""
    if element.tag == "w:p":
        yield element
    for each in element:
        if each.tag != "mc:Fallback":
            yield from paragraphs(each)


def text_of(paragraph: Element) -> str:
    """What a paragraph says."""
    return "".join(text for _, _, text in _pieces(paragraph))


def cut(paragraph: Element, start: int, end: int) -> list[tuple[Element, Element]]:
    """Cut runs so that this stretch of the text is a number of whole runs; gives each with its parent."""
    _cut_at(paragraph, start)
    _cut_at(paragraph, end)
    found, place = [], 0
    for parent, run in _runs(paragraph):
        length = sum(len(text) for text in map(_said, run))
        if start <= place and place + length <= end and length:
            found.append((parent, run))
        place += length
    return found


def replaced(paragraph: Element, start: int, end: int, text: str, author: Author | None, number: int) -> None:
    """Put `text` in the place of a stretch, in the formatting of its first character; tracked for an author."""
    runs = cut(paragraph, start, end)
    new = text_run_like(runs[0][1] if runs else _run_at(paragraph, start), text) if text else None
    if runs:
        parent, place = runs[-1][0], list(runs[-1][0]).index(runs[-1][1]) + 1
    else:
        parent, place = _gap(paragraph, start)
    if new is not None:
        parent.insert(place, _inserted(new, parent, author, number))
    for owner, run in runs:
        if author is None or owner.tag == "w:ins":
            owner.remove(run)
        else:
            owner[list(owner).index(run)] = deleted(run, author, number + 1)


def _inserted(run: Element, parent: Element, author: Author | None, number: int) -> Element:
    if author is None or parent.tag == "w:ins":
        return run
    mark = author.mark("w:ins", number)
    mark.append(run)
    return mark


def deleted(run: Element, author: Author, number: int) -> Element:
    """The run as a tracked deletion."""
    mark = author.mark("w:del", number)
    for each in run:
        each.tag = "w:delText" if each.tag == "w:t" else each.tag
    mark.append(run)
    return mark


def text_run_like(model: Element | None, text: str) -> Element:
    """A run of this text with the formatting of another; line ends and tabs become Word's own."""
    run = Element("w:r")
    properties = child(model, "w:rPr")
    if properties is not None:
        run.append(copy.deepcopy(properties))
    for number, line in enumerate(text.split("\n")):
        if number:
            SubElement(run, "w:br")
        for place, piece in enumerate(line.split("\t")):
            if place:
                SubElement(run, "w:tab")
            if piece:
                run.extend(text_run(piece))
    return run


def _runs(element: Element) -> Iterator[tuple[Element, Element]]:
    """Each run of a paragraph with its parent, also those in links, fields and insertions; not what is deleted."""
    for each in element:
        if each.tag == "w:r":
            yield element, each
        elif each.tag not in _GONE | {"w:p", "mc:AlternateContent", "w:pPr"}:
            yield from _runs(each)


def _pieces(paragraph: Element) -> Iterator[tuple[Element, Element, str]]:
    """Run, element in it, and its text."""
    for _, run in _runs(paragraph):
        for each in run:
            if text := _said(each):
                yield run, each, text


def _said(element: Element) -> str:
    return (element.text or "") if element.tag == "w:t" else _AS_TEXT.get(element.tag, "")


def _cut_at(paragraph: Element, offset: int) -> None:
    place = 0
    for parent, run in list(_runs(paragraph)):
        for number, each in enumerate(run):
            length = len(_said(each))
            if place < offset < place + length or (place == offset and length and number and _has_text(run, number)):
                _split(parent, run, number, offset - place)
                return
            place += length


def _has_text(run: Element, before: int) -> bool:
    return any(_said(each) for each in run[:before])


def _split(parent: Element, run: Element, number: int, offset: int) -> None:
    """Cut a run in two before the element of this number, or inside of its text."""
    later = Element("w:r", run.attrib)
    properties = child(run, "w:rPr")
    if properties is not None:
        later.append(copy.deepcopy(properties))
    moved = list(run[number:])
    if offset:
        text = moved[0].text or ""
        moved[0].text = text[:offset]
        moved[0].set("xml:space", "preserve")
        rest = Element("w:t", {"xml:space": "preserve"})
        rest.text = text[offset:]
        moved = [rest, *moved[1:]]
        number += 1
    del run[number:]
    later.extend(moved)
    parent.insert(list(parent).index(run) + 1, later)


def _gap(paragraph: Element, offset: int) -> tuple[Element, int]:
    """Where something that stands at an offset of the text is to be inserted."""
    place, last = 0, None
    for parent, run in _runs(paragraph):
        length = sum(len(text) for text in map(_said, run))
        if place >= offset and length:
            return parent, list(parent).index(run)
        place += length
        last = parent, list(parent).index(run) + 1
    return last or (paragraph, len(paragraph))


def _run_at(paragraph: Element, offset: int) -> Element | None:
    """The run before a place, whose formatting goes on there; the first one at the beginning."""
    place, found = 0, None
    for _, run in _runs(paragraph):
        if found is None or place < offset:
            found = run
        place += sum(len(text) for text in map(_said, run))
    return found


def changed_stretch(old: str, new: str) -> tuple[int, int]:
    """How many characters at the beginning and at the end are the same, in whole words."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    while start and start < max(len(old), len(new)) and _inside_word(old, new, start):
        start -= 1
    while end and _inside_word(old[::-1], new[::-1], end):
        end -= 1
    return start, end


def _inside_word(old: str, new: str, place: int) -> bool:
    """Whether the letter before a place belongs to a word that goes on in either text."""
    return old[place - 1].isalnum() and any(text[place : place + 1].isalnum() for text in (old, new))
