"""What a Word file holds (ECMA-376 part 1, WordprocessingML), read from its parts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from convert.inventory import Content, Item, letters
from convert.ooxml import Package, Relation, child, first
from convert.word.numbering import Numbering
from convert.word.revisions import ALL, resolve
from convert.word.symbols import character

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_STORIES = {
    "header": Content.HEADER,
    "footer": Content.FOOTER,
    "footnotes": Content.FOOTNOTE,
    "endnotes": Content.ENDNOTE,
    "comments": Content.COMMENT,
}
_SEPARATORS = {"separator", "continuationSeparator", "continuationNotice"}
_KINDS = {
    "w:txbxContent": Content.TEXT_BOX, "w:del": Content.DELETED, "w:moveFrom": Content.DELETED,
    "w:ins": Content.INSERTED, "w:moveTo": Content.INSERTED, "w:fldSimple": Content.FIELD, "w:ruby": Content.RUBY,
    "m:oMath": Content.FORMULA, "w:sdt": Content.CONTENT_CONTROL,
}  # fmt: skip
"""Elements whose words are of another kind than those around them."""
_INSIDE_OTHERS = {Content.CONTENT_CONTROL, Content.FIELD}
_OF_WORD = re.compile(r"_(GoBack|Toc|Ref|Hlk|Hlt)")
_TAG = re.compile(r"<[^>]*>")


def take(place: Path, name: str, changes: str = ALL) -> Iterator[Item]:
    """Every piece of content of a docx; see `convert.inventory.inventory`."""
    with Package(place, name) as package:
        main = package.main()
        related = package.related(main)
        document = package.xml(main)
        yield from _Story(package, related).items(document, Content.TEXT)
        for relation in sorted(set(related.values()), key=lambda relation: relation.target):
            if not relation.external and relation.target in package.parts:
                yield from _part(package, relation)
        yield from _charts_and_diagrams(package)
        resolve(document, changes)
        yield from _numbers(package, related, document)


def _part(package: Package, relation: Relation) -> Iterator[Item]:
    file = relation.target.rpartition("/")[2]
    if kind := _STORIES.get(relation.kind):
        story = _Story(package, package.related(relation.target))
        root = package.xml(relation.target)
        entries = [each for each in root if each.tag in {"w:footnote", "w:endnote", "w:comment"}]
        for entry in entries or [root]:
            if entry.get("w:type") not in _SEPARATORS:
                author = entry.get("w:author", "")
                number = entry.get("w:id") or "".join(filter(str.isdigit, file))
                yield from story.items(entry, kind, f"{kind} {number}".strip() + f" by {author}" * bool(author))
    elif relation.kind == "aFChunk":
        data = package.read(relation.target)
        is_page = not data.startswith(b"PK") and b"<" in data
        yield Item(Content.INCLUDED, file, _TAG.sub(" ", data.decode("utf-8", "replace")) if is_page else "")
    elif relation.kind in {"oleObject", "package"}:
        yield Item(Content.EMBEDDED, "in the document", file)
    elif relation.kind == "vbaProject":
        yield Item(Content.MACRO, "in the document", file)


class _Story:
    """One stream of text: the body, a header, a note."""

    def __init__(self, package: Package, related: Mapping[str, Relation]) -> None:
        self._package, self._related, self._number = package, related, 0

    def items(self, root: Element, kind: Content, where: str = "") -> Iterator[Item]:
        """Everything below the root; places are paragraphs, or `where` for a story that has a name."""
        for each in root:
            if each.tag == "w:p":
                self._number += not where
                yield from self._paragraph(each, kind, where or f"paragraph {self._number}")
            else:
                yield from self.items(each, _kind(each, kind), where)

    def _paragraph(self, paragraph: Element, kind: Content, place: str) -> Iterator[Item]:
        words: defaultdict[Content, list[str]] = defaultdict(list)
        inner: list[tuple[Element, Content]] = []
        _collect(paragraph, kind, words, inner)
        for content, texts in words.items():
            text = letters(texts) if content is Content.FORMULA else "".join(texts)
            if text.strip():
                yield Item(content, place, text)
        yield from self._things(paragraph, place)
        for each, content in inner:
            yield from self._paragraph(each, content, place)

    def _things(self, paragraph: Element, place: str) -> Iterator[Item]:
        """What is not words of a paragraph but has some, or none."""
        for each in _own(paragraph):
            match each.tag:
                case "w:ffData":
                    yield from _form_value(each, place)
                case "w:sym":
                    font, number = each.get("w:font", ""), each.get("w:char", "")
                    yield Item(Content.SYMBOL, place, character(font, number) or f"symbol {number} of {font}")
                case "w:bookmarkStart" if not _OF_WORD.match(each.get("w:name", "_GoBack")):
                    yield Item(Content.BOOKMARK, place, each.get("w:name", ""))
                case "w:hyperlink" if (target := self._related.get(each.get("r:id", ""))) is not None:
                    yield Item(Content.LINK, place, target.target)
                case "w:drawing":
                    yield from self._pictures(each, place)

    def _pictures(self, drawing: Element, place: str) -> Iterator[Item]:
        for picture in drawing.iter("pic:pic"):
            about, blip = (first(drawing, "wp:docPr"), first(picture, "pic:cNvPr")), first(picture, "a:blip")
            text = next((each.get("descr", "") for each in about if each is not None and each.get("descr")), "")
            linked = blip is not None and blip.get("r:embed") not in self._related
            yield Item(Content.LINKED_PICTURE if linked else Content.PICTURE, place, text)


def _kind(element: Element, kind: Content) -> Content:
    """The kind of an element's words. A text box in a header stays part of the header."""
    if element.tag == "w:r" and kind is Content.TEXT and child(element, "w:rPr", "w:vanish") is not None:
        return Content.HIDDEN_TEXT
    found = _KINDS.get(element.tag)
    return found if found and (kind is Content.TEXT or kind in _INSIDE_OTHERS) else kind


def _own(paragraph: Element) -> Iterator[Element]:
    """What is in a paragraph, without the paragraphs inside of it and without what older programs get instead."""
    for each in paragraph:
        if each.tag not in {"w:p", "mc:Fallback"}:
            yield each
            yield from _own(each)


def _collect(
    element: Element, kind: Content, words: Mapping[Content, list[str]], inner: list[tuple[Element, Content]]
) -> None:
    """The words of one paragraph by kind, and the paragraphs inside of it."""
    for each in element:
        tag = each.tag
        if tag == "w:p":
            inner.append((each, kind))
        elif tag in {"w:t", "w:delText", "m:t"}:
            words[kind].append(each.text or "")
        elif tag in {"w:tab", "w:br", "w:cr", "w:commentRangeStart", "w:footnoteReference", "w:endnoteReference"}:
            words[kind].append(" ")
        elif tag not in {"mc:Fallback", "w:rt"} or (tag == "mc:Fallback" and len(element) == 1):
            _collect(each, _kind(each, kind), words, inner)


def _form_value(form: Element, place: str) -> Iterator[Item]:
    if (box := child(form, "w:checkBox")) is not None:
        state = next((each for name in ("w:checked", "w:default") if (each := child(box, name)) is not None), None)
        ticked = state is not None and state.get("w:val", "1") not in {"0", "false"}
        yield Item(Content.FORM_VALUE, place, "\N{BALLOT BOX WITH X}" if ticked else "\N{BALLOT BOX}")
    entries = [each.get("w:val", "") for each in form.iter("w:listEntry")]
    chosen = child(form, "w:ddList", "w:result")
    number = chosen.get("w:val", "0") if chosen is not None else "0"
    if number.isdecimal() and int(number) < len(entries):
        yield Item(Content.FORM_VALUE, place, entries[int(number)])


def _numbers(package: Package, related: Mapping[str, Relation], document: Element) -> Iterator[Item]:
    parts = {each.kind: each.target for each in related.values() if each.target in package.parts}
    roots = (package.xml(parts[kind]) if kind in parts else None for kind in ("numbering", "styles"))
    numbering = Numbering(*roots)
    for number, paragraph in enumerate(document.iter("w:p"), 1):
        label = numbering.label(paragraph)
        if label is not None and not label.is_bullet:
            yield Item(Content.NUMBER, f"paragraph {number}", label.text)


def _charts_and_diagrams(package: Package) -> Iterator[Item]:
    for part in package.parts:
        folder, _, file = part.rpartition("/")
        if folder.endswith("/charts") and re.match(r"chart(Ex)?\d*\.xml", file):
            yield Item(Content.CHART, file, _words(package.xml(part), {"a:t", "c:v", "cx:v", "cx:pt"}))
        elif folder.endswith("/diagrams") and re.match(r"data\d*\.xml", file):
            yield Item(Content.DIAGRAM, file, _words(package.xml(part), {"a:t"}))


def _words(root: Element, tags: set[str]) -> str:
    return " ".join(each.text for each in root.iter() if each.tag in tags and each.text)
