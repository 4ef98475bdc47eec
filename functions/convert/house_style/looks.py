"""How text looks in a Word file, by its styles (ISO/IEC 29500-1, 17.7): font, size, colour and the like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from convert.ooxml import child, first
from convert.typeset.fonts import stand_in
from convert.word.elements import is_on

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from convert.ooxml import Package, Relation

SIZES = (4.0, 96.0)
"""The smallest and the largest type, in points."""

_COLOUR = re.compile(r"[0-9A-Fa-f]{6}")
_ALIGNED: Mapping[str, str] = MappingProxyType(
    {"center": "center", "right": "right", "end": "right", "both": "justify", "left": "left", "start": "left"}
)
# Those of which pandoc's own documents make use, and what such a style falls back on.
_ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "body": ("BodyText", "Normal"),
        "title": ("Title",),
        "h1": ("Heading1",),
        "h2": ("Heading2",),
        "h3": ("Heading3",),
    }
)


def alignment(paragraph: Element | None, otherwise: str) -> str:
    """`left`, `center`, `right` or `justify`, as the paragraph's properties say."""
    aligned = child(paragraph, "w:jc")
    return _ALIGNED.get(aligned.get("w:val", ""), otherwise) if aligned is not None else otherwise


def looks(run: Element | None) -> dict[str, Any]:
    """What the properties of a run say: `size` in points, `color`, `bold`, `italic`."""
    found: dict[str, Any] = {}
    size, colour = child(run, "w:sz"), child(run, "w:color")
    if size is not None and size.get("w:val", "").isdigit():
        found["size"] = min(max(int(size.get("w:val", "")[:6]) / 2, SIZES[0]), SIZES[1])
    if colour is not None and _COLOUR.fullmatch(colour.get("w:val", "")):
        found["color"] = f"#{colour.get('w:val')}"
    for tag, name in (("w:b", "bold"), ("w:i", "italic")):
        if child(run, tag) is not None:
            found[name] = is_on(run, tag)
    return found


def styles_by_role(
    package: Package, related: Mapping[str, Relation]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """For text (`body`), `title`, `h1`, `h2` and `h3` how they look; and the fonts that others stand in for."""
    parts = {each.kind: each.target for each in related.values() if each.target in package.parts}
    if "styles" not in parts:
        return {}, {}
    root = package.xml(parts["styles"])
    by_id = {each.get("w:styleId", ""): each for each in root.iter("w:style")}
    theme, families = _theme_fonts(package, parts.get("theme")), _families(package, parts.get("fontTable"))
    found: dict[str, dict[str, Any]] = {}
    replaced: dict[str, str] = {}
    for role, names in _ROLES.items():
        style = next((name for name in names if name in by_id), "")
        found[role] = _resolved(root, by_id, style, theme)
        if font := found[role].get("font"):
            found[role]["font"] = stand_in(font, families.get(font, ""))
            if found[role]["font"] != font:
                replaced[font] = found[role]["font"]
    return found, replaced


def _resolved(root: Element, by_id: Mapping[str, Element], name: str, theme: Mapping[str, str]) -> dict[str, Any]:
    """What a style says, with what it is based on and with the document's defaults."""
    chain: list[Element] = []
    while (style := by_id.get(name)) is not None and style not in chain:
        chain.append(style)
        based = child(style, "w:basedOn")
        name = based.get("w:val", "") if based is not None else ""
    defaults = child(root, "w:docDefaults")
    levels = [(child(defaults, "w:rPrDefault", "w:rPr"), child(defaults, "w:pPrDefault", "w:pPr"))]
    levels += [(child(style, "w:rPr"), child(style, "w:pPr")) for style in reversed(chain)]
    found: dict[str, Any] = {}
    for run, paragraph in levels:
        found |= looks(run) | _font(child(run, "w:rFonts"), theme) | _rule(child(paragraph, "w:pBdr", "w:bottom"))
        found["align"] = alignment(paragraph, found.get("align", "left"))
    return found


def _font(fonts: Element | None, theme: Mapping[str, str]) -> dict[str, str]:
    if fonts is None:
        return {}
    # "majorHAnsi" is the theme's font of headings; a theme wins over a name (17.3.2.26).
    named = theme.get(fonts.get("w:asciiTheme", "")[:5]) or fonts.get("w:ascii") or fonts.get("w:hAnsi")
    return {"font": named[:100]} if named else {}


def _rule(line: Element | None) -> dict[str, str]:
    if line is None:
        return {}
    if line.get("w:val") in {"none", "nil", None}:
        return {"rule": ""}
    shade = line.get("w:color", "")
    return {"rule": f"#{shade}" if _COLOUR.fullmatch(shade) else "#000000"}


def _theme_fonts(package: Package, part: str | None) -> dict[str, str]:
    """`major` and `minor` -> the font of headings and of text."""
    if part is None:
        return {}
    root = package.xml(part)
    latin = {key: child(first(root, f"a:{key}Font"), "a:latin") for key in ("major", "minor")}
    return {key: each.get("typeface", "") for key, each in latin.items() if each is not None}


def _families(package: Package, part: str | None) -> dict[str, str]:
    """Font -> `roman`, `swiss`, `modern` and so on (17.8.3.9)."""
    if part is None:
        return {}
    families = {font.get("w:name", ""): child(font, "w:family") for font in package.xml(part).iter("w:font")}
    return {name: family.get("w:val", "") for name, family in families.items() if family is not None}
