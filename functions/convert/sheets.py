"""Sheets as they are passed on: what each cell shows, what it holds where that is more, and what else there is.

Every reader of tables fills a `Cells`, which keeps to the limits and remembers what they cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl.utils import get_column_letter

from convert.inventory import Content, counted

MAX_ROWS = 100_000
MAX_COLUMNS = 500
_MAX_CELLS = 5_000_000
_SHOWN_RANGES = 20
_SHOWN_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Extra:
    """Something of a sheet that is no cell: its kind, where it is, what it says, and a table if it holds one."""

    kind: Content
    place: str
    text: str
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of equal length, without empty ones at the end.

    `exact` is the value of a cell whose text says less than it holds; `values` are cells as data, where that is not
    their text: both by row and column, counted from 0. `left_out` says what is beyond the limits.
    """

    name: str
    rows: Sequence[Sequence[str]]
    exact: Mapping[tuple[int, int], str] = field(default_factory=dict)
    values: Mapping[tuple[int, int], str] = field(default_factory=dict)
    hidden: str = ""
    extras: Sequence[Extra] = ()
    left_out: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        """The name, and whether the sheet is hidden."""
        return f"{self.name} ({self.hidden} sheet)" if self.hidden else self.name

    def data(self) -> list[list[str]]:
        """The rows as data, for programs: numbers without their formats."""
        rows = [list(row) for row in self.rows]
        for (row, column), value in self.values.items():
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = value
        return rows


class Cells:
    """The cells of one sheet while they are read."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = []
        self._exact: dict[tuple[int, int], str] = {}
        self._values: dict[tuple[int, int], str] = {}
        self._hidden: list[int] = []
        self._kept = self._beyond_rows = self._beyond_columns = 0
        self._samples: list[str] = []
        self._last_row = self._last_column = -1

    def begin_row(self, row: int, *, hidden: bool = False) -> bool:
        """Whether the row is read at all."""
        self._last_row = max(self._last_row, row)
        if row >= MAX_ROWS or self._kept >= _MAX_CELLS:
            self._beyond_rows += 1
            return len(self._samples) < _SHOWN_SAMPLES
        if hidden:
            self._hidden.append(row + 1)
        return True

    def skip(self, row: int, count: int) -> None:
        """So many rows from this one on are not read."""
        if count > 0:
            self._beyond_rows += count
            self._last_row = max(self._last_row, row + count - 1)

    def put(self, row: int, column: int, text: str, *, exact: str = "", value: str = "") -> None:
        """A cell with this text; `exact` and `value` as in `Sheet`, empty where the text is it."""
        if not text and not exact:
            return
        if column >= MAX_COLUMNS or row >= MAX_ROWS or self._kept >= _MAX_CELLS:
            if row < MAX_ROWS:
                self._beyond_columns += 1
                self._last_column = max(self._last_column, column)
            if len(self._samples) < _SHOWN_SAMPLES:
                self._samples.append(f"{get_column_letter(column + 1)}{row + 1} {text[:40]}")
            return
        while len(self._rows) <= row:
            self._rows.append([])
        cells = self._rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = text
        self._kept += 1
        if exact and exact != text:
            self._exact[row, column] = exact
        if value and value != text:
            self._values[row, column] = value

    def hidden_rows(self) -> list[Extra]:
        """The hidden rows as one extra, or none."""
        return [Extra(Content.HIDDEN_ROW, ranges(self._hidden), "")] if self._hidden else []

    def sheet(self, name: str, hidden: str = "", extras: Sequence[Extra] = (), note: str = "") -> Sheet:
        """All of it."""
        while self._rows and not any(self._rows[-1]):
            self._rows.pop()
        width = max(map(len, self._rows), default=0)
        rows = [row + [""] * (width - len(row)) for row in self._rows]
        out = []
        if self._beyond_rows:
            read = min(MAX_ROWS, self._last_row + 1 - self._beyond_rows)
            beyond = counted(self._beyond_rows, "row")
            out.append(f"only {read:,} rows are read, of {self._last_row + 1:,}: {beyond} left out")
        if self._beyond_columns:
            last = get_column_letter(self._last_column + 1)
            out.append(
                f"only {MAX_COLUMNS} columns are read, of {self._last_column + 1:,} (up to {last}):"
                f" {counted(self._beyond_columns, 'cell')} left out"
            )
        if self._samples:
            out.append(f"the first of them: {', '.join(self._samples)}")
        return Sheet(name, rows, self._exact, self._values, hidden, extras, "; ".join(out), note)


def ranges(numbers: Sequence[int], name: Callable[[int], str] = str) -> str:
    """Numbers counted from 1 in words, neighbours together: `2, 5 to 7`; `name` says how each is written."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number <= found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    told = [name(first) if first == last else f"{name(first)} to {name(last)}" for first, last in found[:_SHOWN_RANGES]]
    left = len(found) - len(told)
    return ", ".join(told) + (f" and {left:,} more" if left else "")
