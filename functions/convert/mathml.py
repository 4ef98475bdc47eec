"""Formulas of office documents (OMML, ECMA-376 part 1, 22.1) as MathML, which pandoc's reader of HTML takes."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from convert.charts import local

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SCRIPTS = {"sSup": ("msup", "e sup"), "sSub": ("msub", "e sub"), "sSubSup": ("msubsup", "e sub sup")}
_LIMITS = {"limLow": ("munder", "e lim"), "limUpp": ("mover", "e lim"), "f": ("mfrac", "num den")}
_TOKEN = re.compile(r"(?P<mn>\d+(?:\.\d+)?)|(?P<mi>[^\W\d_]+)|(?P<mo>\S)")

_INTEGRAL, _BAR = "\N{INTEGRAL}", "\N{MACRON}"


def mathml(formula: Element) -> str:
    """The formula below `m:oMath` or `m:oMathPara`, as one `math` element."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML"><mrow>{_inner(formula)}</mrow></math>'


def _inner(element: Element) -> str:
    return "".join(map(_of, element))


def _part(element: Element, name: str) -> str:
    found = next((each for each in element if local(each.tag) == name), None)
    return f"<mrow>{'' if found is None else _inner(found)}</mrow>"


def _set(element: Element, property_: str, otherwise: str) -> str:
    """A property such as the sign of a sum or of a bracket, which is left out where it is the usual one."""
    found = next((each for each in element.iter() if local(each.tag) == property_), None)
    if found is None:
        return otherwise
    return next((value for key, value in found.attrib.items() if local(key) == "val"), "")


def _of(element: Element) -> str:
    name = local(element.tag)
    if name in _SCRIPTS or name in _LIMITS:
        tag, parts = {**_SCRIPTS, **_LIMITS}[name]
        return f"<{tag}>{''.join(_part(element, part) for part in parts.split())}</{tag}>"
    if name.endswith("Pr"):
        return ""
    # What has no form of its own is a wrapper: functions, boxes, phantoms, arrays of equations.
    return _FORMS.get(name, _inner)(element)


def _run(element: Element) -> str:
    text = "".join(each.text or "" for each in element if local(each.tag) == "t")
    return "".join(f"<{each.lastgroup}>{escape(each[0])}</{each.lastgroup}>" for each in _TOKEN.finditer(text))


def _root(element: Element) -> str:
    degree, inside = _part(element, "deg"), _part(element, "e")
    return f"<msqrt>{inside}</msqrt>" if degree == "<mrow></mrow>" else f"<mroot>{inside}{degree}</mroot>"


def _sum(element: Element) -> str:
    sign = f"<mo>{escape(_set(element, 'chr', _INTEGRAL))}</mo>"
    return f"<munderover>{sign}{_part(element, 'sub')}{_part(element, 'sup')}</munderover>{_part(element, 'e')}"


def _bracketed(element: Element) -> str:
    inside = "<mo>,</mo>".join(f"<mrow>{_inner(each)}</mrow>" for each in element if local(each.tag) == "e")
    return f"<mo>{escape(_set(element, 'begChr', '('))}</mo>{inside}<mo>{escape(_set(element, 'endChr', ')'))}</mo>"


def _accent(element: Element) -> str:
    return f"<mover>{_part(element, 'e')}<mo>{escape(_set(element, 'chr', _BAR))}</mo></mover>"


def _matrix(element: Element) -> str:
    rows = ([_inner(cell) for cell in row if local(cell.tag) == "e"] for row in element if local(row.tag) == "mr")
    lines = ("".join(f"<mtd><mrow>{cell}</mrow></mtd>" for cell in row) for row in rows)
    return f"<mtable>{''.join(f'<mtr>{line}</mtr>' for line in lines)}</mtable>"


_FORMS = {"r": _run, "rad": _root, "nary": _sum, "d": _bracketed, "acc": _accent, "bar": _accent, "m": _matrix}
