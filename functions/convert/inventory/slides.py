"""What a presentation holds: every shape of every slide, and what hangs on slides, layouts and masters."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from convert.inventory import Content, Item
from convert.inventory.drawings import DRAWN, drawn, said
from convert.ooxml import Package, child, first

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from convert.ooxml import Relation

_PLACEHOLDERS = {"ftr": Content.FOOTER, "hdr": Content.HEADER}
_NOT_WRITTEN = {"sldNum", "dt", "sldImg"}


def take(place: Path, name: str) -> Iterator[Item]:
    """Every item of the presentation; raises CannotConvert."""
    with Package(place, name) as package:
        main = package.main()
        related = package.related(main)
        numbers = [each.get("r:id", "") for each in package.xml(main).iter("p:sldId")]
        authors = _authors(package, related)
        for number, identifier in enumerate(numbers, 1):
            if identifier in related:
                yield from _slide(package, related[identifier].target, f"slide {number}", authors)
        for part in package.parts:
            folder = PurePosixPath(part).parent.name
            if folder in {"slideLayouts", "slideMasters"} and part.endswith(".xml"):
                shapes = (each for each in package.xml(part).iter("p:sp") if first(each, "p:ph") is None)
                yield from (
                    Item(Content.TEXT_BOX, PurePosixPath(part).stem, text) for each in shapes if (text := said(each))
                )
            elif PurePosixPath(part).name == "vbaProject.bin":
                yield Item(Content.MACRO, "the presentation", "vbaProject.bin")


def _authors(package: Package, related: dict[str, Relation]) -> dict[str, str]:
    parts = [each.target for each in related.values() if each.kind in {"commentAuthors", "authors"}]
    return {
        each.get("id", ""): each.get("name", "")
        for part in parts
        if part in package.parts
        for each in package.xml(part)
    }


def _slide(package: Package, part: str, place: str, authors: dict[str, str]) -> Iterator[Item]:
    root, related = package.xml(part), package.related(part)
    if root.get("show") in {"0", "false"}:
        yield Item(Content.HIDDEN_SLIDE, place, "hidden slide")
    for each in _shown(root):
        yield from _item(package, each, related, place)
    for relation in related.values():
        if relation.external or relation.target not in package.parts:
            continue
        if relation.kind == "notesSlide":
            notes = (
                each
                for each in package.xml(relation.target).iter("p:sp")
                if _role(each) not in {*_NOT_WRITTEN, "hdr", "ftr"}
            )
            yield from (Item(Content.SPEAKER_NOTES, place, text) for each in notes if (text := said(each)))
        elif relation.kind == "comments":
            for each in package.xml(relation.target).iter():
                if each.tag.rpartition(":")[2] in {"cm", "reply"}:
                    words = " ".join(found.text or "" for found in _own(each) if found.tag in {"p:text", "a:t"})
                    yield Item(Content.COMMENT, place, f"{authors.get(each.get('authorId', ''), '')} {words}".strip())


def _own(comment: Element) -> Iterator[Element]:
    for each in comment:
        if not each.tag.endswith(":replyLst"):
            yield from each.iter()


def _shown(element: Element) -> Iterator[Element]:
    """Every element below, of alternatives only the first."""
    for each in element:
        if each.tag == "mc:AlternateContent":
            yield from _shown(each[0]) if len(each) else ()
        else:
            yield each
            yield from _shown(each)


def _item(package: Package, element: Element, related: dict[str, Relation], place: str) -> Iterator[Item]:
    if element.tag in DRAWN:
        yield from drawn(package, element, related, place)
    match element.tag:
        case "p:sp":
            role = _role(element)
            kind = Content.TEXT_BOX if role is None else _PLACEHOLDERS.get(role, Content.TEXT)
            if role not in _NOT_WRITTEN and (text := said(element)):
                yield Item(kind, place, text)
        case "a:tc" if text := said(element):
            yield Item(Content.CELL, place, text)
        case "p:pic":
            about = child(element, "p:nvPicPr", "p:cNvPr")
            blip = first(element, "a:blip")
            source = related.get(blip.get("r:embed") or blip.get("r:link") or "") if blip is not None else None
            words = (
                (about.get("descr") or about.get("title") or about.get("name") or "picture")
                if about is not None
                else "picture"
            )
            far = source is not None and source.external
            yield Item(
                Content.LINKED_PICTURE if far else Content.PICTURE,
                place,
                f"{words} {source.target}" if far and source else words,
            )
            for each in element.iter():
                if each.tag in {"a:videoFile", "a:audioFile"}:
                    yield Item(Content.EMBEDDED, place, f"{each.tag[2:7]} {words}")
        case "p:oleObj":
            yield Item(Content.EMBEDDED, place, element.get("progId") or element.get("name") or "object")


def _role(shape: Element) -> str | None:
    found = first(shape, "p:ph")
    return None if found is None else found.get("type", "body")
