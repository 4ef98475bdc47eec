"""Usage rows: what each run used, one item for each day and model. They outlive their runs.

A row is what the run's log says, whole, and never a sum that is added to: written twice it is the same. So it counts
once, wherever a process dies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from swarm.adapters import adapter
from swarm.records.keys import usage_key
from swarm.records.listing import LAST
from swarm.records.table import OLDER, ConditionFailed, Item, Table
from swarm.runs.run import Run
from swarm.runs.spending import UsageRow, rows_of

SCHEMA = 1

KEPT = timedelta(days=800)
"""How long a row is kept: two years can be compared."""

ERASED = "erased-"
"""How a project is called in the usage rows of a tenant that was erased."""

REMEMBERED = 10_000
"""Sums of days that a process remembers."""

SETTLED = timedelta(days=2)
"""Days that are over for so long have no run at work any more that could still add to them but by a late repair."""


class UsageRows:
    """The rows in the table. `chosen` are the names of metadata that they keep."""

    def __init__(self, table: Table, chosen: Collection[str]) -> None:
        self.chosen = chosen
        self._table = table
        self._settled: dict[tuple[str, str | None, date], float] = {}

    def record(self, run: Run) -> None:
        """Write down what the run has used so far; a row that is further already stays."""
        for row in rows_of(run, self.chosen):
            with suppress(ConditionFailed):
                self._table.put(
                    _item(run.key.tenant_id, row, run.version), OLDER, {":version": {"N": str(run.version)}}
                )

    def between(self, tenant_id: str, first: date, last: date) -> Iterator[UsageRow]:
        """The tenant's rows of these days, both included, in the order of days."""
        month = first
        while month <= last:
            end = min(last, _end_of_month(month))
            start, until = usage_key(tenant_id, month.isoformat()), usage_key(tenant_id, end.isoformat())
            for item in self._table.range(start.pk, start.sk, f"{until.sk}{LAST}"):
                yield adapter(UsageRow).validate_json(item["body"]["S"])
            month = end + timedelta(days=1)

    def spent(self, tenant_id: str, project_id: str | None, first: date, last: date) -> float:
        """US dollars that the tenant, or a project of it, spent on these days, as far as prices are known.

        What was spent on days long past is remembered by this process.
        """
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        unknown = [day for day in days if (tenant_id, project_id, day) not in self._settled]
        found = dict.fromkeys(unknown, 0.0)
        for row in self.between(tenant_id, unknown[0], last):
            if row.day in found and project_id in (None, row.project_id):
                found[row.day] += row.usage.cost_usd or 0.0
        known = {day: self._settled[tenant_id, project_id, day] for day in days if day not in found}
        if len(self._settled) > REMEMBERED:
            self._settled = {}
        past = {day: cost for day, cost in found.items() if day <= last - SETTLED}
        self._settled |= {(tenant_id, project_id, day): cost for day, cost in past.items()}
        return sum(known.values()) + sum(found.values())


def _end_of_month(day: date) -> date:
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following - timedelta(days=1)


def _item(tenant_id: str, row: UsageRow, version: int) -> Item:
    until = datetime.combine(row.day, time(), UTC) + KEPT
    return {
        **usage_key(tenant_id, row.day.isoformat(), row.run_id, row.model).attributes(),
        "version": {"N": str(version)},
        "schema": {"N": str(SCHEMA)},
        "body": {"S": adapter(UsageRow).dump_json(row).decode()},
        "expires_at": {"N": str(int(until.timestamp()))},
    }


def without_content(item: Item) -> Item:
    """The row as it is kept of an erased tenant: when, with which model and how much, and of no project by its name."""
    row = adapter(UsageRow).validate_json(item["body"]["S"])
    if row.project_id.startswith(ERASED) and not row.metadata:
        return item
    digest = hashlib.sha256(row.project_id.encode()).hexdigest()[:16]
    bare = replace(row, project_id=f"{ERASED}{digest}", metadata={})
    return {**item, "body": {"S": adapter(UsageRow).dump_json(bare).decode()}}
