"""A page's words in the order in which they are read: column after column, tables as tables.

A page is cut at the blank strip between two columns (as in the recursive X-Y cut of Nagy and Seth, 1984), with what
spans both columns before or after them. Stretches that stand below each other in several rows are a table.
"""

from __future__ import annotations

import itertools
import unicodedata
from dataclasses import dataclass, replace
from statistics import median

from convert.pdf_reading.segments import Rule, Segment

_LEAST_LINES = 4
"""Lines on either side of a blank strip that make columns of it."""

_PROSE = 20
"""Characters of a line that is prose and not a cell."""

_MOST_CROSSING = 0.4
_FULL = 0.65
_SAME = 0.5
_SMALL, _SAME_SMALL = 0.85, 0.2
_WORDS, _LETTERS = 0.6, 0.12
"""Of the size of the type: between words there is no more than the one, between letters of a word than the other."""

_DEEPEST = 4
_TRIED = 12  # places of a blank strip, those that the fewest stretches cross
_MOST_SEGMENTS = 3_000
_LEAST_ROWS = 2
_CLOSE, _LEAST_CLOSE_ROWS = 1.1, 4
"""Columns closer than this share of the type's size are believed when there are so many rows of them."""

_MOST_COLUMNS = 60


@dataclass(slots=True)
class Line:
    """Stretches on one height, from the left."""

    parts: list[Segment]

    @property
    def top(self) -> float:
        """Where it begins, from the top of the page."""
        return min(part.top for part in self.parts)

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return max(part.bottom for part in self.parts)

    def text(self) -> str:
        """Its words, from the right where most of it is read so."""
        parts = sorted(self.parts, key=lambda part: part.left)
        if _from_the_right("".join(part.text for part in parts)):
            parts.reverse()
        return " ".join(part.text for part in parts)

    def is_code(self) -> bool:
        """Whether all of it is in letters of one width."""
        return all(part.fixed for part in self.parts)

    def join(self) -> Line:
        """The line with stretches that are no further apart than words made one."""
        joined: list[Segment] = []
        for part in sorted(self.parts, key=lambda each: each.left):
            last = joined[-1] if joined else None
            gap = part.left - last.right if last else 0.0
            if last is None or gap > _WORDS * max(last.height, part.height):
                joined.append(replace(part))
                continue
            first, then = (part.text, last.text) if _from_the_right(last.text + part.text) else (last.text, part.text)
            last.text = first + " " * (gap > _LETTERS * part.height) + then.lstrip()
            last.left, last.right = min(last.left, part.left), max(last.right, part.right)
            last.top, last.bottom = min(last.top, part.top), max(last.bottom, part.bottom)
        return Line(joined)


def page_as_text(segments: list[Segment], rules: list[Rule]) -> str:
    """The page in lines, with tables in Markdown."""
    blocks = []
    for region in _regions(segments, depth=0):
        blocks += _blocks(_lines(region), rules)
    return "\n".join(blocks)


def _from_the_right(text: str) -> bool:
    ways = [unicodedata.bidirectional(character) for character in text]
    return sum(way in {"R", "AL"} for way in ways) > ways.count("L")


def _lines(segments: list[Segment]) -> list[Line]:
    lines: list[Line] = []
    for segment in sorted(segments, key=lambda each: (each.top + each.bottom, each.left)):
        if lines and _stands_on(lines[-1], segment):
            lines[-1].parts.append(segment)
        else:
            lines.append(Line([segment]))
    return [line.join() for line in lines]


def _stands_on(line: Line, segment: Segment) -> bool:
    height = line.bottom - line.top
    shared = min(line.bottom, segment.bottom) - max(line.top, segment.top)
    small, large = sorted((max(height, 0.1), max(segment.height, 0.1)))
    # What is set smaller may stand higher or lower: it is an exponent or an index.
    return shared / small > (_SAME_SMALL if small < _SMALL * large else _SAME)


def _regions(segments: list[Segment], depth: int) -> list[list[Segment]]:
    """Parts of the page in the order of reading."""
    strip = _strip(segments) if depth < _DEEPEST and 2 * _LEAST_LINES <= len(segments) <= _MOST_SEGMENTS else None
    if strip is None:
        return [segments]
    found: list[list[Segment]] = []
    band: list[Segment] = []
    for segment in sorted(segments, key=lambda each: each.top):
        if segment.left < strip < segment.right:
            found += _columns(band, strip, depth)
            band = []
            if found and found[-1] and all(each.left < strip < each.right for each in found[-1]):
                found[-1].append(segment)
            else:
                found.append([segment])
        else:
            band.append(segment)
    return [region for region in [*found, *_columns(band, strip, depth)] if region]


def _columns(band: list[Segment], strip: float, depth: int) -> list[list[Segment]]:
    left = [each for each in band if each.right <= strip]
    right = [each for each in band if each.right > strip]
    sides = [right, left] if _from_the_right("".join(each.text for each in band)) else [left, right]
    return [region for side in sides if side for region in _regions(side, depth + 1)]


def _strip(segments: list[Segment]) -> float | None:
    """Where a blank strip parts columns of prose; None where there is none."""
    left, right = min(each.left for each in segments), max(each.right for each in segments)
    width = right - left
    edges = {round(each.left) - 1.0 for each in segments}
    counted = sorted(
        (sum(each.left < at < each.right for each in segments), at)
        for at in edges
        if left + 0.2 * width < at < right - 0.2 * width
    )
    for crossing, at in counted[:_TRIED]:
        if crossing > _MOST_CROSSING * len(segments):
            break
        sides = [each for each in segments if each.right <= at], [each for each in segments if each.left >= at]
        if all(map(_is_prose, sides)):
            return at
    return None


def _is_prose(side: list[Segment]) -> bool:
    """Lines that fill a column, most of them."""
    if len(side) < _LEAST_LINES:
        return False
    width = max(each.right for each in side) - min(each.left for each in side)
    lines = _lines(side)
    if len(lines) < _LEAST_LINES or len(side) > 1.5 * len(lines):
        return False
    full = sum(line.parts[-1].right - line.parts[0].left > _FULL * width for line in lines)
    return full >= len(lines) / 2 and median(len(line.text()) for line in lines) >= _PROSE


def _blocks(lines: list[Line], rules: list[Rule]) -> list[str]:
    """Lines as text, and rows that stand below each other as tables."""
    found: list[str] = []
    for is_code, run in itertools.groupby(lines, Line.is_code):
        block = list(run)
        if is_code:
            margin = min(line.parts[0].left for line in block)
            found += [_as_code(line, margin) for line in block]
        else:
            found += _prose_and_tables(block, rules)
    return found


def _prose_and_tables(lines: list[Line], rules: list[Rule]) -> list[str]:
    found: list[str] = []
    rows: list[Line] = []
    for line in lines:
        if len(line.parts) > 1 or (rows and _continues(rows, line)):
            rows.append(line)
        else:
            found += [*_table_or_lines(rows, rules), line.text()]
            rows = []
    return found + _table_or_lines(rows, rules)


def _as_code(line: Line, margin: float) -> str:
    """A line of code, its blanks told from where its words stand."""
    longest = max(line.parts, key=lambda part: len(part.text))
    letter = max((longest.right - longest.left) / len(longest.text), 1.0)
    text = ""
    for part in line.parts:
        text = text.ljust(max(round((part.left - margin) / letter), len(text) + (part is not line.parts[0])))
        text += part.text
    return text


def _continues(rows: list[Line], line: Line) -> bool:
    """Whether a line of one stretch goes on with a cell of the row above: it is close, and no wider than a column."""
    above = rows[-1]
    close = line.top - above.bottom < 0.8 * (above.bottom - above.top)
    part = line.parts[0]
    within = [each for row in rows[-3:] for each in row.parts if each.left - 2 <= part.left < each.right]
    others = [each for row in rows[-3:] for each in row.parts if each.left > part.left + 2]
    return close and bool(within) and not any(part.right > each.left + 2 for each in others)


def _across(rows: list[Line], rules: list[Rule]) -> list[Rule]:
    """Rules beside, between or under these rows."""
    parts = [part for row in rows for part in row.parts]
    left, right = min(part.left for part in parts), max(part.right for part in parts)
    near = [rule for rule in rules if rows[0].top - 30 <= rule.y <= rows[-1].bottom + 30]
    return [rule for rule in near if min(rule.right, right) - max(rule.left, left) > 0]


def _table_or_lines(rows: list[Line], rules: list[Rule]) -> list[str]:
    columns = _intervals(rows)
    as_lines = [row.text() for row in rows]
    if len(rows) < _LEAST_ROWS or not 1 < len(columns) <= _MOST_COLUMNS:
        return as_lines
    gap = min(right[0] - left[1] for left, right in itertools.pairwise(columns))
    if gap < _CLOSE * rows[0].parts[0].height and len(rows) < _LEAST_CLOSE_ROWS:
        return as_lines
    cells = _merged([_cells(row, columns) for row in rows], rows, rules)
    if len(cells) < _LEAST_ROWS:
        return as_lines
    if _from_the_right("".join(as_lines)):
        cells = [row[::-1] for row in cells]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells]
    return ["", lines[0], "|---" * len(cells[0]) + "|", *lines[1:], ""]


def _intervals(rows: list[Line]) -> list[tuple[float, float]]:
    """From where to where each column goes: stretches that stand below each other are one."""
    found: list[tuple[float, float]] = []
    for left, right in sorted((part.left, part.right) for row in rows for part in row.parts):
        if found and left < found[-1][1] - 1:
            found[-1] = found[-1][0], max(found[-1][1], right)
        else:
            found.append((left, right))
    return found


def _cells(row: Line, columns: list[tuple[float, float]]) -> list[str]:
    cells = [""] * len(columns)
    for part in sorted(row.parts, key=lambda each: each.left):
        middle = (part.left + part.right) / 2
        number = min(range(len(columns)), key=lambda at: max(columns[at][0] - middle, middle - columns[at][1], 0))
        cells[number] = f"{cells[number]} {part.text.strip()}".strip()
    return cells


def _merged(cells: list[list[str]], rows: list[Line], rules: list[Rule]) -> list[list[str]]:
    """Lines of one row made one: those between the same two rules, or without rules what begins with an empty cell."""
    heights = sorted({round(rule.y, 1) for rule in _across(rows, rules)})
    inner = [y for y in heights if rows[0].bottom - 2 < y < rows[-1].top + 2]
    result: list[list[str]] = []
    for number, row in enumerate(cells):
        if number and _goes_on(row, rows[number - 1], rows[number], inner, len(rows)):
            result[-1] = [f"{old} {new}".strip() for old, new in zip(result[-1], row, strict=True)]
        else:
            result.append(list(row))
    return result


def _goes_on(row: list[str], above: Line, line: Line, inner: list[float], count: int) -> bool:
    if len(inner) >= max(2, count / 6):
        return not any(above.top + (above.bottom - above.top) / 2 < y < (line.top + line.bottom) / 2 for y in inner)
    close = line.top - above.bottom < 0.35 * (above.bottom - above.top)
    return close and not row[0] and sum(map(bool, row)) < len(row)
