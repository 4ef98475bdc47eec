"""What a worksheet has besides its cells: comments, links, text boxes, charts, pictures, headers, hidden columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter

from convert.charts import chart_of, diagram_of, local, words_of
from convert.inventory import Content
from convert.ooxml import child, first
from convert.pictures import kind_of, pixels
from convert.sheets import Extra, ranges

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from convert.ooxml import Package, Relation

_ON = {"1", "true"}
_CODE = re.compile(r"""&(?:"[^"]*"|K[0-9A-Fa-f]{6}|K\d\d[+-]\d{3}|\d{1,3}|([A-Za-z&]))""")
_FIELDS = {
    "P": "[page]", "N": "[pages]", "D": "[date]", "T": "[time]", "A": "[sheet]", "F": "[file]", "Z": "[folder]",
    "&": "&", "L": " ", "C": " ", "R": " ", "G": "[picture]",
}  # fmt: skip
_THREADED = "[Threaded comment]"


def extras_of(package: Package, part: str, root: Element) -> list[Extra]:
    """All that hangs on one sheet, its part without the rows."""
    related = package.related(part)
    return [
        *_hidden_columns(root),
        *_links(root, related),
        *_comments(package, related),
        *_controls(package, related),
        *_headers(root),
        *(extra for each in related.values() if each.kind == "drawing" for extra in _drawing(package, each.target)),
    ]


def _hidden_columns(root: Element) -> Iterator[Extra]:
    hidden: set[int] = set()
    for each in root.iter("x:col"):
        if each.get("hidden") in _ON:
            hidden.update(range(int(each.get("min", "1")), min(int(each.get("max", "1")), 16_384) + 1))
    if hidden:
        yield Extra(Content.HIDDEN_COLUMN, ranges(sorted(hidden), get_column_letter), "")


def _links(root: Element, related: Mapping[str, Relation]) -> Iterator[Extra]:
    for each in root.iter("x:hyperlink"):
        relation = related.get(each.get("r:id", ""))
        address = (relation.target if relation is not None else "") + (
            f"#{inside}" if (inside := each.get("location")) else ""
        )
        if address:
            yield Extra(Content.LINK, each.get("ref", ""), address)


def _comments(package: Package, related: Mapping[str, Relation]) -> Iterator[Extra]:
    """Comments, and threads of them, which newer programs keep beside a copy in the old form."""
    people = dict(_people(package))
    threaded: set[str] = set()
    for relation in related.values():
        if relation.kind == "threadedComment" and relation.target in package.parts:
            for each in package.xml(relation.target):
                place, text = (
                    each.get("ref", ""),
                    "".join(found.text or "" for found in each if local(found.tag) == "text"),
                )
                threaded.add(place)
                yield Extra(Content.COMMENT, place, _by(people.get(each.get("personId", ""), ""), text))
    for relation in related.values():
        if relation.kind != "comments" or relation.target not in package.parts:
            continue
        root = package.xml(relation.target)
        authors = [each.text or "" for each in root.iter("x:author")]
        for each in root.iter("x:comment"):
            text = "".join(found.text or "" for found in each.iter("x:t"))
            number, place = int(each.get("authorId", "-1")), each.get("ref", "")
            if place in threaded and text.startswith(_THREADED):
                continue
            yield Extra(Content.COMMENT, place, _by(authors[number] if 0 <= number < len(authors) else "", text))


def _by(author: str, text: str) -> str:
    return f"{author}: {text.removeprefix(f'{author}:').strip()}" if author else text.strip()


def _people(package: Package) -> Iterator[tuple[str, str]]:
    for part in package.parts:
        if part.startswith("xl/persons/") and part.endswith(".xml"):
            for each in package.xml(part):
                yield each.get("id", ""), each.get("displayName", "")


def _controls(package: Package, related: Mapping[str, Relation]) -> Iterator[Extra]:
    for relation in related.values():
        if relation.kind == "ctrlProp" and relation.target in package.parts:
            root = package.xml(relation.target)
            state = root.get("checked") or root.get("val") or root.get("sel") or ""
            yield Extra(
                Content.FORM_VALUE,
                "",
                " ".join(filter(None, (root.get("objectType", "control"), root.get("fmlaLink"), state))),
            )


def _headers(root: Element) -> Iterator[Extra]:
    found = child(root, "x:headerFooter")
    for each in found if found is not None else ():
        kind = Content.HEADER if "Header" in each.tag else Content.FOOTER
        text = " ".join(_CODE.sub(lambda code: _FIELDS.get((code[1] or "").upper(), ""), each.text or "").split())
        if text:
            yield Extra(kind, "", text)


def _drawing(package: Package, part: str) -> Iterator[Extra]:
    """Text boxes, pictures, charts and diagrams, each at the cell that it begins over."""
    if part not in package.parts:
        return
    related = package.related(part)
    for anchor in package.xml(part):
        place = _place(anchor)
        for each in anchor.iter():
            target = related.get(
                each.get("r:id") or each.get("r:dm") or each.get("r:embed") or each.get("r:link") or ""
            )
            name = local(each.tag)
            if name == "txBody" and (text := words_of(each)):
                yield Extra(Content.TEXT_BOX, place, text)
            elif name == "hlinkClick" and target is not None and target.external:
                yield Extra(Content.LINK, place, target.target)
            elif name == "blip":
                yield _picture(package, anchor, place, target)
            elif target is None or target.external or target.target not in package.parts:
                continue
            elif name == "chart":
                chart = chart_of(package.xml(target.target))
                yield Extra(Content.CHART, place, f"{chart.kind}: {chart.title or 'without a title'}", chart.rows)
            elif name == "relIds":
                yield Extra(Content.DIAGRAM, place, "; ".join(diagram_of(package.xml(target.target))))


def _picture(package: Package, anchor: Element, place: str, source: Relation | None) -> Extra:
    about = first(anchor, "xdr:cNvPr")
    words = (about.get("descr") or about.get("name") or "") if about is not None else ""
    if source is None or source.external or source.target not in package.parts:
        return Extra(Content.LINKED_PICTURE, place, f"{words} {source.target if source is not None else ''}".strip())
    data = package.read(source.target)
    facts = (PurePosixPath(source.target).name, kind_of(data), pixels(data), f"{len(data):,} bytes")
    return Extra(Content.PICTURE, place, f"{words} [image: {', '.join(filter(None, facts))}]".strip())


def _place(anchor: Element) -> str:
    start = child(anchor, "xdr:from")
    if start is None:
        return ""
    column, row = (next((each.text for each in start if each.tag == tag), "0") or "0" for tag in ("xdr:col", "xdr:row"))
    return f"{get_column_letter(int(column) + 1)}{int(row) + 1}"
