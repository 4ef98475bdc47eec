"""A tree made plainer where a format's richer ways would only be in the way.

GitHub's Markdown writes what it has no marks for as HTML; a reader, human or model, is better off without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count, repeat
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from convert.tree import plain_text, rewrite, words

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
        case "Link", [_, description, target]:
            return [{"t": "Link", "c": [_NO_ATTRIBUTES, description, target]}]
        case "Figure", [_, [_, caption], [*blocks]]:
            shown = [{"t": "Para", "c": block["c"]} if block["t"] == "Plain" else block for block in blocks]
            return [*shown, *_unsaid(caption, shown)]
        case "Table", [_, [_, caption], columns, *rows]:
            plain = [_NO_ATTRIBUTES, [None, []], [[align, _AUTOMATIC] for align, _ in columns], *_one_line_cells(rows)]
            return [*caption, {"t": "Table", "c": plain}]
    return [element]


def lines_as_they_are(element: Element) -> Sequence[Element]:
    """A line that ends, without the mark by which Markdown tells it from one that is only long."""
    return [{"t": "RawInline", "c": ["markdown", "\n"]}] if element["t"] == "LineBreak" else [element]


def automatic_widths(element: Element) -> Sequence[Element]:
    """A table whose columns are as wide as what is in them; in Markdown the dashes mean nothing to most who write."""
    if element["t"] == "Table":
        element["c"][2] = [[align, _AUTOMATIC] for align, _ in element["c"][2]]
    return [element]


def _unsaid(caption: list[Element], blocks: list[Element]) -> list[Element]:
    """The caption as paragraphs, unless a picture's description says the same."""
    said = plain_text(blocks)
    return [{"t": "Para", "c": each["c"]} if each["t"] == "Plain" else each for each in caption
            if plain_text(each).strip() not in said]  # fmt: skip


_BREAK = {"t": "RawInline", "c": ["html", "<br>"]}
_SPACE = {"t": "Space"}


def _one_line_cells(rows: Any) -> Any:
    """The rows with what is in a cell on one line, which is all that tables of Markdown take."""
    if not isinstance(rows, list):
        return rows
    if rows and all(isinstance(each, dict) and each.get("t") in _LINES_OF for each in rows):
        lines = [line for block in rows for line in _lines(block)]
        joined = [inline for line in lines for inline in (_BREAK, *line)][1:]
        return [{"t": "Plain", "c": rewrite(joined, lambda each: [_BREAK] if each["t"] == "LineBreak" else [each])}]
    return [_one_line_cells(each) for each in rows]


def _lines(block: Element) -> list[list[Element]]:
    """The lines of a block in a cell: points of a list with their marks, rows of a table with bars between cells."""
    return _LINES_OF[block["t"]](block.get("c"))


def _of_all(blocks: list[Element]) -> list[list[Element]]:
    return [line for block in blocks if block["t"] in _LINES_OF for line in _lines(block)]


def _marked(items: list[list[Element]], marks: Iterable[str]) -> list[list[Element]]:
    found = []
    for mark, item in zip(marks, items, strict=False):
        for number, line in enumerate(_of_all(item)):
            found.append([*([] if number else [*words(mark), _SPACE]), *line])
    return found


def _of_table(content: list[Any]) -> list[list[Element]]:
    _, _, _, (_, head), bodies, (_, foot) = content
    rows = [*head, *(row for body in bodies for row in (*body[2], *body[3])), *foot]
    found = []
    for _, cells in rows:
        line: list[Element] = []
        for cell in cells:
            inner = [inline for part in _of_all(cell[4]) for inline in (_SPACE, *part)][1:]
            line += [*([_SPACE, *words("\N{BROKEN BAR}"), _SPACE] if line else []), *inner]
        found.append(line)
    return found


_LINES_OF: Mapping[str, Callable[[Any], list[list[Element]]]] = MappingProxyType(
    {
        "Para": lambda content: [content],
        "Plain": lambda content: [content],
        "Header": lambda content: [[{"t": "Strong", "c": content[2]}]],
        "CodeBlock": lambda content: [[{"t": "Code", "c": [_NO_ATTRIBUTES, each]}] for each in content[1].splitlines()],
        "LineBlock": lambda content: content,
        "BlockQuote": _of_all,
        "HorizontalRule": lambda _: [],
        "BulletList": lambda content: _marked(content, repeat("\N{BULLET}")),
        "OrderedList": lambda content: _marked(content[1], (f"{number}." for number in count(content[0][0]))),
        "Table": _of_table,
    }
)
"""Kind of block -> its lines, for blocks that can stand in one cell of a table in Markdown."""


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
