"""Pictures with their descriptions and captions, which typst is to number only where their author did not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from convert.tree import plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.tree import Element

_NUMBERED = re.compile(r"^\s*[^\W\d]{1,20}\.?\s+[A-Z]?\d+(?:[.\-–]\d+)*[a-z]?\s*(?:[.:–—|-]|$)")
_LENGTH = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(px|pt|cm|mm|in|em|%|)\s*$")
_POINTS = {"px": 0.75, "": 0.75, "pt": 1.0, "cm": 28.35, "mm": 2.835, "in": 72.0, "em": 10.5}
_WIDEST = 450.0
"""Points of a page's text that a picture may take by its own wish; a wider one is as wide as the text."""


def with_description(element: Element) -> Sequence[Element]:
    """The picture as markup that names its description, for those who hear a page; other elements stay."""
    if element["t"] != "Image":
        return [element]
    (_, _, pairs), description, (place, title) = element["c"]
    sizes = dict(pairs)
    told = plain_text(description).strip() or title or str(sizes.get("alt", ""))
    arguments = [json.dumps(place)]
    width, height = _length(sizes.get("width")), _length(sizes.get("height"))
    if width:
        arguments.append(f"width: {width}")
    if height and not (width or height.endswith("%")):
        arguments.append(f"height: {height}")
    if told:
        arguments.append(f"alt: {text_of_typst(told)}")
    return [{"t": "RawInline", "c": ["typst", f"#box(image({', '.join(arguments)}))"]}]


def numbered_once(element: Element) -> Sequence[Element]:
    """A figure or table whose caption begins with a number of its own, so that typst gives it no second one."""
    if element["t"] not in {"Figure", "Table"} or not _NUMBERED.match(plain_text(element["c"][1][1])):
        return [element]
    before = {"t": "RawBlock", "c": ["typst", "#[#set figure(numbering: none)"]}
    return [before, element, {"t": "RawBlock", "c": ["typst", "]"]}]


def text_of_typst(text: str) -> str:
    """The text as a string of typst's language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _length(value: Any) -> str:
    """As typst writes it; empty for what is no length."""
    found = _LENGTH.match(str(value or ""))
    if not found:
        return ""
    number, unit = float(found[1]), found[2]
    if unit == "%":
        return f"{min(number, 100):g}%"
    points = number * _POINTS[unit]
    return f"{points:g}pt" if points <= _WIDEST else "100%"
