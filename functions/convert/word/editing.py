"""A Word file changed in place: what is not changed keeps its bytes, paragraph by paragraph and part by part."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from convert.errors import CannotConvert
from convert.ooxml import Package, child
from convert.word.actions import (
    ADD_ROW,
    COMMENT,
    DELETE,
    FILL,
    INSERT_AFTER,
    INSERT_BEFORE,
    REPLACE,
    SET_PROPERTY,
)
from convert.word.blocks import Block, DocumentPart, blocks
from convert.word.copying import rewrite_archive
from convert.word.parts import add_comment, set_properties
from convert.word.runs import Author, alike, changed_stretch, cut, deleted, paragraphs, replaced, text_of, text_run_like

if TYPE_CHECKING:
    from convert.tools.edit_document import Editing

_STORIES = {"header", "footer", "footnotes", "endnotes"}
_ID = re.compile(rb"""\sw:id=["'](\d{1,9})["']""")
_SHOWN_PLACES = 10


@dataclass(slots=True)
class Match:
    """A place where the text stands: a stretch of one paragraph of one block."""

    part: DocumentPart
    block: Block
    element: Element
    paragraph: Element
    start: int
    end: int
    place: str


def edit(request: Editing, place: Path, result: Path, now: datetime) -> str:
    """Write the changed file to `result` and say what was done. Raises CannotConvert, and then nothing is made."""
    with Package(place, request.path) as package:
        editor = _Editor(package, request, now)
        done = editor.do()
        rewrite_archive(place, result, editor.changes, leave_out=set())
    return done


class _Editor:
    def __init__(self, package: Package, request: Editing, now: datetime) -> None:
        self.changes: dict[str, bytes] = {}
        self._package, self._request, self._now = package, request, now
        self._main = package.main()
        self._author = Author(request.author, now) if request.author else None
        self._number = 0

    def do(self) -> str:
        """Make the change."""
        request = self._request
        if request.action == SET_PROPERTY:
            self.changes |= set_properties(self._package, {request.find: request.text}, self._now)
            return f"set {request.find} of {request.target}"
        parts = list(self._parts())
        self._number = 1 + max((int(found) for part in parts for found in _ID.findall(part.data)), default=0)
        action: Callable[[Sequence[DocumentPart]], str] = {
            REPLACE: self._replace,
            DELETE: self._replace,
            COMMENT: self._comment,
            INSERT_BEFORE: self._insert,
            INSERT_AFTER: self._insert,
            FILL: self._fill,
            ADD_ROW: self._add_row,
        }[request.action]
        done = action(parts)
        self.changes |= {part.name: part.result() for part in parts if part.changed}
        return f"{done} in {request.target}{' (tracked)' if self._author and request.action != COMMENT else ''}"

    def _parts(self) -> Iterator[DocumentPart]:
        """The text itself, then headers, footers and notes."""
        related = self._package.related(self._main).values()
        others = {each.target for each in related if each.kind in _STORIES and each.target in self._package.parts}
        for name in (self._main, *sorted(others - {self._main})):
            yield blocks(self._package.read(name), name)

    def _replace(self, parts: Sequence[DocumentPart]) -> str:
        request = self._request
        new = request.text if request.action == REPLACE else ""
        if request.action == REPLACE and request.find == new:
            raise CannotConvert("find and text are the same; nothing to change")
        found = self._matches(parts, request.find)
        for match in reversed(found):
            whole = text_of(match.paragraph)
            if not new and match.start == 0 and match.end == len(whole) and match.paragraph is match.element:
                self._delete_paragraph(match)
            else:
                old = whole[match.start : match.end]
                start, end = changed_stretch(old, new)
                stretch = match.start + start, match.end - end
                replaced(match.paragraph, *stretch, new[start : len(new) - end], self._author, self._next(2))
                _keep(match)
        verb = "replaced" if new else "deleted"
        return f"{verb} {len(found)} time{'s' * (len(found) != 1)} ({_places(found)})"

    def _delete_paragraph(self, match: Match) -> None:
        for parent, run in cut(match.paragraph, match.start, match.end):
            if self._author is None or parent.tag == "w:ins":
                parent.remove(run)
            else:
                parent[list(parent).index(run)] = deleted(run, self._author, self._next())
        if self._author is not None:
            _marks(match.paragraph).insert(0, self._author.mark("w:del", self._next()))
        # A cell needs a paragraph, and the end of a section is one.
        holds = match.block.table or child(match.paragraph, "w:pPr", "w:sectPr") is not None
        if self._author is not None or holds:
            _keep(match)
        else:
            match.part.replace(match.block, [])

    def _comment(self, parts: Sequence[DocumentPart]) -> str:
        found = self._matches(parts, self._request.find)
        if any(match.part.name != self._main for match in found):
            raise CannotConvert("comments stand in the text only, not in headers, footers or notes")
        author = self._author or Author("Codex-Swarm", self._now)
        added, numbers = add_comment(self._package, self._main, self._request.text, author, len(found))
        self.changes |= added
        for match, number in zip(reversed(found), reversed(numbers), strict=True):
            runs = cut(match.paragraph, match.start, match.end)
            (first, start), (last, end) = runs[0], runs[-1]
            place = list(last).index(end) + 1
            last.insert(place, Element("w:commentRangeEnd", {"w:id": str(number)}))
            SubElement(reference := Element("w:r"), "w:commentReference", {"w:id": str(number)})
            last.insert(place + 1, reference)
            first.insert(list(first).index(start), Element("w:commentRangeStart", {"w:id": str(number)}))
            _keep(match)
        return f"commented {len(found)} time{'s' * (len(found) != 1)} ({_places(found)})"

    def _insert(self, parts: Sequence[DocumentPart]) -> str:
        found = self._matches(parts, self._request.find)
        for match in found:
            new = [self._like(match.paragraph, line) for line in self._request.text.split("\n")]
            after = self._request.action == INSERT_AFTER
            if match.paragraph is match.element:
                match.part.insert(match.block.end if after else match.block.start, new)
                continue
            parent = next(each for each in match.element.iter() if match.paragraph in list(each))
            place = list(parent).index(match.paragraph) + after
            parent[place:place] = new
            _keep(match)
        count = len(self._request.text.split("\n"))
        where = "after" if self._request.action == INSERT_AFTER else "before"
        return f"inserted {count} paragraph{'s' * (count != 1)} {where} {_places(found)}"

    def _like(self, model: Element, text: str) -> Element:
        """A paragraph of this text in the style, and the list, of another."""
        new = Element("w:p")
        if (properties := child(model, "w:pPr")) is not None:
            new.append(kept := copy.deepcopy(properties))
            kept[:] = [each for each in kept if each.tag not in {"w:sectPr", "w:rPr", "w:pPrChange"}]
        run = text_run_like(next(model.iter("w:r"), None), text)
        if self._author is None:
            new.append(run)
            return new
        _marks(new).append(self._author.mark("w:ins", self._next()))
        new.append(mark := self._author.mark("w:ins", self._next()))
        mark.append(run)
        return new

    def _fill(self, parts: Sequence[DocumentPart]) -> str:
        name, text, count = self._request.find, self._request.text, 0
        for part in parts:
            taken: list[Block] = []
            for block in part.controls:
                element = part.element(block)
                if _named(element, name) and not any(each.start <= block.start < each.end for each in taken):
                    _fill_control(element, text)
                    part.replace(block, [element])
                    taken.append(block)
            for block in part.paragraphs:
                if not any(each.start <= block.start < each.end for each in taken):
                    count += self._fill_paragraph(part, block)
            count += len(taken)
        if not count:
            raise CannotConvert(
                f"{self._request.path} has no content control, merge field or placeholder called {name!r}; known are"
                f" {{{{name}}}} and \N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}name"
                f"\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
            )
        return f"filled {name} {count} time{'s' * (count != 1)}"

    def _fill_paragraph(self, part: DocumentPart, block: Block) -> int:
        name, count = self._request.find, 0
        wanted = re.compile(r"\{\{\s*" + re.escape(name) + r"\s*\}\}|\u00ab\s*" + re.escape(name) + r"\s*\u00bb")
        data = part.data[block.start : block.end]
        if not any(wanted.search(text) for text in block.texts) and b"sdtPr" not in data:
            return 0
        element = part.element(block)
        for control in [each for each in element.iter("w:sdt") if _named(each, name)]:
            _fill_control(control, self._request.text)
            count += 1
        for paragraph in paragraphs(element):
            for found in reversed(list(wanted.finditer(text_of(paragraph)))):
                replaced(paragraph, *found.span(), self._request.text, self._author, self._next(2))
                count += 1
        if count:
            part.replace(block, [element])
        return count

    def _add_row(self, parts: Sequence[DocumentPart]) -> str:
        found = next((match for match in self._search(parts, self._request.find) if match.block.table), None)
        if found is None:
            raise CannotConvert(f"no table of {self._request.path} says {self._request.find!r}")
        model = [row for row in found.part.rows if row.table == found.block.table][-1]
        row = found.part.element(model)
        cells = list(row.iter("w:tc"))
        texts = [text.strip() for text in self._request.text.split("|")]
        if len(texts) != len(cells):
            raise CannotConvert(
                f"the table has {len(cells)} columns and text has {len(texts)} cells; separate them by |"
            )
        for cell, text in zip(cells, texts, strict=True):
            first = next(cell.iter("w:p"), Element("w:p"))
            kept = [each for each in first if each.tag == "w:pPr"]
            run = text_run_like(next(first.iter("w:r"), None), text)
            first[:] = [*kept, run]
            cell[:] = [*(each for each in cell if each.tag == "w:tcPr"), first]
        if self._author is not None:
            properties = child(row, "w:trPr")
            if properties is None:
                row.insert(0, properties := Element("w:trPr"))
            properties.append(self._author.mark("w:ins", self._next()))
        found.part.insert(model.end, [row])
        return "added a row to the table"

    def _matches(self, parts: Sequence[DocumentPart], text: str) -> list[Match]:
        """Where the text stands; raises CannotConvert for nowhere, and for several places unless all are meant."""
        found = list(self._search(parts, text))
        if not found:
            raise CannotConvert(f"{self._request.path} does not say {text[:200]!r}{self._but_says(parts, text)}")
        if len(found) > 1 and not self._request.everywhere:
            raise CannotConvert(
                f"{text[:200]!r} stands {len(found)} times in {self._request.path} ({_places(found)}); include more of"
                " the text around it, or set everywhere"
            )
        return found

    def _search(self, parts: Sequence[DocumentPart], text: str) -> Iterator[Match]:
        wanted = alike(text)
        for part in parts:
            for number, block in enumerate(part.paragraphs, 1):
                if not any(wanted in alike(each) for each in block.texts):
                    continue
                element = part.element(block)
                place = f"paragraph {number}" if part.name == self._main else part.name.rpartition("/")[2]
                for paragraph in paragraphs(element):
                    said = alike(text_of(paragraph))
                    start = said.find(wanted)
                    while start >= 0:
                        yield Match(part, block, element, paragraph, start, start + len(wanted), place)
                        start = said.find(wanted, start + len(wanted))

    def _but_says(self, parts: Sequence[DocumentPart], text: str) -> str:
        wanted = " ".join(alike(text).lower().split())
        for part in parts:
            for block in part.paragraphs:
                for said in block.texts:
                    if wanted in " ".join(alike(said).lower().split()):
                        return f"; it says {said[:200]!r}: copy the text exactly"
        return "; the text of find has to stand in one paragraph, as read_document shows it without its marks"

    def _next(self, count: int = 1) -> int:
        self._number += count
        return self._number - count


def _keep(match: Match) -> None:
    match.part.replace(match.block, [match.element])


def _places(found: Sequence[Match]) -> str:
    names = list(dict.fromkeys(match.place for match in found))
    return ", ".join(names[:_SHOWN_PLACES]) + (f" and {len(names) - _SHOWN_PLACES} more" * (len(names) > _SHOWN_PLACES))


def _marks(paragraph: Element) -> Element:
    """The properties of a paragraph's own mark, made where there are none."""
    properties = child(paragraph, "w:pPr")
    if properties is None:
        paragraph.insert(0, properties := Element("w:pPr"))
    marks = child(properties, "w:rPr")
    if marks is None:
        # In the order of the schema, only the end of a section and a change of properties stand behind it.
        place = next(
            (n for n, each in enumerate(properties) if each.tag in {"w:sectPr", "w:pPrChange"}), len(properties)
        )
        properties.insert(place, marks := Element("w:rPr"))
    return marks


def _named(control: Element, name: str) -> bool:
    properties = child(control, "w:sdtPr")
    names = (child(properties, "w:alias"), child(properties, "w:tag"))
    return any(each is not None and each.get("w:val", "").casefold() == name.casefold() for each in names)


def _fill_control(control: Element, text: str) -> None:
    """Put the text into a content control, in the formatting that it has, and no longer as a placeholder."""
    properties, content = child(control, "w:sdtPr"), child(control, "w:sdtContent")
    if content is None:
        return
    for each in [each for each in properties or () if each.tag == "w:showingPlcHdr"]:
        if properties is not None:
            properties.remove(each)
    run = text_run_like(next(content.iter("w:r"), None), text)
    for style in [each for each in child(run, "w:rPr") or () if each.tag == "w:rStyle"]:
        run[0].remove(style)
    paragraph = next(content.iter("w:p"), None)
    if paragraph is None:
        content[:] = [run]
        return
    paragraph[:] = [*(each for each in paragraph if each.tag == "w:pPr"), run]
    holder = next(each for each in content.iter() if paragraph in list(each))
    holder[:] = [each for each in holder if each.tag != "w:p" or each is paragraph]
