"""What a Word file holds (ECMA-376 part 1, WordprocessingML), read from its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from convert.inventory import Content, Item
from convert.ooxml import Package, Relation, child, first

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
# What holds words of another kind than the paragraph that it stands in.
_APART = {"w:txbxContent": Content.TEXT_BOX, "w:del": Content.DELETED, "w:moveFrom": Content.DELETED,
          "w:ins": Content.INSERTED, "w:moveTo": Content.INSERTED, "w:fldSimple": Content.FIELD,
          "w:ruby": Content.RUBY, "m:oMath": Content.FORMULA, "w:sdt": Content.CONTENT_CONTROL}  # fmt: skip
_FORMATTING = {"w:rPrChange", "w:pPrChange", "w:tblPrChange", "w:tcPrChange", "w:trPrChange", "w:sectPrChange"}


def take(place: Path, name: str) -> Iterator[Item]:
    """Every piece of content of a docx; see `convert.inventory.Take`."""
    with Package(place, name) as package:
        main = package.main()
        related = package.related(main)
        yield from _story(package.xml(main), Content.TEXT, "")
        seen: Counter[str] = Counter()
        for relation in sorted(related.values(), key=lambda relation: relation.target):
            seen[relation.kind] += 1
            yield from _part(package, relation, seen[relation.kind])
        yield from _charts_and_diagrams(package)


def _part(package: Package, relation: Relation, number: int) -> Iterator[Item]:
    if relation.external or relation.target not in package.parts:
        return
    if kind := _STORIES.get(relation.kind):
        for entry in _entries(package.xml(relation.target)):
            author = entry.get("w:author", "")
            where = f"{kind} {entry.get('w:id') or number}" + f" by {author}" * bool(author)
            yield from _story(entry, kind, where)
    elif relation.kind == "aFChunk":
        yield Item(Content.INCLUDED, relation.target.rpartition("/")[2])
    elif relation.kind in {"oleObject", "package"}:
        yield Item(Content.EMBEDDED, relation.target.rpartition("/")[2])
    elif relation.kind == "vbaProject":
        yield Item(Content.MACRO, "the document's program")


def _entries(root: Element) -> Iterator[Element]:
    """The notes or comments of a part; the part itself where it is one story."""
    entries = [each for each in root if each.tag in {"w:footnote", "w:endnote", "w:comment"}]
    yield from (each for each in entries if each.get("w:type") not in _SEPARATORS)
    if not entries:
        yield root


def _story(root: Element, kind: Content, where: str) -> Iterator[Item]:
    for number, paragraph in enumerate(root.iter("w:p"), 1):
        place = where or f"paragraph {number}"
        words: dict[Content, list[str]] = {}
        for content, text in _texts(paragraph, kind):
            words.setdefault(content, []).append(text)
        for content, texts in words.items():
            if "".join(texts).strip():
                yield Item(content, place, "".join(texts))
        yield from _things(paragraph, place)
    for _ in (each for each in root.iter() if each.tag in _FORMATTING):
        yield Item(Content.FORMATTING, where or "the text")


def _texts(element: Element, kind: Content) -> Iterator[tuple[Content, str]]:
    """The words of one paragraph, each with the kind that it belongs to; paragraphs inside of it come by themselves."""
    for each in element:
        tag = each.tag
        if tag in {"w:p", "mc:Fallback", "w:rt"}:
            continue
        if tag in {"w:t", "w:delText", "m:t"}:
            yield kind, each.text or ""
        elif tag == "w:r" and kind is Content.TEXT and child(each, "w:rPr", "w:vanish") is not None:
            yield from _texts(each, Content.HIDDEN_TEXT)
        elif tag in {"w:tab", "w:br", "w:cr", "w:commentRangeStart", "w:footnoteReference"}:
            yield kind, " "
        else:
            yield from _texts(each, _APART.get(tag, kind) if kind in _OPEN else kind)


_OPEN = {Content.TEXT, Content.CONTENT_CONTROL, Content.FIELD}


def _things(paragraph: Element, place: str) -> Iterator[Item]:
    """What is not words of a paragraph but has some."""
    for form in paragraph.iter("w:ffData"):
        choices = [each.get("w:val", "") for each in form.iter("w:listEntry")]
        chosen = child(form, "w:ddList", "w:result")
        if choices:
            yield Item(Content.FORM_VALUE, place, choices[min(int(_value(chosen, "0")), len(choices) - 1)])
    for picture in paragraph.iter("pic:pic"):
        about, blip = first(picture, "pic:cNvPr"), first(picture, "a:blip")
        linked = blip is not None and blip.get("r:embed") is None
        text = about.get("descr", "") if about is not None else ""
        yield Item(Content.LINKED_PICTURE if linked else Content.PICTURE, place, text)


def _value(element: Element | None, default: str) -> str:
    return default if element is None else element.get("w:val", default)


def _charts_and_diagrams(package: Package) -> Iterator[Item]:
    for part in package.parts:
        folder, _, file = part.rpartition("/")
        if folder.endswith("/charts") and file.startswith("chart"):
            yield from _words(package.xml(part), ("a:t", "c:v"), Content.CHART, file)
        elif folder.endswith("/diagrams") and file.startswith("data"):
            yield from _words(package.xml(part), ("a:t",), Content.DIAGRAM, file)


def _words(root: Element, tags: Iterable[str], kind: Content, place: str) -> Iterator[Item]:
    texts = [each.text for each in root.iter() if each.tag in tags and each.text]
    if texts:
        yield Item(kind, place, " ".join(texts))
