"""Which way a document and each of its paragraphs are read, told from their letters where their author did not say.

A format keeps the direction of a paragraph in its own way (`w:bidi`, `dir`), and pandoc's readers drop most of them.
The letters themselves say it: this is what a browser does for `dir=auto`, and Word for a paragraph that is typed.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from convert.tree import plain_text, text_of_meta

if TYPE_CHECKING:
    from convert.tree import Element

_RIGHT_TO_LEFT = {"R": "rtl", "AL": "rtl", "L": "ltr"}
_ENOUGH = 20_000  # letters tell a document's direction and language
_HEBREW_TO_THAANA = "\u0590\u07bf"
# The first of these whose letters are in a text without a language says what it is.
_LANGUAGES = (
    ("ko", "\uac00", "\ud7af"),
    ("ja", "\u3041", "\u30ff"),
    ("zh", "\u4e00", "\u9fff"),
    ("th", "\u0e01", "\u0e5b"),
    ("he", "\u0590", "\u05ff"),
    ("ar", "\u0600", "\u06ff"),
)
_SHARE = 0.2
"""Of a text's letters, those of a script that say which language it is in."""


def direction(text: str) -> str | None:
    """`rtl` or `ltr`, whichever has more letters; None without letters."""
    ways = [way for character in text[:_ENOUGH] if (way := _RIGHT_TO_LEFT.get(unicodedata.bidirectional(character)))]
    if not ways:
        return None
    return "rtl" if ways.count("rtl") * 2 > len(ways) else "ltr"


def language_of_letters(text: str) -> str | None:
    """The language that the script itself tells (Korean, Japanese, Chinese ...); None for scripts of many languages."""
    sample = [character for character in text[:_ENOUGH] if character.isalpha()]
    for language, first, last in _LANGUAGES:
        if sample and sum(first <= character <= last for character in sample) >= _SHARE * len(sample):
            return language
    return None


def directed(blocks: list[Element], meta: dict[str, Any]) -> list[Element]:
    """The blocks, those against the document's direction in a Div that says so; `meta` is told the document's."""
    whole = plain_text(blocks)
    stated = text_of_meta(meta.get("dir")).lower()
    main = stated if stated in {"rtl", "ltr"} else direction(whole) or "ltr"
    if main == "rtl":
        meta["dir"] = {"t": "MetaString", "c": "rtl"}
    else:
        meta.pop("dir", None)
    if main == "ltr" and not any(_HEBREW_TO_THAANA[0] <= each <= _HEBREW_TO_THAANA[1] for each in whole):
        return blocks
    return _marked(blocks, main)


def _marked(blocks: list[Element], main: str) -> list[Element]:
    result: list[Element] = []
    for block in blocks:
        if block["t"] == "Div":
            (name, classes, pairs), inner = block["c"]
            own = dict(pairs).get("dir", main)
            result.append({"t": "Div", "c": [[name, classes, pairs], _marked(inner, own)]})
        elif block["t"] == "BlockQuote":
            result.append({"t": "BlockQuote", "c": _marked(block["c"], main)})
        elif (own := direction(plain_text(block.get("c", [])))) and own != main:
            against: list[Any] = [["", [], [["dir", own]]], [block]]
            result.append({"t": "Div", "c": against})
        else:
            result.append(block)
    return result
