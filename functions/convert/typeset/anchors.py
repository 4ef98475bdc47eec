"""Links inside a document and what they lead to. Typst refuses a missing label, and one that is there twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from convert.tree import plain_text, rewrite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.tree import Element

_WITH_IDENTIFIER = {"Header": 1, "Div": 0, "Span": 0, "Figure": 0, "Table": 0, "CodeBlock": 0, "Code": 0, "Image": 0}
"""Type of element -> where in its content the attributes are, whose first is the identifier."""
_SHOWN = 5


class Anchors:
    """Gives each target a label that typst takes, and undoes links to nowhere. Collect first, then change."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}
        self._alike: dict[str, str] = {}
        self._dead: list[str] = []

    def linked(self, blocks: list[Element]) -> list[Element]:
        """The blocks with every link in order and every identifier a mark of ours at the place."""
        collected: list[Element] = rewrite(blocks, self._collect)
        done: list[Element] = rewrite(collected, self._change)
        return done

    def notes(self) -> list[str]:
        """Which links lead nowhere and are plain text now."""
        if not self._dead:
            return []
        shown = ", ".join(dict.fromkeys(self._dead[:_SHOWN]))
        more = " ..." if len(self._dead) > _SHOWN else ""
        count = len(self._dead)
        are = "link leads to a place that is" if count == 1 else "links lead to places that are"
        return [f"{count} {are} not in the document, and stay text: {shown}{more}"]

    def _collect(self, element: Element) -> Sequence[Element]:
        at = _WITH_IDENTIFIER.get(element["t"])
        if at is None:
            return [element]
        content = list(element["c"])
        name, classes, pairs = content[at]
        # Of several places with one name a browser takes the first.
        label = ""
        if name and name not in self._labels:
            label = self._labels[name] = f"anchor-{len(self._labels) + 1}"
            if element["t"] == "Header":
                self._alike.setdefault(_alike(name), label)
                heading = _alike(plain_text(content[2]))
                # Pandoc's identifiers begin with a letter, so a heading's number is in GitHub's alone.
                for each in (heading, heading.lstrip("0123456789")):
                    self._alike.setdefault(each, label)
        changed = {"t": element["t"], "c": content}
        if element["t"] == "Header":
            # Inside of a heading a mark would be in the table of contents too, and so there twice.
            content[at] = [label, classes, pairs]
            return [changed]
        content[at] = ["", classes, pairs]
        # Metadata takes no room; labels on other things are lost where typst drops or joins those.
        kind = "RawInline" if element["t"] in {"Span", "Code", "Image"} else "RawBlock"
        mark = {"t": kind, "c": ["typst", f"#metadata(none)<{label}>"]}
        return [mark, changed] if label else [changed]

    def _change(self, element: Element) -> Sequence[Element]:
        if element["t"] != "Link":
            return [element]
        attributes, inlines, (target, title) = element["c"]
        if target and not target.startswith("#"):
            return [element]
        name = unquote(target[1:])
        label = self._labels.get(name) or self._labels.get(target[1:]) or self._alike.get(_alike(name))
        if label:
            return [{"t": "Link", "c": [attributes, inlines, [f"#{label}", title]]}]
        self._dead.append(target or "(no address)")
        return list(inlines)


def _alike(name: str) -> str:
    """What identifiers of different programs for the same heading have in common: its letters and digits."""
    return re.sub(r"[\W_]+", "", name.lower())
