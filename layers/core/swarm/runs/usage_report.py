"""What runs used, added up by what somebody asks for: days, projects, task types, models, notes of theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from codex_swarm.models import UsageGroup, UsageReport
from swarm.errors import InvalidRequest, TooLarge
from swarm.runs import spreadsheet
from swarm.runs.spending import UsageRow

FIELDS = ("day", "project_id", "task_type", "model")
METADATA = "metadata."
MAX_DAYS = 366
MAX_ROWS = 200_000
"""Usage rows that are added up for one report: more take longer than a request may."""

MAX_GROUPS = 10_000
"""Rows of a report; in an answer each takes a few hundred bytes."""

MEASURES = (
    "runs",
    "model_calls",
    "unpriced_calls",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "reasoning_tokens",
    "tool_calls",
    "seconds",
    "cost_usd",
)


@dataclass(frozen=True, slots=True)
class Question:
    """Which days, both included, and by what to add up: of `FIELDS`, or `metadata.` and a name."""

    first: date
    last: date
    group_by: Sequence[str]


def asked(
    first: date | None, last: date | None, group_by: Sequence[str], kept: Collection[str], today: date
) -> Question:
    """The question; without days this month's, and by day where nothing is said. Raises `InvalidRequest`."""
    last = last or max(today, first or today)
    first = first or last.replace(day=1)
    if first > last:
        raise InvalidRequest(f"from is {first} and to is {last}: say the earlier day in from")
    if last - first >= timedelta(days=MAX_DAYS):
        raise InvalidRequest(f"from {first} to {last} are more than {MAX_DAYS} days; ask for a shorter time")
    wanted = list(dict.fromkeys(name.strip() for each in group_by for name in each.split(",") if name.strip()))
    for name in wanted:
        _require_known(name, kept)
    return Question(first, last, wanted or ["day"])


def _require_known(name: str, kept: Collection[str]) -> None:
    if name in FIELDS or (name.startswith(METADATA) and name.removeprefix(METADATA) in kept):
        return
    known = [*FIELDS, *(f"{METADATA}{each}" for each in kept)]
    hint = "; usage keeps the metadata that the operator names in UsageMetadata" if name.startswith(METADATA) else ""
    raise InvalidRequest(f"group_by has {name[:80]!r}, and takes {', '.join(known)}{hint}")


@dataclass(slots=True)
class _Sum:
    runs: set[str] = field(default_factory=set)
    counts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(MEASURES, 0))

    def add(self, row: UsageRow) -> None:
        usage, counts = row.usage, self.counts
        self.runs.add(row.run_id)
        for name in ("model_calls", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"):
            counts[name] += getattr(usage, name)
        counts["tool_calls"] += usage.tool_calls
        counts["seconds"] += usage.seconds
        counts["cost_usd"] += usage.cost_usd or 0.0
        counts["unpriced_calls"] += usage.model_calls if usage.cost_usd is None else 0

    def group(self, names: Sequence[str], values: Sequence[str]) -> UsageGroup:
        named = dict(zip(names, values, strict=True))
        metadata = {name.removeprefix(METADATA): value for name, value in named.items() if name.startswith(METADATA)}
        rounded = {"seconds": round(self.counts["seconds"], 3), "cost_usd": round(self.counts["cost_usd"], 6)}
        fields = {name: value for name, value in named.items() if name in FIELDS}
        return UsageGroup.model_validate(
            {**self.counts, **rounded, **fields, "runs": len(self.runs), "metadata": metadata}
        )


def report_of(rows: Iterable[UsageRow], question: Question) -> UsageReport:
    """The rows added up, in the order of what they are added up by, and all of them together. Raises `TooLarge`."""
    groups: dict[tuple[str, ...], _Sum] = {}
    everything = _Sum()
    for number, row in enumerate(rows):
        if number == MAX_ROWS:
            raise TooLarge(f"runs left more than {MAX_ROWS} rows in this time; ask for fewer days at once")
        groups.setdefault(tuple(_value(row, name) for name in question.group_by), _Sum()).add(row)
        everything.add(row)
    if len(groups) > MAX_GROUPS:
        raise TooLarge(
            f"these are {len(groups)} rows, and {MAX_GROUPS} at most are answered; ask for fewer days, or group by less"
        )
    return UsageReport(
        first_day=question.first,
        last_day=question.last,
        group_by=list(question.group_by),
        rows=[groups[values].group(question.group_by, values) for values in sorted(groups)],
        total=everything.group((), ()),
    )


def _value(row: UsageRow, name: str) -> str:
    if name == "day":
        return row.day.isoformat()
    if name.startswith(METADATA):
        return row.metadata.get(name.removeprefix(METADATA), "")
    return str(getattr(row, name))


def as_csv(report: UsageReport) -> str:
    """The rows for a spreadsheet, a line of names first."""
    lines = [[_told(row, name) for name in (*report.group_by, *MEASURES)] for row in report.rows]
    return spreadsheet.as_csv([[*report.group_by, *MEASURES], *lines])


def _told(row: UsageGroup, name: str) -> object:
    return row.metadata[name.removeprefix(METADATA)] if name.startswith(METADATA) else getattr(row, name)
