"""Numbers as a spreadsheet shows them, by its format codes (ECMA-376 part 1, 18.8.30 and 18.8.31).

A code has up to four sections: positive, negative, zero, text. Dates are days since the end of 1899, or since 1904.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from swarm_job.date_formats import Token, date_of, iso, moment_shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GENERAL = "General"
BUILT_IN: Mapping[int, str] = MappingProxyType(
    {
        0: GENERAL, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
        13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM",
        19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0 ;(#,##0)",
        38: "#,##0 ;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)", 45: "mm:ss",
        46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
        **dict.fromkeys((*range(27, 32), 36, *range(50, 59)), "yyyy-mm-dd"), **dict.fromkeys(range(32, 36), "h:mm:ss"),
    }
)  # fmt: skip
"""Number of a format that a file does not spell out -> its code. Where it depends on the reader's country, ISO 8601."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>general)|(?P<noon>am/pm|a/p)|(?P<exponent>e[+-])|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?|e+|b+|g+)"
    r"|(?P<digit>[0#?])|(?P<mark>[.,%/@])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_CODE = 255
_WIDE = Context(prec=1_000)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)-?\d+(\.\d*)?")
_COMPARED = {
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
    "<=": operator.le,
    ">=": operator.ge,
    "<>": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A number in words. `exact` is its value, where the words say less than it or can be read two ways; else empty."""

    text: str
    exact: str = ""


def shown(value: float, code: str, *, since_1904: bool = False, written: str = "") -> Shown:
    """The number under this format. `written` is how the file writes it, which may have more digits than a float."""
    plain = written if re.fullmatch(r"-?\d+", written) else general(value)
    sections = _sections(code if 0 < len(code) <= _LONGEST_CODE else GENERAL)
    section, magnitude = _section_for(value, sections)
    kinds = {kind for kind, _ in section}
    if "general" in kinds or (not section and len(sections) == 1):
        return Shown(_filled(section, plain if value >= 0 or magnitude < 0 else plain.removeprefix("-")))
    if kinds & {"date", "elapsed"}:
        told = moment_shown(value, section, since_1904=since_1904)
        return Shown(*told) if told else Shown(plain)
    if ("mark", "@") in section:
        return Shown(plain)
    if not kinds & {"digit"}:
        text = _filled(section, "")
        return Shown(text, plain)
    digits = written.lstrip("-") if re.fullmatch(r"-?\d+", written) else repr(abs(magnitude))
    sign = "-" if magnitude < 0 else ""
    text = (sign + _number(Decimal(digits), section)).strip()
    return Shown(text, "" if same_number(text, value) else plain)


def value_of(value: float, code: str, *, since_1904: bool = False, written: str = "") -> str:
    """The number as data: dates in ISO 8601, durations in hours, what is padded with zeros as it is shown."""
    section, _ = _section_for(value, _sections(code if len(code) <= _LONGEST_CODE else GENERAL))
    kinds = [kind for kind, _ in section]
    if "elapsed" in kinds:
        return shown(value, code, since_1904=since_1904).text
    if "date" in kinds and (moment := date_of(value, since_1904=since_1904)):
        return iso(moment, value)
    padded = "0" * max(len(section), 2)
    if "".join(text for _, text in section) == padded and float(value).is_integer():
        return shown(value, code).text
    return written if re.fullmatch(r"-?\d+", written) else general(value)


def general(value: float) -> str:
    """A number without a format, to the fifteen digits that a spreadsheet keeps."""
    return f"{value:.15g}".replace("e", "E")


@cache
def _sections(code: str) -> list[list[Token]]:
    sections: list[list[Token]] = [[]]
    for found in _TOKEN.finditer(code):
        kind, text = next((kind, text) for kind, text in found.groupdict().items() if text is not None)
        current = sections[-1]
        if kind == "other" and text == ";":
            sections.append([])
        elif kind == "bracket":
            current.extend(_bracket(text))
        elif kind == "space":
            current.append(("literal", " "))
        elif kind in {"quoted", "escaped", "other"}:
            current.append(("literal", text))
        elif kind != "fill":
            current.append((kind, text))
    return sections[:4]


def _bracket(text: str) -> list[Token]:
    """Currencies, hours beyond a day, conditions; colours and languages are not shown."""
    if text.startswith("$"):
        return [("literal", text[1:].partition("-")[0])]
    if re.fullmatch(r"h+|m+|s+", text, re.IGNORECASE):
        return [("elapsed", text)]
    return [("condition", text)] if _CONDITION.fullmatch(text) else []


def _section_for(value: float, sections: Sequence[list[Token]]) -> tuple[list[Token], float]:
    """The section that shows the number, and the number that it shows: a negative section writes its own sign."""
    conditions = [next((text for kind, text in each if kind == "condition"), None) for each in sections]
    if any(conditions):
        for section, condition in zip(sections, conditions, strict=True):
            if condition is None or _holds(value, condition):
                return section, value
        return sections[-1], value
    positive, negative, zero = [*sections[:3], *[None] * 3][:3]
    if value < 0 and negative is not None:
        return negative, -value
    return (zero if value == 0 and zero is not None else positive) or [], value


def _holds(value: float, condition: str) -> bool:
    sign = condition.rstrip("-.0123456789")
    return bool(_COMPARED[sign](value, float(condition.removeprefix(sign))))


def _filled(section: Sequence[Token], value: str) -> str:
    return "".join(value if kind == "general" else text for kind, text in section if kind in {"general", "literal"})


def _number(value: Decimal, section: Sequence[Token]) -> str:
    """A number that is not negative, its digits in the places that the section has for them."""
    if ("mark", "/") in section:
        return _fraction(value, section)
    marks = [text for _, text in section]
    last = max(index for index, (kind, _) in enumerate(section) if kind == "digit")
    exponent = next((index for index, (kind, _) in enumerate(section) if kind == "exponent"), None)
    point = next((index for index, token in enumerate(section) if token == ("mark", ".")), exponent or len(section))
    whole = [index for index, (kind, _) in enumerate(section) if kind == "digit" and index < point]
    parts = [
        index
        for index, (kind, _) in enumerate(section)
        if kind == "digit" and point < index < (exponent or len(section))
    ]
    value *= Decimal(100) ** marks.count("%")
    if exponent is None:
        commas = [index for index, token in enumerate(section) if token == ("mark", ",")]
        value /= Decimal(1000) ** sum(
            index > (parts or [last])[-1] or point > index > (whole or [0])[-1] for index in commas
        )
        grouped = any(whole and whole[0] < index < whole[-1] for index in commas)
        power = 0
    else:
        grouped, power = False, (value.adjusted() - max(len(whole) - 1, 0)) if value else 0
        value = value.scaleb(-power)
    rounded = f"{value.quantize(Decimal(1).scaleb(-len(parts)), ROUND_HALF_UP, _WIDE):f}"
    left, _, right = rounded.partition(".")
    left = left.lstrip("0")
    out, places = [], {index: len(whole) - number for number, index in enumerate(whole)}
    for index, (kind, text) in enumerate(section):
        if index in places:
            out.append(_whole_digits(left, places[index], text, grouped=grouped, first=index == whole[0]))
        elif index in parts:
            digit = right[parts.index(index)]
            rest = right[parts.index(index) :].strip("0")
            out.append(digit if text == "0" or rest else " " * (text == "?"))
        elif kind == "exponent":
            out.append("E" + ("-" if power < 0 else "+" if text.endswith("+") else ""))
        elif exponent is not None and kind == "digit" and index > exponent:
            out.append(f"{abs(power):0{sum(k == 'digit' for k, _ in section[exponent:])}}" if index == last else "")
        elif kind == "literal" or text in {".", "%"}:
            out.append((left if not whole and text == "." else "") + text)
    return "".join(out)


def _whole_digits(digits: str, place: int, mark: str, *, grouped: bool, first: bool) -> str:
    """What stands at one place before the point, counted from it: a digit or padding; the first has all the rest."""
    out = ""
    for at in range(len(digits) if first and len(digits) > place else place, place - 1, -1):
        if at > len(digits) and mark != "0":
            return " " * (mark == "?")
        out += digits[-at] if at <= len(digits) else "0"
        out += "," * (grouped and at > 1 and at % 3 == 1)
    return out


def _fraction(value: Decimal, section: Sequence[Token]) -> str:
    slash = section.index(("mark", "/"))
    below = "".join(text for kind, text in section[slash + 1 :] if kind in {"digit", "literal"}).strip()
    above = next((index for index in range(slash - 1, -1, -1) if section[index][0] != "digit"), -1)
    has_whole = any(kind == "digit" for kind, _ in section[: above + 1])
    exact = Fraction(value)
    if below.isdigit() and int(below):
        near = Fraction(round(exact * int(below)), int(below))
        top, bottom = near.numerator * (int(below) // near.denominator), int(below)
    else:
        near = exact.limit_denominator(10 ** max(len(below), 1) - 1)
        top, bottom = near.numerator, near.denominator
    if not has_whole:
        return f"{top}/{bottom}"
    count, top = divmod(top, bottom)
    return f"{count} {top}/{bottom}" if count and top else f"{top}/{bottom}" if top else str(count)


def same_number(text: str, value: float) -> bool:
    """Whether the words hold the number to its fifteenth digit."""
    if (value.is_integer() and re.sub(r"\D", "", text) == f"{abs(value):.0f}") or (text == "-" and value == 0):
        return True
    bare = re.sub(r"[^\d.,eE%()+-]|(?<![\d.])[eE]|[eE](?![\d+-])", "", text).replace(",", "")
    negative = bare.startswith(("(", "-"))
    bare = bare.strip("()-+")
    try:
        number = float(bare.rstrip("%")) / 100 ** bare.count("%")
    except ValueError:
        return False
    return abs(number - abs(value)) <= abs(value) * 1e-14 and (negative or value >= 0)
