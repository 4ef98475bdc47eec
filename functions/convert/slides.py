"""Slides as HTML: titles, points, tables, charts, diagrams, pictures, comments and notes, in the order of the show.

The format is Office Open XML (ECMA-376): a presentation refers to its slides by relationship ids, a slide to its
pictures, charts, comments and notes in the same way.
"""

from __future__ import annotations

from html import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from convert.charts import chart_of, diagram_of, local
from convert.errors import CannotConvert
from convert.ooxml import Package, child, first
from convert.slide_text import line, paragraphs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from convert.ooxml import Relation

_TITLES = {"title", "ctrTitle"}
_FURNITURE = {"sldNum", "dt", "ftr", "hdr", "sldImg"}


def slides_as_html(place: Path, name: str, media: Path, *, numbered: bool = False) -> str:
    """One section a slide. Pictures are written into the folder `media` and referred to by its name.

    `place` has been through `check_archive`. Raises CannotConvert for what is no presentation.
    """
    try:
        with Package(place, name) as package:
            if package.xml(package.main()).tag != "p:presentation":
                raise CannotConvert(f"{name} is not a presentation, whatever its suffix says")
            deck = _Deck(package, media)
            sections = [deck.slide(path, number, numbered) for number, path in enumerate(deck.order(), 1)]
    except (KeyError, ValueError) as error:
        raise CannotConvert(f"{name} is not a presentation that can be read ({error})") from error
    return f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>{''.join(sections)}</body></html>"


class _Deck:
    def __init__(self, package: Package, media: Path) -> None:
        self._package, self._media = package, media
        self._main = package.main()
        self._authors = dict(self._people())

    def order(self) -> list[str]:
        """Slides as they are shown, which is not how their files are numbered."""
        targets = self._package.related(self._main)
        return [targets[each.attrib["r:id"]].target for each in self._package.xml(self._main).iter("p:sldId")]

    def slide(self, path: str, number: int, numbered: bool) -> str:
        related, root = self._package.related(path), decided(self._package.xml(path))
        shapes = list(_shapes(root))
        title = " ".join(line(shape) for shape in shapes if _role(shape) in _TITLES).strip()
        body = "".join(self._shape(shape, related) for shape in shapes)
        heading = f"Slide {number}{': ' if title else ''}{title}" if numbered else title or f"Slide {number}"
        if root.get("show") in {"0", "false"}:
            heading += " (hidden slide)"
        beside = [self._beside(relation) for relation in related.values()]
        return f"<h2>{escape(heading)}</h2>{body}{''.join(beside)}"

    def _shape(self, shape: Element, related: Mapping[str, Relation]) -> str:
        if shape.tag == "p:pic":
            return self._picture(shape, related)
        if shape.tag == "p:graphicFrame":
            return self._frame(shape, related)
        role = _role(shape)
        if role in _TITLES or role in _FURNITURE:
            return ""
        link = child(shape, "p:nvSpPr", "p:cNvPr", "a:hlinkClick")
        inside = paragraphs(shape, related, listed=role is not None and role != "subTitle")
        target = related.get(link.get("r:id", "")) if link is not None else None
        if target is None or not target.external:
            return inside
        return f'{inside}<p><a href="{escape(target.target)}">{escape(target.target)}</a></p>'

    def _frame(self, shape: Element, related: Mapping[str, Relation]) -> str:
        """Tables, charts, diagrams, and what another program has drawn."""
        out = "".join(_table(table, related) for table in shape.iter("a:tbl"))
        for each in shape.iter():
            target = related.get(each.get("r:id", "") or each.get("r:dm", ""))
            if target is None:
                continue
            match local(each.tag):
                case "chart":
                    out += self._chart(target.target)
                case "relIds":
                    words = diagram_of(self._package.xml(target.target))
                    out += f"<p><em>[diagram]</em></p><ul>{''.join(f'<li>{escape(word)}</li>' for word in words)}</ul>"
                case "oleObj":
                    what = each.get("progId") or PurePosixPath(target.target).name
                    out += f"<p><em>[embedded object: {escape(what)}]</em></p>"
        return out + "".join(self._picture(picture, related) for picture in shape.iter("p:pic"))

    def _chart(self, path: str) -> str:
        chart = chart_of(self._package.xml(path))
        heading = f"<p><em>[{escape(chart.kind)}]</em> {escape(chart.title)}</p>"
        tags = ["th", *["td"] * len(chart.rows)]
        lines = (
            "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)
            for tag, row in zip(tags, chart.rows, strict=False)
        )
        cut = f"<p>[{chart.cut:,} more points of this chart are left out]</p>" if chart.cut else ""
        return f"{heading}<table>{''.join(f'<tr>{row}</tr>' for row in lines)}</table>{cut}"

    def _picture(self, shape: Element, related: Mapping[str, Relation]) -> str:
        about = first(shape, "p:cNvPr")
        words = (about.get("descr") or about.get("title") or about.get("name") or "") if about is not None else ""
        played = [
            local(each.tag).removesuffix("File")
            for each in shape.iter()
            if local(each.tag) in {"videoFile", "audioFile"}
        ]
        playing = "".join(f"<p><em>[{kind}: {escape(words)}]</em></p>" for kind in played)
        blip = first(shape, "a:blip")
        source = related.get(blip.get("r:embed", "") or blip.get("r:link", "")) if blip is not None else None
        if source is None or source.external or source.target not in self._package.parts:
            where = f" ({source.target})" if source is not None and source.external else ""
            return f"{playing}<p><em>[picture: {escape((words or 'without a description') + where)}]</em></p>"
        self._media.mkdir(exist_ok=True)
        copy = self._media / PurePosixPath(source.target).name
        copy.write_bytes(self._package.read(source.target))
        return f'{playing}<p><img src="{escape(f"{self._media.name}/{copy.name}")}" alt="{escape(words)}"></p>'

    def _beside(self, relation: Relation) -> str:
        """What hangs on a slide without being shown on it."""
        if relation.external or relation.target not in self._package.parts:
            return ""
        if relation.kind == "notesSlide":
            related = self._package.related(relation.target)
            shapes = (
                each for each in _shapes(decided(self._package.xml(relation.target))) if _role(each) not in _FURNITURE
            )
            spoken = "".join(paragraphs(each, related, listed=False) for each in shapes)
            return f'<div class="notes">{spoken}</div>' if spoken else ""
        if relation.kind != "comments":
            return ""
        comments = [each for each in self._package.xml(relation.target).iter() if local(each.tag) in {"cm", "reply"}]
        return "".join(f"<p><em>[comment{self._by(each)}]</em> {escape(_said(each))}</p>" for each in comments)

    def _by(self, comment: Element) -> str:
        name = self._authors.get(comment.get("authorId", ""), "")
        return escape(f" by {name}") if name else ""

    def _people(self) -> Iterator[tuple[str, str]]:
        for relation in self._package.related(self._main).values():
            if relation.kind in {"commentAuthors", "authors"} and relation.target in self._package.parts:
                for each in self._package.xml(relation.target):
                    yield each.get("id", ""), each.get("name", "")


def _said(comment: Element) -> str:
    """The words of one comment without those of its replies."""
    if (plain := child(comment, "p:text")) is not None:
        return plain.text or ""
    return " ".join(line(each) for each in comment if local(each.tag) == "txBody")


def _shapes(root: Element) -> Iterator[Element]:
    """Shapes in their order, those in groups too; a picture inside a frame belongs to the frame."""
    for each in root:
        if each.tag in {"p:sp", "p:pic", "p:graphicFrame"}:
            yield each
        else:
            yield from _shapes(each)


def decided(element: Element) -> Element:
    """The element with the first choice of each markup that is there in several versions (ECMA-376 part 3)."""
    for index in range(len(element) - 1, -1, -1):
        if element[index].tag == "mc:AlternateContent":
            choices = [each for each in element[index] if each.tag in {"mc:Choice", "mc:Fallback"}]
            element[index : index + 1] = list(choices[0]) if choices else []
    for each in element:
        decided(each)
    return element


def _role(shape: Element) -> str | None:
    """What a placeholder is for; None for a shape that is none."""
    place = first(shape, "p:ph")
    return None if place is None else place.get("type", "body")


def _table(table: Element, related: Mapping[str, Relation]) -> str:
    rows = ([_cell(cell, related) for cell in row.iter("a:tc")] for row in table.iter("a:tr"))
    lines = ("".join(f"<{tag}>{cell}</{tag}>" for cell in row) for tag, row in _headed(rows))
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in lines)}</table>"


def _cell(cell: Element, related: Mapping[str, Relation]) -> str:
    """Its paragraphs, each on a line; nothing where another cell covers it."""
    if "1" in (cell.get("hMerge"), cell.get("vMerge")):
        return ""
    return paragraphs(cell, related, listed=False).removeprefix("<p>").removesuffix("</p>").replace("</p><p>", "<br>")


def _headed(rows: Iterator[list[str]]) -> Iterator[tuple[str, list[str]]]:
    for number, row in enumerate(rows):
        yield "td" if number else "th", row


def with_labelled_notes(element: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """A change to pandoc's tree: speaker notes say that they are, for targets that have no place for them."""
    if element["t"] != "Div" or "notes" not in element["c"][0][1]:
        return [element]
    label = {"t": "Para", "c": [{"t": "Strong", "c": [{"t": "Str", "c": "Speaker notes"}]}]}
    return [{"t": "Div", "c": [element["c"][0], [label, *element["c"][1]]]}]
