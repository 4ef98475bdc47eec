"""A tree made plainer where a format's richer ways would only be in the way.

GitHub's Markdown writes what it has no marks for as HTML; a reader, human or model, is better off without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convert.tree import rewrite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.tree import Element

_NO_ATTRIBUTES: list[Any] = ["", [], []]
_AUTOMATIC = {"t": "ColWidthDefault"}


def for_markdown(element: Element) -> Sequence[Element]:
    """The element in marks that Markdown has: no wrappers, no sizes, captions as text, one line a table cell."""
    content = element.get("c")
    match element["t"], content:
        case (("Div" | "Span"), [_, [*inner]]):
            return inner
        case "Image", [_, description, target]:
            return [{"t": "Image", "c": [_NO_ATTRIBUTES, description, target]}]
        case "Figure", [_, _, [*blocks]]:
            return [{"t": "Para", "c": block["c"]} if block["t"] == "Plain" else block for block in blocks]
        case "Table", [_, [_, caption], columns, *rows]:
            plain = [_NO_ATTRIBUTES, [None, []], [[align, _AUTOMATIC] for align, _ in columns], *_one_line_cells(rows)]
            return [*caption, {"t": "Table", "c": plain}]
    return [element]


def automatic_widths(element: Element) -> Sequence[Element]:
    """A table whose columns are as wide as what is in them; in Markdown the dashes mean nothing to most who write."""
    if element["t"] == "Table":
        element["c"][2] = [[align, _AUTOMATIC] for align, _ in element["c"][2]]
    return [element]


def _one_line_cells(rows: Any) -> Any:
    """The rows with paragraphs of a cell, and line breaks in them, as <br>, which tables of Markdown take."""
    return rewrite(_joined(rows), lambda each: [_BREAK] if each["t"] == "LineBreak" else [each])


_BREAK = {"t": "RawInline", "c": ["html", "<br>"]}


def _joined(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    texts = [each for each in value if isinstance(each, dict) and each.get("t") in {"Para", "Plain"}]
    if len(texts) == len(value) > 1:
        inlines = texts[0]["c"]
        for each in texts[1:]:
            inlines = [*inlines, _BREAK, *each["c"]]
        return [{"t": "Plain", "c": inlines}]
    return [_joined(each) for each in value]


def pictures_apart(element: Element) -> Sequence[Element]:
    """A paragraph with pictures among its words as several, each words or a picture: on a slide one would be lost."""
    if element["t"] not in {"Para", "Plain"} or not any(each["t"] == "Image" for each in element["c"]):
        return [element]
    runs: list[Element] = []
    for each in element["c"]:
        if each["t"] == "Image" or not runs or runs[-1]["c"][-1]["t"] == "Image":
            runs.append({"t": "Para", "c": []})
        runs[-1]["c"].append(each)
    return [run for run in runs if any(each["t"] not in {"Space", "SoftBreak", "LineBreak"} for each in run["c"])]
