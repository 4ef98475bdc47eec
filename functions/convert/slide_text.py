"""Text of slides as HTML: paragraphs, lists and their numbers, emphasis, links and formulas (DrawingML, 21.1.2)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from convert.charts import local
from convert.mathml import mathml
from convert.ooxml import child

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from convert.ooxml import Relation

_ON = {"1", "true"}


def line(element: Element) -> str:
    """All text below the element on one line, without marks."""
    parts = []
    for each in element.iter():
        if local(each.tag) == "t":
            parts.append(each.text or "")
        elif each.tag in {"a:br", "a:p", "a:tab"}:
            parts.append(" ")
    return " ".join("".join(parts).split())


def paragraphs(shape: Element, related: Mapping[str, Relation], *, listed: bool) -> str:
    """The shape's paragraphs: points, nested by level, where they have marks or `listed` says so; else plain."""
    out, open_lists = "", list[str]()
    for each in shape.iter("a:p"):
        if not (text := _inline(each, related)):
            continue
        properties = child(each, "a:pPr")
        kind = _kind(properties, listed=listed)
        level = min(int(properties.get("lvl", "0")), 8) if properties is not None else 0
        wanted = [*open_lists[:level], *[kind] * (level + 1 - len(open_lists[:level]))] if kind else []
        while open_lists and open_lists != wanted[: len(open_lists)]:
            out += f"</{open_lists.pop()}>"
        for tag in wanted[len(open_lists) :]:
            out += f"<{tag}>"
        open_lists = wanted
        out += f"<li>{text}</li>" if kind else f"<p>{text}</p>"
    return out + "".join(f"</{tag}>" for tag in reversed(open_lists))


def _kind(properties: Element | None, *, listed: bool) -> str:
    """ul, ol, or nothing for a paragraph that is no point."""
    marks = {local(each.tag) for each in properties} if properties is not None else set()
    if "buAutoNum" in marks:
        return "ol"
    return "ul" if "buChar" in marks or (listed and "buNone" not in marks) else ""


def _inline(paragraph: Element, related: Mapping[str, Relation]) -> str:
    parts = []
    for each in paragraph:
        match local(each.tag):
            case "r" | "fld":
                parts.append(_run(each, related))
            case "br":
                parts.append("<br>")
            case "m":
                parts.extend(mathml(formula) for formula in each.iter() if local(formula.tag) == "oMath")
    text = "".join(parts).strip()
    while text.endswith("<br>"):
        text = text.removesuffix("<br>").rstrip()
    return text


def _run(run: Element, related: Mapping[str, Relation]) -> str:
    written = child(run, "a:t")
    text = escape(((written.text if written is not None else "") or "").replace("\t", " "))
    bare = text.strip()
    properties = child(run, "a:rPr")
    if not bare or properties is None:
        return text
    marked = bare
    for attribute, tag in (("i", "em"), ("b", "strong")):
        if properties.get(attribute) in _ON:
            marked = f"<{tag}>{marked}</{tag}>"
    if properties.get("strike", "noStrike") != "noStrike":
        marked = f"<s>{marked}</s>"
    if (baseline := int(properties.get("baseline", "0").removesuffix("%"))) != 0:
        tag = "sup" if baseline > 0 else "sub"
        marked = f"<{tag}>{marked}</{tag}>"
    link = child(properties, "a:hlinkClick")
    target = related.get(link.get("r:id", "")) if link is not None else None
    if target is not None and target.external:
        marked = f'<a href="{escape(target.target)}">{marked}</a>'
    return text.replace(bare, marked, 1)
