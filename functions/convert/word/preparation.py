"""A Word file rewritten for pandoc: the same text, in elements and parts that pandoc's reader knows.

Pandoc finds comments and notes by the names of their parts, reads one vocabulary of the two that the standard has, and
passes over what `flow.py` rewrites. So it never sees the file itself, but one that is made here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from convert.ooxml import Package, child, write_xml
from convert.word.elements import is_on, rewrite, story_text, text_run
from convert.word.flow import Flow
from convert.word.numbering import Numbering
from convert.word.revisions import resolve, revision_notes

if TYPE_CHECKING:
    from convert.ooxml import Relation
    from convert.word.numbering import Label

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STORIES = ("footnotes", "endnotes", "comments")
_KINDS = {"first": " of the first page", "even": " of even pages"}
_HEADING = re.compile(r"heading \d|title", re.IGNORECASE)
_PLAIN = re.compile(r"\(?%\d[.)]")
_PANDOCS = frozenset({"decimal", "lowerLetter", "upperLetter", "lowerRoman", "upperRoman"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """What goes beside the file that was made: `included` parts by the text of the paragraph that keeps their place.

    `about` are lines on tracked changes, `furniture` on headers and footers.
    """

    included: Mapping[str, str]
    about: Sequence[str]
    furniture: Sequence[str]


def prepare(
    package: Package, place: Path, mark: str, *, changes: str, for_reading: bool, only_numbers: bool
) -> Prepared:
    """Write the file for pandoc to `place`.

    With `for_reading` hidden text is marked, else it is left out. `only_numbers`: lists of the target count 1. 2. 3.
    and nothing else, so other numbers become text. `mark` begins the paragraphs that keep a place.
    """
    main = package.main()
    related = package.related(main)
    document, styles = package.xml(main), _linked(package, related, "styles")
    stories = {kind: root for kind in _STORIES if (root := _linked(package, related, kind)) is not None}
    about = revision_notes([document, *stories.values()], changes)
    furniture = list(_furniture(package, document, related))
    flow = Flow(package, related, _hidden_styles(styles), for_reading, mark)
    for root in (document, *stories.values()):
        resolve(root, changes)
        rewrite(root, flow.change)
    _number(document, Numbering(_linked(package, related, "numbering"), styles), styles, only_numbers=only_numbers)
    _frame_comments(document)
    _write(package, place, document, stories, related, styles)
    included = {f"{mark}-{number}": part for number, part in enumerate(flow.included, 1)}
    return Prepared(included, about, furniture)


def _linked(package: Package, related: Mapping[str, Relation], kind: str) -> Element | None:
    for relation in related.values():
        if relation.kind == kind and relation.target in package.parts:
            return package.xml(relation.target)
    return None


def _hidden_styles(styles: Element | None) -> frozenset[str]:
    """Character styles whose text is hidden."""
    each_style = styles.iter("w:style") if styles is not None else ()
    return frozenset(each.get("w:styleId", "") for each in each_style if is_on(child(each, "w:rPr"), "w:vanish"))


def _furniture(package: Package, document: Element, related: Mapping[str, Relation]) -> Iterator[str]:
    """A line for each header and footer with words, as sections name them; one that repeats another is told once."""
    seen = set()
    for number, section in enumerate(document.iter("w:sectPr"), 1):
        for each in section:
            relation = related.get(each.get("r:id", ""))
            if each.tag not in {"w:headerReference", "w:footerReference"} or relation is None:
                continue
            if relation.target in package.parts and (text := story_text(package.xml(relation.target))):
                kind = each.tag.removeprefix("w:").removesuffix("Reference") + _KINDS.get(each.get("w:type", ""), "")
                line = f"{kind}{f', from section {number} on' if number > 1 else ''}: {text}"
                if (kind, text) not in seen:
                    seen.add((kind, text))
                    yield line


def _number(document: Element, numbering: Numbering, styles: Element | None, *, only_numbers: bool) -> None:
    """Write numbers as text wherever a list of the target would count otherwise than Word shows."""
    labels = [(each, label) for each in document.iter("w:p") if (label := numbering.label(each)) is not None]
    headings = _headings(styles)
    as_text = {
        label.list_id for each, label in labels if not _is_plain(label, only_numbers) or _style(each) in headings
    }
    for each, label in labels:
        if label.list_id in as_text and (text := "\N{BULLET}" if label.is_bullet else label.text):
            _write_label(each, text)


def _is_plain(label: Label, only_numbers: bool) -> bool:
    if label.is_bullet or not label.text:
        return True
    kinds = {"decimal"} if only_numbers else _PANDOCS
    template = label.template
    its_own = template.strip("().") == f"%{label.level + 1}" and _PLAIN.fullmatch(template) is not None
    return label.kind in kinds and its_own and not (only_numbers and template.startswith("("))


def _headings(styles: Element | None) -> frozenset[str]:
    found = set()
    for each in styles.iter("w:style") if styles is not None else ():
        name = child(each, "w:name")
        if (name is not None and _HEADING.fullmatch(name.get("w:val", ""))) or child(each, "w:pPr", "w:outlineLvl"):
            found.add(each.get("w:styleId", ""))
    return frozenset(found)


def _style(paragraph: Element) -> str:
    style = child(paragraph, "w:pPr", "w:pStyle")
    return "" if style is None else style.get("w:val", "")


def _write_label(paragraph: Element, text: str) -> None:
    properties = child(paragraph, "w:pPr")
    if properties is None:
        properties = Element("w:pPr")
        paragraph.insert(0, properties)
    own = child(properties, "w:numPr")
    if own is None:
        own = SubElement(properties, "w:numPr")
    own[:] = [Element("w:numId", {"w:val": "0"})]
    paragraph.insert(1, text_run(f"{text} "))


def _frame_comments(document: Element) -> None:
    """Give each comment a beginning and an end in the text: pandoc knows none that only hangs at a place."""
    framed = {each.get("w:id") for each in document.iter("w:commentRangeStart")}
    ended = {each.get("w:id") for each in document.iter("w:commentRangeEnd")}

    def change(element: Element) -> Sequence[Element]:
        reference = child(element, "w:commentReference") if element.tag == "w:r" else None
        identifier = None if reference is None else reference.get("w:id", "")
        if identifier is None:
            return [element]
        start = [] if identifier in framed else [Element("w:commentRangeStart", {"w:id": identifier})]
        end = [] if identifier in ended else [Element("w:commentRangeEnd", {"w:id": identifier})]
        framed.add(identifier)
        ended.add(identifier)
        return [*start, *end, element]

    rewrite(document, change)


def _write(
    package: Package,
    place: Path,
    document: Element,
    stories: Mapping[str, Element],
    related: Mapping[str, Relation],
    styles: Element | None,
) -> None:
    """The package for pandoc: parts under the names that it looks for, pictures under their own."""
    parts = {"word/document.xml": document, **{f"word/{kind}.xml": root for kind, root in stories.items()}}
    if styles is not None:
        parts["word/styles.xml"] = styles
    if (numbering := _linked(package, related, "numbering")) is not None:
        parts["word/numbering.xml"] = numbering
    changes = {name: write_xml(root) for name, root in parts.items()}
    changes["_rels/.rels"] = _listing([("rId1", "officeDocument", "word/document.xml", False)])
    for kind in ("document", *stories):
        own = related if kind == "document" else _of_story(package, related, kind)
        entries = [(name, each.kind, _reference(each, stories), each.external) for name, each in own.items()]
        changes[f"word/_rels/{kind}.xml.rels"] = _listing(entries)
    package.copy(place, changes)


def _of_story(package: Package, related: Mapping[str, Relation], kind: str) -> Mapping[str, Relation]:
    part = next((each.target for each in related.values() if each.kind == kind), "")
    return package.related(part) if part in package.parts else {}


def _reference(relation: Relation, stories: Mapping[str, Element]) -> str:
    if relation.external:
        return relation.target
    if relation.kind in {*stories, "styles", "numbering"}:
        return f"{relation.kind}.xml"
    return posixpath.relpath(relation.target, "word")


def _listing(entries: Iterable[tuple[str, str, str, bool]]) -> bytes:
    root = Element("Relationships", {"xmlns": "http://schemas.openxmlformats.org/package/2006/relationships"})
    for identifier, kind, target, external in entries:
        attributes = {"Id": identifier, "Type": f"{_RELATIONS}/{kind}", "Target": target}
        SubElement(root, "Relationship", attributes | ({"TargetMode": "External"} if external else {}))
    return write_xml(root)
