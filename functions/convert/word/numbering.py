"""The numbers that Word shows before paragraphs: "2.1", "(a)", "Article IV" (ECMA-376 part 1, 17.9).

A paragraph names a numbering (`w:num`) and a level, itself or by its style. Numberings that share an abstract one count
together, unless one says where it starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convert.ooxml import child

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LEVELS = 9
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_MOST_ROMAN = 4_000
_BULLET, _NONE = "bullet", "none"


@dataclass(frozen=True, slots=True)
class Level:
    """How one level counts: `template` is what is shown, with %1 for the number of the first level and so on."""

    start: int = 1
    kind: str = "decimal"
    template: str = ""
    restart: int | None = None
    legal: bool = False


@dataclass(slots=True)
class _List:
    """One abstract numbering, and how far it has counted."""

    levels: dict[int, Level]
    counts: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


@dataclass(frozen=True, slots=True)
class Label:
    """What stands before a paragraph, and where it comes from: the list, the level, and how that level counts."""

    text: str
    list_id: str
    level: int
    kind: str
    template: str

    @property
    def is_bullet(self) -> bool:
        """A mark and no number."""
        return self.kind == _BULLET


class Numbering:
    """The numberings of one document. Labels come in the order of its paragraphs."""

    def __init__(self, numbering: Element | None, styles: Element | None) -> None:
        self._lists: dict[str, _List] = {}
        self._levels_of_styles: dict[tuple[str, str], int] = {}
        self._nums: dict[str, tuple[str, dict[int, Level], dict[int, int]]] = {}
        self._started: set[tuple[str, int]] = set()
        self._styles = _numbered_styles(styles)
        if numbering is not None:
            self._read(numbering)

    def label(self, paragraph: Element) -> Label | None:
        """The label of the next paragraph of the text; None for one without."""
        number, level = self._numbered(paragraph)
        if number not in self._nums:
            return None
        abstract, own, starts = self._nums[number]
        counted = self._lists[abstract]
        levels = {**counted.levels, **own}
        this = levels.get(level, Level(kind=_NONE))
        self._count(number, level, levels, starts)
        text = this.template
        for other in range(_LEVELS):
            if f"%{other + 1}" in text:
                kind = "decimal" if this.legal else levels.get(other, Level()).kind
                text = text.replace(f"%{other + 1}", shown(counted.counts[other] or 0, kind))
        return Label("" if this.kind == _NONE and "%" not in this.template else text, abstract, level, this.kind,
                     this.template)  # fmt: skip

    def _count(self, number: str, level: int, levels: Mapping[int, Level], starts: Mapping[int, int]) -> None:
        counts = self._lists[self._nums[number][0]].counts
        for each in range(level):
            if counts[each] is None:
                counts[each] = starts.get(each, levels.get(each, Level()).start)
        first_of_num = level in starts and (number, level) not in self._started
        self._started.add((number, level))
        before = counts[level]
        begins = starts.get(level, levels.get(level, Level()).start)
        counts[level] = begins if before is None or first_of_num else before + 1
        for deeper in range(level + 1, _LEVELS):
            restart = levels.get(deeper, Level()).restart
            if restart is None or 0 < level + 1 <= restart:
                counts[deeper] = None

    def _numbered(self, paragraph: Element) -> tuple[str, int]:
        """Id of the numbering, and level, that a paragraph has; an empty id for none."""
        properties = child(paragraph, "w:pPr")
        style = _value(child(properties, "w:pStyle")) or self._styles.default
        number, level = self._styles.of(style)
        own = child(properties, "w:numPr")
        if own is not None:
            number = _value(child(own, "w:numId")) or number
            level = _integer(_value(child(own, "w:ilvl")), level)
        elif number and (number, style) in self._levels_of_styles:
            level = self._levels_of_styles[number, style]
        return ("" if number == "0" else number), min(max(level, 0), _LEVELS - 1)

    def _read(self, numbering: Element) -> None:
        links: dict[str, str] = {}
        styled: dict[str, str] = {}
        for each in numbering.iter("w:abstractNum"):
            name = each.get("w:abstractNumId", "")
            self._lists[name] = _List(dict(_levels(each)))
            if link := _value(child(each, "w:numStyleLink")):
                links[name] = link
            if link := _value(child(each, "w:styleLink")):
                styled[link] = name
        for each in numbering.iter("w:num"):
            abstract = _value(child(each, "w:abstractNumId"))
            abstract = styled.get(links.get(abstract, ""), abstract)
            if abstract not in self._lists:
                continue
            own, starts = {}, {}
            for override in (other for other in each if other.tag == "w:lvlOverride"):
                level = min(_integer(override.get("w:ilvl"), 0), _LEVELS - 1)
                own.update(dict(_levels(override)))
                if (start := child(override, "w:startOverride")) is not None:
                    starts[level] = _integer(_value(start), 1)
            self._nums[each.get("w:numId", "")] = abstract, own, starts
        self._levels_of_styles = dict(self._linked_levels(numbering))

    def _linked_levels(self, numbering: Element) -> Iterator[tuple[tuple[str, str], int]]:
        """A level may name the style that it belongs to; the style itself names only the numbering."""
        for abstract in numbering.iter("w:abstractNum"):
            for level in abstract.iter("w:lvl"):
                if style := _value(child(level, "w:pStyle")):
                    for number, (owner, _, _) in self._nums.items():
                        if owner == abstract.get("w:abstractNumId", ""):
                            yield (number, style), min(_integer(level.get("w:ilvl"), 0), _LEVELS - 1)


@dataclass(frozen=True, slots=True)
class _Styles:
    numbered: Mapping[str, tuple[str, int]]
    default: str

    def of(self, style: str) -> tuple[str, int]:
        return self.numbered.get(style, ("", 0))


def _numbered_styles(styles: Element | None) -> _Styles:
    """Style -> numbering and level, its own or that of a style that it is based on."""
    found: dict[str, tuple[str, int]] = {}
    based: dict[str, str] = {}
    default = ""
    for style in styles.iter("w:style") if styles is not None else ():
        name = style.get("w:styleId", "")
        if style.get("w:type") == "paragraph" and style.get("w:default") in {"1", "true", "on"}:
            default = name
        based[name] = _value(child(style, "w:basedOn"))
        own = child(style, "w:pPr", "w:numPr")
        if own is not None:
            found[name] = _value(child(own, "w:numId")), _integer(_value(child(own, "w:ilvl")), 0)
    for name in based:
        parent, seen = name, {name}
        while parent and parent not in found and based.get(parent, "") not in seen:
            parent = based.get(parent, "")
            seen.add(parent)
        if parent in found:
            found[name] = found[parent]
    return _Styles(found, default)


def _levels(parent: Element) -> Iterator[tuple[int, Level]]:
    for each in (level for level in parent if level.tag == "w:lvl"):
        restart = child(each, "w:lvlRestart")
        number = min(_integer(each.get("w:ilvl"), 0), _LEVELS - 1)
        yield (
            number,
            Level(
                start=_integer(_value(child(each, "w:start")), 0 if child(each, "w:start") is None else 1),
                kind=_value(child(each, "w:numFmt")) or "decimal",
                template=_value(child(each, "w:lvlText")),
                restart=None if restart is None else _integer(_value(restart), 0),
                legal=child(each, "w:isLgl") is not None,
            ),
        )


def shown(number: int, kind: str) -> str:
    """A number as Word writes it in a format of 17.18.59; formats in words, and rarer ones, are shown as digits."""
    match kind:
        case "lowerLetter" | "upperLetter" if number > 0:
            letter = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 30)
            return letter if kind == "lowerLetter" else letter.upper()
        case "lowerRoman" | "upperRoman" if 0 < number < _MOST_ROMAN:
            roman = ""
            for value, letters in _ROMAN:
                roman, number = roman + letters * (number // value), number % value
            return roman if kind == "lowerRoman" else roman.upper()
        case "decimalZero":
            return f"{number:02}"
        case "ordinal":
            ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 * (number // 10 % 10 != 1), "th")
            return f"{number}{ending}"
        case "none" | "bullet":
            return ""
    return str(number)


def _value(element: Element | None) -> str:
    return "" if element is None else element.get("w:val", "")


def _integer(text: str | None, otherwise: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return otherwise
