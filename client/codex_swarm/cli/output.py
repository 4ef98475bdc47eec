"""What is printed: for people at a terminal, as plain text into a pipe, or as JSON.

Everything that comes from the service goes through `printable` and is never read as markup.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from codex_swarm.models import RunStatus
from codex_swarm.text import printable

KILO = 1_000
"""Units of bytes are decimal, as in the console."""

STYLES = {
    RunStatus.QUEUED: "yellow",
    RunStatus.RUNNING: "cyan",
    RunStatus.SUCCEEDED: "green",
    RunStatus.FAILED: "red",
    RunStatus.CANCELLED: "magenta",
}


def _console(*, stderr: bool = False) -> Console:
    return Console(stderr=stderr, highlight=False, soft_wrap=True, emoji=False, markup=False)


@dataclass(frozen=True)
class Output:
    """Where results and remarks go. Results are on stdout, and remarks on stderr, so that a pipe has results only."""

    as_json: bool = False
    out: Console = field(default_factory=_console)
    err: Console = field(default_factory=lambda: _console(stderr=True))

    @property
    def is_terminal(self) -> bool:
        """Whether somebody looks at it."""
        return self.out.is_terminal and not self.as_json

    def line(self, *parts: str | tuple[str, str]) -> None:
        """A line of a result, for people and pipes."""
        self.out.print(Text.assemble(*map(_safe, parts)))

    def result(self, value: object, *parts: str | tuple[str, str]) -> None:
        """The one thing that a command found or did: the value as JSON, else a line of these parts."""
        if self.as_json:
            self.json(value)
        else:
            self.line(*parts)

    def remark(self, *parts: str | tuple[str, str]) -> None:
        """A line beside the result."""
        self.err.print(Text.assemble(*map(_safe, parts)))

    def show(self, what: RenderableType) -> None:
        """Something of rich, for people."""
        self.out.print(what, soft_wrap=False)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "") -> None:
        """Rows: as a table at a terminal, else a line each with tabs in between, and without the columns' names."""
        listed = [list(map(_cell, row)) for row in rows]
        if not self.is_terminal:
            for row in listed:
                plain = "\t".join(cell.plain.replace("\t", " ").replace("\n", " ") for cell in row)
                self.out.file.write(plain + "\n")
            return
        if not listed:
            self.remark((empty, "dim"))
            return
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for column in columns:
            is_number = column in {"size", "tokens", "runs", "attempts", "bytes", "cost"}
            table.add_column(column, overflow="fold", justify="right" if is_number else "left")
        for row in listed:
            table.add_row(*row)
        self.show(table)

    def listing(
        self, value: object, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = ""
    ) -> None:
        """All that a command found: the value as JSON, else a table of these rows."""
        if self.as_json:
            self.json(value)
        else:
            self.table(columns, rows, empty=empty)

    def json(self, value: object) -> None:
        """The value as one JSON text over several lines."""
        self._write(json.dumps(as_data(value), indent=2, ensure_ascii=False))

    def json_line(self, value: object) -> None:
        """The value as one line of JSON, told at once."""
        self._write(json.dumps(as_data(value), ensure_ascii=False))

    def _write(self, text: str) -> None:
        self.out.file.write(text + "\n")
        self.out.file.flush()

    def bytes(self, content: bytes) -> None:
        """The bytes as they are."""
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def as_data(value: object) -> Any:
    """The value as JSON knows it, models in the words of the API."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {name: as_data(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(each) for each in value]
    return value


def status(of: RunStatus) -> Text:
    """A run's status in its colour."""
    return Text(of.value, style=STYLES[of])


def when(at: datetime | None) -> str:
    """A time as the person's own clock has it; nothing for none."""
    return "" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(at: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, int(((now or datetime.now(UTC)) - at).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def lasting(seconds: float) -> str:
    """A duration, such as `3 min 20 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def size(count: int) -> str:
    """Bytes for people, such as `1.2 MB`."""
    amount, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while round(amount) >= KILO and len(units) > 1:
        amount, units = amount / KILO, units[1:]
    return f"{count} B" if units[0] == "B" else f"{amount:.1f} {units[0]}"


def _safe(part: str | tuple[str, str]) -> str | tuple[str, str]:
    return printable(part) if isinstance(part, str) else (printable(part[0]), part[1])


def _cell(value: object) -> Text:
    return value if isinstance(value, Text) else Text(printable("" if value is None else str(value)))
