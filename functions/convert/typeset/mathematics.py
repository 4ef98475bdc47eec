"""Formulas in typst's own words, each looked at before the document is set: one that typst refuses is shown as TeX.

Pandoc writes names of symbols that typst has renamed. The table below is where pandoc 3.9 and typst 0.15 differ;
`tests/convert/test_mathematics.py` sets every symbol and finds what is missing here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import typst

from convert.tree import rewrite, words
from convert.typeset.compiler import confined

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convert.pandoc import Pandoc
    from convert.tree import Element

_RENAMED = {
    "quote.angle.l.double": "«", "quote.angle.r.double": "»", "quote.angle.l.single": "‹", "quote.angle.r.single": "›",
    "kai": "ϗ", "Kai": "Ϗ", "franc": "₣", "sect": "∩", "sect.sq": "⊓", "sect.big": "⋂", "sect.double": "⋒",
    "sect.sq.big": "⨅", "sect.dot": "⩀", "sect.and": "⩄", "sect.sq.double": "⩎", "integral.sect": "⨙",
    "minus.circle": "⊖", "times.circle": "⊗", "times.circle.big": "⨂", "dot.circle": "⊙", "dot.circle.big": "⨀",
    "eq.circle": "⊜", "dash.circle": "⊝", "plus.circle.arrow": "⟴", "div.circle": "⨸", "lt.circle": "⧀",
    "gt.circle": "⧁", "bar.v.circle": "⦶", "parallel.circle": "⦷", "backslash.circle": "⦸", "perp.circle": "⦹",
    "bracket.l.double": "⟦", "bracket.r.double": "⟧", "shell.l.double": "⟬", "shell.r.double": "⟭",
    "brace.l.double": "⦃", "brace.r.double": "⦄", "paren.l.double": "⦅", "paren.r.double": "⦆",
    "angle.right.sq": "⦜", "angle.spheric.top": "⦡", "angle.oblique": "⦦", "ast.small": "﹡", "plus.small": "﹢",
    "lt.small": "﹤", "gt.small": "﹥", "eq.small": "﹦",
}  # fmt: skip
_NAME = re.compile(r'"(?:\\.|[^"\\])*"|(?<![A-Za-z0-9.])[A-Za-z][A-Za-z.]*[A-Za-z](?![A-Za-z0-9])')
_FORMULAS = "formulas"
_MOST_REFUSED = 40
"""Formulas of one document that are looked for one by one; more are shown as TeX all together."""


def formulas(pandoc: Pandoc, blocks: list[Element]) -> tuple[list[Element], list[str]]:
    """The blocks with each formula as markup of typst, and what to say of those that it cannot set."""
    found: dict[str, None] = {}

    def note(element: Element) -> Sequence[Element]:
        if element["t"] == "Math":
            found[_key(element)] = None
        return [element]

    rewrite(blocks, note)
    if not found:
        return blocks, []
    markup = _written(pandoc, list(found))
    refused = _refused(markup, pandoc.scratch)

    def change(element: Element) -> Sequence[Element]:
        if element["t"] != "Math":
            return [element]
        key = _key(element)
        if key in refused and len(element["c"][1].strip()) == 1:
            return words(element["c"][1].strip())
        if key in refused:
            return [{"t": "Code", "c": [["", [], []], element["c"][1]]}]
        return [{"t": "RawInline", "c": ["typst", _equation(markup[key], element["c"][1])]}]

    return rewrite(blocks, change), _notes([json.loads(key)[1].strip() for key in refused])


def _notes(refused: list[str]) -> list[str]:
    shown = [text for text in refused if len(text) > 1]
    if not shown:
        return []
    said = "; ".join(text[:80] for text in sorted(shown)[:5])
    what = "1 formula cannot be set and is" if len(shown) == 1 else f"{len(shown)} formulas cannot be set and are"
    return [f"{what} shown as TeX: {said}"]


def _key(element: Element) -> str:
    return json.dumps([element["c"][0]["t"], element["c"][1]])


def _written(pandoc: Pandoc, keys: list[str]) -> dict[str, str]:
    """Each formula as pandoc writes it, with names that typst knows."""
    blocks: list[Element] = []
    for key in keys:
        kind, text = json.loads(key)
        blocks += [{"t": "Para", "c": [{"t": "Math", "c": [{"t": kind}, text]}]}, {"t": "HorizontalRule"}]
    (pandoc.scratch / "body.template").write_text("$body$")
    tree = {"pandoc-api-version": [1, 23, 1], "meta": {}, "blocks": blocks}
    pandoc.write(tree, "typst-citations", _FORMULAS, ["--wrap=none", "--template", "body.template"])
    markup = (pandoc.scratch / _FORMULAS).read_text(encoding="utf-8").split("#horizontalrule")
    return {key: _NAME.sub(_renamed, text.strip()) for key, text in zip(keys, markup, strict=False)}


def _renamed(name: re.Match[str]) -> str:
    return _RENAMED.get(name[0], name[0])


def _equation(markup: str, tex: str) -> str:
    block = "true" if markup.startswith("$ ") else "false"
    return f"#math.equation(block: {block}, alt: {_string(tex)}, {markup})"


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\\u", "?")


def _refused(markup: dict[str, str], root: Path) -> set[str]:
    """Keys of the formulas that do not compile."""
    left = {key: text for key, text in markup.items() if text.startswith("$")}
    refused = set(markup) - set(left)
    for _ in range(_MOST_REFUSED):
        keys = list(left)
        page = "\n".join(f"#let formula = {left[key].replace(chr(10), ' ')}" for key in keys)
        try:
            typst.compile(page.encode(), format="svg", ignore_system_fonts=True, **confined(root))
        except typst.TypstError as error:
            lines = {int(line) for line in re.findall(r"┌─ [^\n]*?:(\d+):\d+", error.diagnostic)}
            wrong = {keys[line - 1] for line in lines if 0 < line <= len(keys)} or set(keys)
            refused |= wrong
            left = {key: text for key, text in left.items() if key not in wrong}
        else:
            return refused
    return refused | set(left)
