"""Tables that are wider than a page: wrapped, in smaller type, on a page turned sideways, and at last cut in parts.

Widths are estimated from characters, in ems, since typst has no way to ask for the narrowest that a column can be.
"""

from __future__ import annotations

import copy
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.tree import plain_text, rewrite

if TYPE_CHECKING:
    from convert.tree import Element

_NARROW = frozenset("iljtfrI.,:;'|!()[] -/")
_WIDE = frozenset("mwMWQO@%&")
_LONGEST_WORD = 16
"""Characters after which a word may be broken, so that one address does not make a column."""
_LONGEST_HEAD = 9  # heads may be hyphenated
_LINES = 4  # of a cell that a reader likes
_COMFORT = 9.0  # ems, wide enough for any text
_BOLD = 1.08
_SIDEWAYS = "#page(flipped: true)["
_WHOLE = 1.01  # shares of a page, as programs round them
_CELL = 1.06  # what estimates are too small by, at worst


@dataclass(frozen=True, slots=True)
class Page:
    """The room for text on a page, in points, and the size of its type."""

    width: float
    height: float
    type_size: float = 10.5


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to set a table: size of type and padding of cells in points, on a page turned sideways or not."""

    size: float
    padding: float
    sideways: bool


def _settings(size: float) -> list[Setting]:
    upright = [Setting(size * 0.94, 6, False), Setting(size * 0.84, 4, False), Setting(size * 0.76, 3, False)]
    return [*upright, Setting(size * 0.84, 4, True), Setting(size * 0.76, 3, True), Setting(size * 0.65, 2.5, True)]


@dataclass(frozen=True, slots=True)
class Column:
    """Ems that a column needs: not to break a word, to be read with ease, and to have each cell on one line."""

    least: float
    easy: float
    full: float


class WideTables:
    """Changes the tables of one document; `notes` say what became of those that did not fit."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.notes: list[str] = []

    def fitted(self, blocks: list[Element]) -> list[Element]:
        """The blocks, each table as it fits. Only one that stands alone can have a page of its own."""
        result: list[Element] = []
        for block in blocks:
            if block["t"] != "Table":
                result += rewrite([block], self._inner)
                continue
            done = self._table(block, may_turn=True)
            at = len(result)
            if done[0] == _raw(_SIDEWAYS):
                # Its heading goes with it onto the page.
                while at and result[at - 1]["t"] == "Header":
                    at -= 1
            result[at:] = [done[0], *result[at:], *done[1:]]
        return result

    def _inner(self, element: Element) -> list[Element]:
        return self._table(element, may_turn=False) if element["t"] == "Table" else [element]

    def _table(self, table: Element, *, may_turn: bool) -> list[Element]:
        columns = _columns(table)
        if not columns:
            return [table]
        settings = [each for each in _settings(self._page.type_size) if may_turn or not each.sideways]
        for need in ("easy", "least"):
            for setting in settings:
                room = self._room(setting)
                if sum(getattr(each, need) * setting.size + 2 * setting.padding for each in columns) <= room:
                    done = self._set(table, setting, columns)
                    if not setting.sideways:
                        return done
                    self.notes.append(f"{_name(table)} has {len(columns)} columns: it has a page turned sideways")
                    return _on_a_page_sideways(done)
        return self._cut(table, columns, settings[-1] if not may_turn else settings[-2])

    def _room(self, setting: Setting) -> float:
        return self._page.height if setting.sideways else self._page.width

    def _cut(self, table: Element, columns: list[Column], setting: Setting) -> list[Element]:
        """The table in parts of so many columns as fit, each with the first column again."""
        if _has_spans(table):
            self.notes.append(
                f"{_name(table)} has {len(columns)} columns, more than fit on a page: its words are broken"
            )
            done = self._set(table, setting, columns)
            return _on_a_page_sideways(done) if setting.sideways else done
        room, parts = self._room(setting), []
        widths = [min(each.least * setting.size + 2 * setting.padding, room / 2) for each in columns]
        part, used = [0], widths[0]
        for number in range(1, len(columns)):
            if used + widths[number] > room and len(part) > 1:
                parts.append(part)
                part, used = [0], widths[0]
            part.append(number)
            used += widths[number]
        parts.append(part)
        tables = [_of_columns(table, part, first=number == 0) for number, part in enumerate(parts)]
        self.notes.append(
            f"{_name(table)} has {len(columns)} columns, more than fit on a page: it is cut in {len(parts)} parts,"
            " each with the first column"
        )
        parted: list[Element] = []
        for each in tables:
            parted += self._set(each, setting, _columns(each))
        return _on_a_page_sideways(parted) if setting.sideways else parted

    def _set(self, table: Element, setting: Setting, columns: list[Column]) -> list[Element]:
        table["c"][2] = _with_widths(table["c"][2], columns, self._room(setting), setting)
        hyphenate = str(_has_long_words(table)).lower()
        return [_raw(f"#fit-table({setting.size:.2f}pt, {setting.padding}pt, {hyphenate})["), table, _raw("]")]


def _on_a_page_sideways(blocks: list[Element]) -> list[Element]:
    return [_raw(_SIDEWAYS), *blocks, _raw("]")]


def _raw(markup: str) -> Element:
    return {"t": "RawBlock", "c": ["typst", markup]}


def _with_widths(specs: list[Any], columns: list[Column], room: float, setting: Setting) -> list[Any]:
    """Shares of the room for each column; left to typst where every cell has room on one line."""
    if sum(each.full * setting.size + 2 * setting.padding for each in columns) <= room:
        return [[align, {"t": "ColWidthDefault"}] for align, _ in specs]
    given = [width.get("c", 0.0) if width["t"] == "ColWidth" else 0.0 for _, width in specs]
    least = [each.least * setting.size + 2 * setting.padding for each in columns]
    fits = all(share * room >= need for share, need in zip(given, least, strict=True))
    if all(given) and fits and sum(given) <= _WHOLE:
        return specs
    spare = max(room - sum(least), 0.0)
    wishes = [min(each.full, 40.0) - min(each.least, 40.0) + 0.01 for each in columns]
    widths = [need + spare * wish / sum(wishes) for need, wish in zip(least, wishes, strict=True)]
    whole = max(sum(widths), room)
    return [[align, {"t": "ColWidth", "c": width / whole}] for (align, _), width in zip(specs, widths, strict=True)]


def _rows(table: Element) -> list[tuple[list[Any], bool]]:
    """The table's rows as lists of cells, and whether each is of the head."""
    _, _, _, (_, head), bodies, (_, foot) = table["c"]
    rows = [(cells, True) for _, cells in head]
    for _, _, heads, body in bodies:
        rows += [(cells, True) for _, cells in heads] + [(cells, False) for _, cells in body]
    return rows + [(cells, False) for _, cells in foot]


def _columns(table: Element) -> list[Column]:
    count = len(table["c"][2])
    least, full = [1.0] * count, [1.0] * count
    for cells, is_head in _rows(table):
        place = 0
        for _, _, _, span, blocks in cells:
            if span == 1 and place < count:
                lines = [plain_text(block.get("c", [])) for block in blocks] or [""]
                weight = _BOLD if is_head else 1.0
                longest = _LONGEST_HEAD if is_head else _LONGEST_WORD
                words = [word[:longest] for line in lines for word in line.split()]
                least[place] = max(least[place], weight * max(map(ems, words), default=1.0))
                full[place] = max(full[place], weight * max(map(ems, lines)))
            place += span
    return [
        Column(short * _CELL, max(short, min(long / _LINES, _COMFORT)) * _CELL, long * _CELL)
        for short, long in zip(least, full, strict=True)
    ]


def ems(text: str) -> float:
    """About how wide a text is, in the height of its type."""
    return sum(_em(character) for character in text[:400])


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.3
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return 1.0
    if character in _WIDE or character.isupper():
        return 0.72
    if character.isdigit():
        return 0.48
    return 0.5 if character < "\u0300" else 0.6


def _has_long_words(table: Element) -> bool:
    """Whether a word is longer than the room that a column is sure to have."""
    text = " ".join(plain_text(cell[4]) for cells, is_head in _rows(table) if not is_head for cell in cells)
    return any(len(word) > _LONGEST_WORD for word in text.split())


def _has_spans(table: Element) -> bool:
    return any(span != 1 or rows != 1 for cells, _ in _rows(table) for _, _, rows, span, _ in cells)


def _of_columns(table: Element, wanted: list[int], *, first: bool) -> Element:
    part = copy.deepcopy(table)
    _, caption, specs, (_, head), bodies, (_, foot) = part["c"]
    part["c"][2] = [specs[number] for number in wanted]
    for rows in [head, foot, *(rows for body in bodies for rows in body[2:])]:
        for row in rows:
            row[1] = [row[1][number] for number in wanted if number < len(row[1])]
    if not first:
        caption[0], caption[1] = None, []
    return part


def _name(table: Element) -> str:
    """What a reader knows the table by."""
    if caption := plain_text(table["c"][1][1]).strip():
        return f"the table {caption[:60]!r}"
    rows = _rows(table)
    head = " | ".join(plain_text(cell[4]).strip() for cell in (rows[0][0] if rows else []))
    return f"the table {head[:60]!r}"
