"""Parts of a document that are set otherwise than the rest: in another direction or language, heads of tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convert.tree import Element

_LANGUAGE = re.compile(r"^([A-Za-z]{2,3})(?:-[A-Za-z]{4})?(?:-([A-Za-z]{2}))?(?:-|$)")


def language_and_region(tag: str) -> tuple[str, str | None] | None:
    """The parts of a language tag that typst takes: `("zh", "TW")`; None for what is no tag, such as x-default."""
    found = _LANGUAGE.match(tag.strip().replace("_", "-"))
    if not found or found[1].lower() == "und":
        return None
    return found[1].lower(), found[2].upper() if found[2] else None


def in_order(element: Element) -> Sequence[Element]:
    """A Div or Span as what is in it, with its direction and language said in typst's words."""
    if element["t"] not in {"Div", "Span"}:
        return [element]
    (_, _, pairs), inner = element["c"]
    settings = _settings(dict(pairs))
    if element["t"] == "Div":
        return (
            [_raw("RawBlock", f"#[#set text({settings})"), *inner, _raw("RawBlock", "]")] if settings else list(inner)
        )
    return [_raw("RawInline", f"#text({settings})["), *inner, _raw("RawInline", "]")] if settings else [element]


def bold_heads(element: Element) -> Sequence[Element]:
    """A table whose head is strong; typst cannot tell a head's cells from others."""
    if element["t"] != "Table":
        return [element]
    rows = [*element["c"][3][1], *(row for body in element["c"][4] for row in body[2])]
    for _, cells in rows:
        for cell in cells:
            cell[4] = [_strong(block) for block in cell[4]]
    return [element]


def _strong(block: Element) -> Element:
    if block["t"] in {"Plain", "Para"} and block["c"] and [each["t"] for each in block["c"]] != ["Strong"]:
        return {"t": block["t"], "c": [{"t": "Strong", "c": block["c"]}]}
    return block


def _settings(pairs: dict[str, Any]) -> str:
    said = []
    if pairs.get("dir") in {"rtl", "ltr"}:
        said.append(f"dir: {pairs['dir']}")
    if found := language_and_region(str(pairs.get("lang", ""))):
        said.append(f'lang: "{found[0]}"')
        said.append(f'region: "{found[1]}"' if found[1] else "region: none")
    return ", ".join(said)


def _raw(kind: str, markup: str) -> Element:
    return {"t": kind, "c": ["typst", markup]}
