"""The report of a batch as a table: for a spreadsheet (CSV, RFC 4180), or to be read (Markdown)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from codex_swarm.models import BatchReport, BatchRow
from swarm.runs import spreadsheet
from swarm.sizes import json_text

_BEHIND = ("status", "closing_words", "error", "cost_usd", "tokens", "seconds", "run_id", "link")
_MARKS = re.compile(r"([\\`*_\[\]<>|#])")


def as_csv(report: BatchReport) -> str:
    """One line for each item, for a spreadsheet: its values, its results, and how its run went."""
    return spreadsheet.as_csv(_table(report))


def as_markdown(report: BatchReport) -> str:
    """What became of the batch in a sentence, and the table."""
    batch = report.batch
    told = f"{batch.succeeded} of {batch.items} succeeded, {batch.failed} failed, {batch.cancelled} cancelled."
    head, *rows = _table(report)
    link = head.index("link")
    kept = [place for place, name in enumerate(head) if name not in {"run_id", "tokens"}]
    lines = [[_plain(name) for name in head], ["---"] * len(head)]
    for row in rows:
        cells = [_plain(cell) for cell in row]
        cells[link] = f"[run]({row[link]})" if row[link] else ""
        lines.append(cells)
    table = "\n".join(f"| {' | '.join(line[place] for place in kept)} |" for line in lines)
    return f"# {_plain(batch.name or f'Batch {batch.id}')}\n\n{told}\n\n{table}\n"


def _table(report: BatchReport) -> Iterator[list[str]]:
    """The table's head and its rows: values of the items, properties of the results, how the runs went."""
    values = list(dict.fromkeys(name for row in report.rows for name in row.values))
    results = list(dict.fromkeys(name for row in report.rows for name in _result(row)))
    yield ["item", *values, *(f"result {name}".strip() for name in results), *_BEHIND]
    for row in report.rows:
        result = _result(row)
        cells = [*map(row.values.get, values), *map(result.get, results), *(getattr(row, name) for name in _BEHIND)]
        yield [str(row.item), *map(_text, cells)]


def _result(row: BatchRow) -> dict[str, JsonValue]:
    """The columns that a result makes: one for each property of an object, else one."""
    if row.result is None:
        return {}
    return row.result if isinstance(row.result, dict) else {"": row.result}


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)


def _plain(text: str) -> str:
    """The text as Markdown shows it, in one line of a table."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
