"""PDF by typst: pandoc writes typst's markup into our own layout, typst sets it in pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.directions import language_of_letters
from convert.tree import plain_text, rewrite, text_of_meta
from convert.typeset.anchors import Anchors
from convert.typeset.compiler import typeset
from convert.typeset.figures import numbered_once, with_description
from convert.typeset.fonts import code_families, text_families
from convert.typeset.mathematics import formulas
from convert.typeset.passages import bold_heads, in_order, language_and_region
from convert.typeset.wide_tables import Page, WideTables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from convert.house_style.reference import HouseStyle
    from convert.pandoc import Pandoc
    from convert.tree import Element

_LAYOUT = Path(__file__).with_name("typeset") / "document.typ"
_MAIN = "main.typ"
# Citations are resolved by pandoc or stay text: typst would want its own bibliography, for every @ in a text too.
_WRITER = "typst-citations"
_A4 = Page(width=453.0, height=700.0)


@dataclass(frozen=True, slots=True)
class Pdf:
    """What became of a document: in words for its reader, and what is to be said of it."""

    about: str
    notes: Sequence[str] = field(default_factory=list)


def without_markup_of_typst(element: Element) -> Sequence[Element]:
    """The element without what its author wrote for typst itself: a document is text, not a program.

    What slipped through could still read only the scratch folder, which is the root of typst's files.
    """
    if element["t"] in {"RawBlock", "RawInline"} and element["c"][0] == "typst":
        return []
    if isinstance(element.get("c"), list):
        element["c"] = [_without_properties(part) for part in element["c"]]
    return [element]


def _without_properties(part: Any) -> Any:
    match part:
        case [str(name), [*classes], [*pairs]] if all(isinstance(pair, list) for pair in pairs):
            return [name, classes, [pair for pair in pairs if not str(pair[0]).startswith("typst")]]
    return part


@dataclass(frozen=True, slots=True)
class PdfRequest:
    """One PDF to make: the result's name in the scratch folder, images as references -> embedded files, the time.

    `name` is what the document is called when neither metadata nor headings give it a title.
    """

    result: str
    images: Mapping[str, str]
    name: str
    now: datetime
    house: HouseStyle | None = None


def write_pdf(pandoc: Pandoc, tree: dict[str, Any], request: PdfRequest, *options: str) -> Pdf:
    """Write the tree as a PDF into the scratch folder."""
    tree = rewrite(tree, without_markup_of_typst)
    house, images = request.house, request.images
    meta, inputs = _described(tree["meta"], tree["blocks"], request.name, house)
    page = _A4
    if house:
        page = Page(house.width, house.height, house.type_size)
        for name, data in house.images.items():
            (pandoc.scratch / name).write_bytes(data)
        # By this the layout names each of its pictures, so this is what an error quotes.
        images = {**images, "of the house style": "image(it.image"}
    anchors, tables = Anchors(), WideTables(page)
    blocks = rewrite(anchors.linked(tree["blocks"]), in_order)
    blocks = rewrite(tables.fitted(rewrite(blocks, bold_heads)), numbered_once)
    blocks, said = formulas(pandoc, rewrite(blocks, with_description))
    layout = ["--template", str(_LAYOUT), "--syntax-highlighting", "idiomatic", *options]
    warnings = pandoc.write({**tree, "meta": meta, "blocks": blocks}, _WRITER, _MAIN, layout)
    place = pandoc.scratch / request.result
    done = typeset(pandoc.scratch / _MAIN, place, images, inputs, request.now.replace(microsecond=0))
    about = ", ".join(filter(None, (page_count(place), done.standard)))
    return Pdf(
        about, [*(house.notes if house else ()), *done.notes(), *tables.notes, *anchors.notes(), *said, *warnings]
    )


def _described(
    meta: dict[str, Any], blocks: list[Element], name: str, house: HouseStyle | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The metadata without what typst cannot take, and what the layout is told beside it."""
    language = text_of_meta(meta.get("lang")) if "lang" in meta else ""
    found = language_and_region(language) or (language_of_letters(plain_text(blocks)) or "en", None)
    headings = [plain_text(block["c"][2]) for block in blocks if block["t"] == "Header"]
    tag = "-".join(filter(None, found))
    inputs: dict[str, Any] = {
        "language": found[0],
        "region": found[1],
        "direction": "rtl" if text_of_meta(meta.get("dir")) == "rtl" else "ltr",
        "title": next(filter(None, headings), name),
        "text-fonts": text_families(tag),
        "code-fonts": code_families(tag),
    }
    if house:
        inputs["house"] = house.as_input()
        faces = {role: style["font"] for role, style in house.styles.items() if "font" in style}
        inputs["faces"] = {role: text_families(tag, font) for role, font in faces.items()}
        inputs["text-fonts"] = inputs["faces"].get("body", inputs["text-fonts"])
    return {key: value for key, value in meta.items() if key not in {"lang", "dir"}}, inputs


def page_count(result: Path) -> str:
    """How many pages a PDF of typst's has, in words."""
    found = re.search(rb"/Type/Pages/Count (\d+)", result.read_bytes())
    return f"{int(found[1])} page{'s' * (found[1] != b'1')}" if found else ""
