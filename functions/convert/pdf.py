"""PDF by typst: pandoc writes typst's markup into our own layout, typst sets it in pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from convert.errors import CannotConvert
from convert.tree import rewrite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convert.pandoc import Pandoc
    from convert.tree import Element

_LAYOUT = Path(__file__).with_name("document.typ")
_MAIN = "main.typ"
# Citations are resolved by pandoc or stay text: typst would want its own bibliography, for every @ in a text too.
_WRITER = "typst-citations"


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


def write_pdf(pandoc: Pandoc, tree: dict[str, Any], result: str, images: Mapping[str, str], *options: str) -> list[str]:
    """Write the tree as a PDF into the scratch folder; gives warnings. `images` are references -> embedded files."""
    tree = rewrite(tree, without_markup_of_typst)
    layout = ["--template", str(_LAYOUT), "--syntax-highlighting", "idiomatic", *options]
    warnings = pandoc.write(tree, _WRITER, _MAIN, layout)
    typeset(pandoc.scratch / _MAIN, pandoc.scratch / result, images)
    return warnings


def page_count(result: Path) -> str:
    """How many pages a PDF of typst's has, in words."""
    found = re.search(rb"/Type/Pages/Count (\d+)", result.read_bytes())
    return f"{int(found[1])} page{'s' * (found[1] != b'1')}" if found else ""


def typeset(main: Path, result: Path, images: Mapping[str, str]) -> None:
    """Set one typst file. It can open nothing outside its own folder; raises CannotConvert when it does not compile."""
    try:
        typst.compile(
            str(main),
            output=str(result),
            root=str(main.parent),
            ignore_system_fonts=True,
            package_path=str(main.parent / "no-packages"),
            package_cache_path=str(main.parent / "no-packages"),
        )
    except typst.TypstError as error:
        raise CannotConvert(f"the PDF cannot be set: {_in_its_authors_words(error, images)}") from error


def _in_its_authors_words(error: typst.TypstError, images: Mapping[str, str]) -> str:
    text = " ".join([error.message, *error.hints])
    shown = [reference for reference, name in images.items() if name in error.diagnostic]
    if re.search(r"decode|image", text) and len(shown) == 1:
        text += f" (image {shown[0][:100]})"
    return text[:500]
