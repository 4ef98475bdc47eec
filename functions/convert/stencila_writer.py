"""Trees of pandoc as Stencila's JSON: the way back of `stencila.py`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from convert.fences import END_OF_OUTPUTS, EXECUTABLE, OUTPUTS
from convert.stencila import MARKS, Node
from convert.tree import plain_text, text_of_meta

_MARKS_BACK = {pandoc: stencila for stencila, pandoc in MARKS.items()}


def as_json(tree: dict[str, Any]) -> str:
    """The article, with title, authors and abstract."""
    meta = tree["meta"]
    article: Node = {"type": "Article"}
    if "title" in meta:
        article["title"] = [_text(text_of_meta(meta["title"]))]
    authors = meta.get("author", {"t": "MetaList", "c": []})
    names = authors["c"] if authors.get("t") == "MetaList" else [authors]
    if names:
        article["authors"] = [{"type": "Person", "name": text_of_meta(each)} for each in names]
    if "abstract" in meta:
        abstract = meta["abstract"]
        whole = abstract.get("t") == "MetaBlocks"
        article["abstract"] = _blocks(abstract["c"]) if whole else [_paragraph(text_of_meta(abstract))]
    article["content"] = _blocks(tree["blocks"])
    return json.dumps(article, ensure_ascii=False, indent=2) + "\n"


def _text(value: str) -> Node:
    return {"type": "Text", "value": value}


def _paragraph(value: str) -> Node:
    return {"type": "Paragraph", "content": [_text(value)]}


def _blocks(blocks: Sequence[Any]) -> list[Node]:
    nodes: list[Node] = []
    chunk: Node | None = None
    for block in blocks:
        mark = block["c"][1].strip() if block["t"] == "RawBlock" else ""
        if mark == OUTPUTS and nodes and nodes[-1]["type"] == "CodeChunk":
            chunk = nodes[-1]
        elif mark == END_OF_OUTPUTS:
            chunk = None
        elif chunk is not None:
            chunk.setdefault("outputs", []).extend(_output(block))
        else:
            nodes += _block(block)
    return nodes


def _output(block: Any) -> list[Any]:
    """What code gave: texts as they are, pictures and tables as nodes."""
    if block["t"] == "CodeBlock":
        return [block["c"][1]]
    if block["t"] in {"Para", "Plain"} and all(each["t"] == "Image" for each in block["c"]):
        return _inlines(block["c"])
    if block["t"] == "Figure":
        return [node for inner in block["c"][2] for node in _output(inner)]
    return _block(block)


def _block(block: Any) -> list[Node]:
    made = _BLOCKS.get(block["t"])
    if made:
        return made(block.get("c"))
    return [_paragraph(plain_text(block))] if plain_text(block) else []


def _para(content: Sequence[Any]) -> list[Node]:
    if len(content) == 1 and content[0]["t"] == "Math":
        return [{"type": "MathBlock", "code": content[0]["c"][1], "mathLanguage": "tex"}]
    return [{"type": "Paragraph", "content": _inlines(content)}]


def _code(content: Any) -> Node:
    (_, classes, _), code = content
    language = [name for name in classes if name != EXECUTABLE]
    named = {"programmingLanguage": language[0]} if language else {}
    return {"type": "CodeChunk" if EXECUTABLE in classes else "CodeBlock", "code": code, **named}


def _list(order: str, items: Sequence[Any]) -> Node:
    return {"type": "List", "order": order, "items": [{"type": "ListItem", "content": _blocks(item)} for item in items]}


def _definition(term: Sequence[Any], meanings: Sequence[Any]) -> list[Node]:
    head = {"type": "Paragraph", "content": [{"type": "Strong", "content": _inlines(term)}]}
    return [head, *(node for meaning in meanings for node in _blocks(meaning))]


def _table(content: Any) -> Node:
    _, (_, caption), _, head, bodies, foot = content
    heads = head[1]
    rows = [*heads, *(row for body in bodies for row in [*body[2], *body[3]]), *foot[1]]
    made = []
    for number, (_, cells) in enumerate(rows):
        kind = {"rowType": "HeaderRow"} if number < len(heads) else {}
        filled = [{"type": "TableCell", "content": _blocks(cell[4])} for cell in cells]
        made.append({"type": "TableRow", "cells": filled, **kind})
    return {"type": "Table", "rows": made, **({"caption": _blocks(caption)} if caption else {})}


def _inlines(inlines: Sequence[Any]) -> list[Node]:
    found: list[Node] = []
    for each in inlines:
        for node in _inline(each):
            # Words and spaces are single elements of a tree, and one text here.
            if found and node["type"] == found[-1]["type"] == "Text":
                found[-1] = _text(found[-1]["value"] + node["value"])
            else:
                found.append(node)
    return found


def _inline(each: Any) -> list[Node]:
    kind, content = each["t"], each.get("c")
    if kind in _MARKS_BACK:
        return [{"type": _MARKS_BACK[kind], "content": _inlines(content)}]
    if made := _INLINES.get(kind):
        return made(content)
    return [_text(plain_text(each))] if plain_text(each) else []


def _image(content: Any) -> list[Node]:
    caption = {"caption": _inlines(content[1])} if content[1] else {}
    return [{"type": "ImageObject", "contentUrl": content[2][0], **caption}]


_BLOCKS: Mapping[str, Callable[[Any], list[Node]]] = MappingProxyType(
    {
        "Para": _para,
        "Plain": _para,
        "Header": lambda content: [{"type": "Heading", "level": content[0], "content": _inlines(content[2])}],
        "CodeBlock": lambda content: [_code(content)],
        "BlockQuote": lambda content: [{"type": "QuoteBlock", "content": _blocks(content)}],
        "HorizontalRule": lambda _: [{"type": "ThematicBreak"}],
        "BulletList": lambda content: [_list("Unordered", content)],
        "OrderedList": lambda content: [_list("Ascending", content[1])],
        "DefinitionList": lambda content: [node for term, meanings in content for node in _definition(term, meanings)],
        "LineBlock": lambda content: [{"type": "Paragraph", "content": _inlines(line)} for line in content],
        "Div": lambda content: _blocks(content[1]),
        "Figure": lambda content: [
            {"type": "Figure", "content": _blocks(content[2]), "caption": _blocks(content[1][1])}
        ],
        "Table": lambda content: [_table(content)],
    }
)

_INLINES: Mapping[str, Callable[[Any], list[Node]]] = MappingProxyType(
    {
        "Str": lambda content: [_text(content)],
        "Space": lambda _: [_text(" ")],
        "SoftBreak": lambda _: [_text(" ")],
        "LineBreak": lambda _: [_text("\n")],
        "Link": lambda content: [{"type": "Link", "content": _inlines(content[1]), "target": content[2][0]}],
        "Image": _image,
        "Code": lambda content: [{"type": "CodeInline", "code": content[1]}],
        "Math": lambda content: [{"type": "MathInline", "code": content[1], "mathLanguage": "tex"}],
        "Note": lambda content: [{"type": "Note", "noteType": "Footnote", "content": _blocks(content)}],
        "Quoted": lambda content: [{"type": "QuoteInline", "content": _inlines(content[1])}],
        "Span": lambda content: _inlines(content[1]),
        "Cite": lambda content: _inlines(content[1]),
        "SmallCaps": _inlines,
    }
)
