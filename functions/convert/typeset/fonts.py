"""The fonts of a PDF: those that typst carries, and Noto for every script from packages. None of the machine's own."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typst

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
_TEXT = "Libertinus Serif"
_CODE = "DejaVu Sans Mono"
# New Computer Modern has the signs of mathematics that people type into a text.
_LAST = ("New Computer Modern", "New Computer Modern Math", _CODE)
# One character code is drawn differently in each of these places (Han unification), so the language decides.
_HAN = {"ja": "JP", "ko": "KR", "zh-tw": "TC", "zh-hant": "TC", "zh-hk": "HK"}
_SHOWN = 12
_SERIF = re.compile(
    r"times|serif|georgia|cambria|garamond|palatino|bookman|book antiqua|minion|century|baskerville|caslon|bodoni",
    re.IGNORECASE,
)
_SANS = re.compile(r"sans|gothic|grotesk|grotesque", re.IGNORECASE)
_MONO = re.compile(r"mono|courier|consolas|typewriter|\bcode\b", re.IGNORECASE)


@cache
def all_fonts() -> typst.Fonts:
    """Every font that a document may be set in."""
    found = [find_spec(name) for name in _PACKAGES]
    if missing := [name for name, spec in zip(_PACKAGES, found, strict=True) if spec is None or spec.origin is None]:
        raise RuntimeError(f"the packages that carry fonts are not installed: {', '.join(missing)}")
    folders = [str(Path(str(spec.origin)).parent) for spec in found if spec]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)


def families(first: Sequence[str], language: str) -> list[str]:
    """Names of fonts in the order in which a character looks for one: `first`, then whatever else there is."""
    known = sorted(name for name in all_fonts().families() if name.startswith("Noto"))
    han = f"Noto Sans CJK {_HAN.get(language.lower()) or _HAN.get(language.lower()[:2], 'SC')}"
    known.sort(key=lambda name: ("CJK" in name, name != han, name == "Noto Emoji", name != "Noto Sans", name))
    return [*first, *known, *_LAST]


def text_families(language: str, font: str = _TEXT) -> list[str]:
    """Fonts of running text."""
    return families(list(dict.fromkeys([font, _TEXT])), language)


def code_families(language: str) -> list[str]:
    """Fonts of code."""
    return families([_CODE], language)


def scripts(characters: Iterable[str]) -> str:
    """The characters in words, by script: `Tibetan (U+0F56 ...), Runic (...)`."""
    by_script: dict[str, list[str]] = {}
    for character in sorted(set(characters)):
        name = unicodedata.name(character, "unknown").split()
        by_script.setdefault(name[0].capitalize() if name else "Unknown", []).append(f"U+{ord(character):04X}")
    return ", ".join(
        f"{script}: {' '.join(found[:_SHOWN])}{' ...' * (len(found) > _SHOWN)}" for script, found in by_script.items()
    )


def stand_in(font: str, family: str) -> str:
    """The font itself where it is here; else the one nearest to it. `family` is its kind as Word names it, or empty."""
    if font in all_fonts().families():
        return font
    # A name says more than what a program noted of a font that it had not.
    if _MONO.search(font) or family == "modern":
        return _CODE
    if _SERIF.search(font) and not _SANS.search(font):
        return _TEXT
    return _TEXT if family == "roman" and not _SANS.search(font) else "Noto Sans"
