"""Stencila's articles in JSON (https://stencila.io) as trees of pandoc, by the node types of its schema.

Texts may be plain strings or `{"string": ...}`, as versions of the schema have them. Nodes without a counterpart keep
their words, and are named.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from convert.errors import CannotConvert
from convert.fences import END_OF_OUTPUTS, EXECUTABLE, OUTPUTS
from convert.tree import words

Node = dict[str, Any]
_NO_ATTRIBUTES: list[Any] = ["", [], []]
MARKS: Mapping[str, str] = MappingProxyType(
    {
        "Emphasis": "Emph", "Strong": "Strong", "Strikeout": "Strikeout", "Underline": "Underline",
        "Superscript": "Superscript", "Subscript": "Subscript",
    }
)  # fmt: skip
"""Stencila's name -> pandoc's, of what only holds inlines."""
_DEEPEST = 100


def as_tree(text: str, name: str) -> tuple[dict[str, Any], list[str]]:
    """The tree of an article in JSON, and notes; raises CannotConvert."""
    try:
        article = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CannotConvert(f"{name} is not JSON") from error
    if not isinstance(article, dict) or article.get("type") != "Article":
        raise CannotConvert(f"{name} is JSON and no article of Stencila's; read_file reads it as it is")
    reader = _Reader()
    meta: dict[str, Any] = {}
    if title := reader.inlines(article.get("title"), 0):
        meta["title"] = {"t": "MetaInlines", "c": title}
    authors = [author for author in map(_person, _listed(article.get("authors"))) if author]
    if authors:
        meta["author"] = {"t": "MetaList", "c": [{"t": "MetaInlines", "c": words(author)} for author in authors]}
    if abstract := reader.blocks(article.get("abstract"), 0):
        meta["abstract"] = {"t": "MetaBlocks", "c": abstract}
    tree = {"pandoc-api-version": [1, 23], "meta": meta, "blocks": reader.blocks(article.get("content"), 0)}
    unknown = ", ".join(f"{count} {kind}" for kind, count in sorted(reader.unknown.items()))
    return tree, [f"nodes that have no counterpart are shown by their words alone: {unknown}"] if unknown else []


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, (dict, str)) else []


def _nodes(value: object) -> list[Node]:
    return [node for node in _listed(value) if isinstance(node, dict)]


def _person(value: object) -> str:
    if not isinstance(value, dict):
        return ""
    names = [*_listed(value.get("givenNames")), *_listed(value.get("familyNames"))]
    return " ".join(map(str, names)) or str(value.get("name") or "")


def _string(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("string", "")
    return str(value) if isinstance(value, (str, int, float)) else ""


def _mark(text: str) -> Any:
    return {"t": "RawBlock", "c": ["html", text]}


class _Reader:
    """Turns nodes into elements. `unknown` are how many nodes there were of types without a counterpart."""

    def __init__(self) -> None:
        self.unknown: Counter[str] = Counter()

    def blocks(self, value: object, depth: int) -> list[Any]:
        """Of a node's content."""
        if depth > _DEEPEST:
            raise CannotConvert("the document is nested too deep")
        return [block for node in _nodes(value) for block in self._block(node, depth + 1)]

    def _block(self, node: Node, depth: int) -> list[Any]:
        kind = str(node.get("type"))
        if made := _BLOCKS.get(kind):
            return made(self, node, depth)
        self.unknown[kind[:40]] += 1
        shown = _words_of(node)
        return [{"t": "Para", "c": words(shown)}] if shown else []

    def paragraph(self, node: Node, depth: int) -> list[Any]:
        return [{"t": "Para", "c": self.inlines(node.get("content"), depth)}]

    def heading(self, node: Node, depth: int) -> list[Any]:
        level = node.get("level", node.get("depth", 1))
        level = level if isinstance(level, int) and 1 <= level <= 6 else 1  # noqa: PLR2004 - as many as HTML has
        return [{"t": "Header", "c": [level, _NO_ATTRIBUTES, self.inlines(node.get("content"), depth)]}]

    def code(self, node: Node, depth: int) -> list[Any]:
        language = _string(node.get("programmingLanguage"))
        classes = [*filter(None, [language]), *([EXECUTABLE] if node["type"] == "CodeChunk" else [])]
        code = {"t": "CodeBlock", "c": [["", classes, []], _string(node.get("code") or node.get("text"))]}
        outputs = [block for output in _listed(node.get("outputs")) for block in self._output(output, depth)]
        marked = [_mark(OUTPUTS), *outputs, _mark(END_OF_OUTPUTS)] if outputs else []
        return [code, *marked, *self.blocks(node.get("caption"), depth)]

    def quote(self, node: Node, depth: int) -> list[Any]:
        return [{"t": "BlockQuote", "c": self.blocks(node.get("content"), depth)}]

    def items(self, node: Node, depth: int) -> list[Any]:
        items = [self.blocks(item.get("content"), depth) for item in _nodes(node.get("items"))]
        if str(node.get("order")).lower() != "ascending":
            return [{"t": "BulletList", "c": items}]
        return [{"t": "OrderedList", "c": [[1, {"t": "Decimal"}, {"t": "Period"}], items]}]

    def group(self, node: Node, depth: int) -> list[Any]:
        title = self.inlines(node.get("title"), depth)
        head = [{"t": "Para", "c": [{"t": "Strong", "c": title}]}] if title else []
        return [*head, *self.blocks(node.get("content"), depth), *self.blocks(node.get("caption"), depth)]

    def _output(self, output: object, depth: int) -> list[Any]:
        if isinstance(output, dict) and output.get("type") in {"Paragraph", "Table", "CodeBlock", "Figure"}:
            return self._block(output, depth)
        if isinstance(output, dict) and output.get("type") == "ImageObject":
            return [{"t": "Para", "c": self.inlines([output], depth)}]
        shown = _words_of(output) if isinstance(output, (dict, list)) else str(output)
        return [{"t": "CodeBlock", "c": [["", ["output"], []], shown]}]

    def table(self, node: Node, depth: int) -> list[Any]:
        rows = _nodes(node.get("rows"))
        cells = [_nodes(row.get("cells")) for row in rows]
        width = max(map(len, cells), default=0)
        made = []
        for row in cells:
            filled = [self.blocks(cell.get("content"), depth) for cell in row]
            filled += [[]] * (width - len(filled))
            made.append([_NO_ATTRIBUTES, [[_NO_ATTRIBUTES, {"t": "AlignDefault"}, 1, 1, cell] for cell in filled]])
        heads = 1 if rows and "header" in str(rows[0].get("rowType", "")).lower() else 0
        columns = [[{"t": "AlignDefault"}, {"t": "ColWidthDefault"}]] * width
        body = [_NO_ATTRIBUTES, 0, [], made[heads:]]
        head, foot = [_NO_ATTRIBUTES, made[:heads]], [_NO_ATTRIBUTES, []]
        table = {"t": "Table", "c": [_NO_ATTRIBUTES, [None, []], columns, head, [body], foot]}
        return [*self.blocks(node.get("caption"), depth), table]

    def inlines(self, value: object, depth: int) -> list[Any]:
        """Of a node's content, or of a text."""
        if depth > _DEEPEST:
            raise CannotConvert("the document is nested too deep")
        if isinstance(value, str):
            return words(value)
        return [made for node in _listed(value) for made in self._inline(node, depth + 1)]

    def _inline(self, node: object, depth: int) -> list[Any]:
        if not isinstance(node, dict):
            return words(str(node))
        kind = str(node.get("type"))
        if kind in MARKS:
            return [{"t": MARKS[kind], "c": self.inlines(node.get("content"), depth)}]
        if made := _INLINES.get(kind):
            return made(self, node, depth)
        self.unknown[kind[:40]] += 1
        return words(_words_of(node))

    def link(self, node: Node, depth: int) -> list[Any]:
        target = [str(node.get("target", "")), ""]
        return [{"t": "Link", "c": [_NO_ATTRIBUTES, self.inlines(node.get("content"), depth), target]}]

    def image(self, node: Node, depth: int) -> list[Any]:
        named = self.inlines(node.get("caption"), depth) or words(_string(node.get("title")))
        return [{"t": "Image", "c": [_NO_ATTRIBUTES, named, [str(node.get("contentUrl", "")), ""]]}]

    def note(self, node: Node, depth: int) -> list[Any]:
        return [{"t": "Note", "c": self.blocks(node.get("content"), depth)}]

    def quoted(self, node: Node, depth: int) -> list[Any]:
        return [{"t": "Quoted", "c": [{"t": "DoubleQuote"}, self.inlines(node.get("content"), depth)]}]


def _math(kind: str, node: Node) -> Node:
    return {"t": "Math", "c": [{"t": kind}, _string(node.get("code"))]}


def _code_inline(node: Node) -> list[Any]:
    code = [{"t": "Code", "c": [_NO_ATTRIBUTES, _string(node.get("code"))]}]
    return [*code, *([] if node.get("output") is None else words(f" = {_words_of(node['output'])}"))]


Made = Callable[[_Reader, Node, int], list[Any]]

_BLOCKS: Mapping[str, Made] = MappingProxyType(
    {
        "Paragraph": _Reader.paragraph,
        "Heading": _Reader.heading,
        **dict.fromkeys(("CodeBlock", "CodeChunk"), _Reader.code),
        "MathBlock": lambda _, node, __: [{"t": "Para", "c": [_math("DisplayMath", node)]}],
        "QuoteBlock": _Reader.quote,
        "ThematicBreak": lambda *_: [{"t": "HorizontalRule"}],
        "List": _Reader.items,
        "Table": _Reader.table,
        **dict.fromkeys(("Section", "Figure", "Admonition", "Claim", "StyledBlock"), _Reader.group),
    }
)

_INLINES: Mapping[str, Made] = MappingProxyType(
    {
        "Text": lambda _, node, __: words(_string(node.get("value"))),
        "Paragraph": lambda reader, node, depth: reader.inlines(node.get("content"), depth),
        "Link": _Reader.link,
        "ImageObject": _Reader.image,
        **dict.fromkeys(("CodeInline", "CodeExpression"), lambda _, node, __: _code_inline(node)),
        "MathInline": lambda _, node, __: [_math("InlineMath", node)],
        "Note": _Reader.note,
        "QuoteInline": _Reader.quoted,
    }
)


def _words_of(node: object) -> str:
    """Every text in a node, in its order."""
    if isinstance(node, (str, int, float)):
        return str(node)
    if isinstance(node, list):
        return " ".join(filter(None, map(_words_of, node)))
    if not isinstance(node, dict):
        return ""
    kept = {key: value for key, value in node.items() if key not in {"type", "id", "programmingLanguage", "rowType"}}
    return " ".join(filter(None, map(_words_of, kept.values())))
