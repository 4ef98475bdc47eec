"""Pandoc's document tree, as `pandoc -t json` writes it, rewritten element by element.

Elements are objects with a type `t` and a content `c`:
https://hackage.haskell.org/package/pandoc-types/docs/Text-Pandoc-Definition.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Element = dict[str, Any]
Change = Callable[[Element], Sequence[Element]]
"""What stands in an element's place: itself, nothing, or others."""


def rewrite(value: Any, change: Change) -> Any:
    """A copy of the tree with every element of a list changed, the inner before the outer."""
    if isinstance(value, dict):
        return {key: rewrite(inner, change) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    result: list[Any] = []
    for item in value:
        inner = rewrite(item, change)
        if isinstance(inner, dict) and "t" in inner:
            result.extend(change(inner))
        else:
            result.append(inner)
    return result


def plain_text(value: Any) -> str:
    """The words of inline elements."""
    if isinstance(value, list):
        return "".join(map(plain_text, value))
    if not isinstance(value, dict):
        return ""
    match value.get("t"), value.get("c"):
        case "Str", str(text):
            return text
        case (("Space" | "SoftBreak" | "LineBreak"), _):
            return " "
        case (("Code" | "Math"), [_, str(text)]):
            return text
        case _, content:
            return plain_text(content)


def words(text: str) -> list[Element]:
    """A text as inline elements."""
    return [{"t": "Str", "c": text}]


def text_of_meta(value: Any) -> str:
    """A metadata value as a line of text."""
    if isinstance(value, dict) and value.get("t") == "MetaString":
        return str(value.get("c", ""))
    return plain_text(value).strip()
