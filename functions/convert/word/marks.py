"""Tracked changes and comments of pandoc's tree as text, in the marks of CriticMarkup (criticmarkup.com).

`{++inserted++}`, `{--deleted--}`, `{==what a comment is about==}{>>Ann: the comment<<}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convert.tree import Element

_PAIRS = {"insertion": ("{++", "++}"), "deletion": ("{--", "--}")}
_EMPTY = {"paragraph-insertion", "paragraph-deletion"}


@dataclass(slots=True)
class Marks:
    """Writes the marks; with `raw` they are Markdown's own and nothing in them is escaped."""

    raw: bool
    comments: bool
    _waiting: dict[str, tuple[str, list[Any]]] = field(default_factory=dict)

    def change(self, element: Element) -> Sequence[Element]:
        """The element with its marks as text; see `convert.tree.rewrite`."""
        if element["t"] != "Span":
            return [element]
        (_, classes, pairs), inner = element["c"]
        attributes = dict(pairs)
        kind = classes[0] if classes else ""
        if kind in _PAIRS:
            opening, closing = _PAIRS[kind]
            return [self._mark(opening), *inner, self._mark(closing)]
        if kind == "comment-start":
            self._waiting[attributes.get("id", "")] = attributes.get("author", ""), inner
            return [self._mark("{==")] if self.comments else []
        if kind == "comment-end":
            return self._comment(attributes.get("id", "")) if self.comments else []
        return [] if kind in _EMPTY else [element]

    def _comment(self, identifier: str) -> list[Element]:
        author, words = self._waiting.pop(identifier, ("", []))
        by = [{"t": "Str", "c": f"{author}:"}, {"t": "Space"}] if author else []
        return [self._mark("==}{>>"), *by, *words, self._mark("<<}")]

    def _mark(self, text: str) -> Element:
        return {"t": "RawInline", "c": ["markdown", text]} if self.raw else {"t": "Str", "c": text}
