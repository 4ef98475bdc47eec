"""Pandoc's document tree, as `pandoc -t json` writes it, rewritten element by element.

Elements are objects with a type `t` and a content `c`:
https://hackage.haskell.org/package/pandoc-types/docs/Text-Pandoc-Definition.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from convert.word.numbering import shown

Element = dict[str, Any]
Rewrite = Callable[[Element], Sequence[Element]]
"""What stands in an element's place: itself, nothing, or others."""


def rewrite(value: Any, change: Rewrite) -> Any:
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


_ENDS_A_LINE = {"Para", "Plain", "Header", "CodeBlock", "LineBlock", "MetaString", "MetaInlines"}
_SPACES = {"Space", "SoftBreak", "LineBreak"}
_COUNTING = {"LowerAlpha": "lowerLetter", "UpperAlpha": "upperLetter", "LowerRoman": "lowerRoman",
             "UpperRoman": "upperRoman"}  # fmt: skip


def everything(value: Any) -> str:
    """All that a reader can find in blocks or metadata, as text: words, numbers of lists, formulas, markup, links."""
    if isinstance(value, list):
        return "".join(map(everything, value))
    if not isinstance(value, dict):
        return ""
    kind, content = value.get("t"), value.get("c")
    if kind is None:
        return everything(list(value.values()))
    if kind in _SPACES:
        return " "
    return _said(kind, content) + "\n" * (kind in _ENDS_A_LINE)


def _said(kind: str, content: Any) -> str:
    match kind, content:
        case _, str(text):
            return text
        case (("Code" | "CodeBlock" | "Math" | "RawInline" | "RawBlock"), [_, str(text)]):
            return f" {text} "
        case (("Link" | "Image"), [_, inner, [address, title]]):
            return f"{everything(inner)} {title} {address} "
        case (("Span" | "Div"), [[identifier, *_], inner]):
            return everything(inner) + f" {identifier} " * bool(identifier)
        case "OrderedList", [[start, style, _], items]:
            counting = _COUNTING.get(style["t"], "decimal")
            return "".join(f"{shown(number, counting)}. {everything(item)}" for number, item in enumerate(items, start))
    return f" {everything(content)} " if kind == "Note" else everything(content)


def how_many(value: Any, kind: str) -> int:
    """The number of elements of a kind."""
    if isinstance(value, list):
        return sum(how_many(each, kind) for each in value)
    if not isinstance(value, dict):
        return 0
    return (value.get("t") == kind) + sum(how_many(each, kind) for each in value.values())


def words(text: str) -> list[Element]:
    """A text as inline elements."""
    return [{"t": "Str", "c": text}]


def text_of_meta(value: Any) -> str:
    """A metadata value as a line of text."""
    if isinstance(value, dict) and value.get("t") == "MetaString":
        return str(value.get("c", ""))
    return plain_text(value).strip()
