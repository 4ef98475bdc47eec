"""Schedules: an item each beside their project, which goes with it; those that are due stand in one index by time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from swarm.adapters import adapter
from swarm.errors import ScheduleBusy, ScheduleNotFound
from swarm.records.keys import due_schedules, schedule_key, sortable
from swarm.records.table import ConditionFailed, Item, Table
from swarm.runs.schedules import Schedule

_NEXT = "attribute_not_exists(PK) OR version = :before"
_DROPPED = "hidden_at"


class Schedules:
    """The schedules in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, tenant_id: str, project_id: str, name: str) -> Schedule | None:
        """The schedule, or None."""
        item = self._table.get(schedule_key(tenant_id, project_id, name))
        return None if item is None or _DROPPED in item else _decode(item)

    def get(self, tenant_id: str, project_id: str, name: str) -> Schedule:
        """The schedule. Raises `ScheduleNotFound`."""
        found = self.find(tenant_id, project_id, name)
        if found is None:
            raise ScheduleNotFound(name)
        return found

    def store(self, schedule: Schedule) -> Schedule:
        """Keep the next version of what was read. Raises `ScheduleBusy` where somebody was quicker."""
        after = replace(schedule, version=schedule.version + 1)
        try:
            self._table.put(_item(after), _NEXT, {":before": {"N": str(schedule.version)}})
        except ConditionFailed as quicker:
            raise ScheduleBusy(schedule.name) from quicker
        return after

    def drop(self, schedule: Schedule, now: datetime) -> None:
        """It is due no more. A mark stays, of the next version: whoever serves requests deletes no items."""
        item: Item = {
            **schedule_key(schedule.tenant_id, schedule.project_id, schedule.name).attributes(),
            "version": {"N": str(schedule.version + 1)},
            _DROPPED: {"S": sortable(now)},
        }
        try:
            self._table.put(item, _NEXT, {":before": {"N": str(schedule.version)}})
        except ConditionFailed as quicker:
            raise ScheduleBusy(schedule.name) from quicker

    def of_project(self, tenant_id: str, project_id: str) -> Iterator[Schedule]:
        """The project's schedules, by name."""
        every = schedule_key(tenant_id, project_id)
        for item in self._table.range(every.pk, every.sk, f"{every.sk}\uffff"):
            if _DROPPED not in item:
                yield _decode(item)

    def due(self, now: datetime) -> Iterator[Schedule]:
        """Those of all tenants that are due by now, the longest due first; they may have gone on since."""
        return map(_decode, self._table.index("GSI3", due_schedules().pk, last=sortable(now)))


def _item(schedule: Schedule) -> Item:
    own = (schedule.tenant_id, schedule.project_id, schedule.name)
    listed = due_schedules(sortable(schedule.next_at), *own).attributes("GSI3") if schedule.next_at else {}
    return {
        **schedule_key(*own).attributes(),
        **listed,
        "version": {"N": str(schedule.version)},
        "schema": {"N": str(schedule.schema)},
        "body": {"S": adapter(Schedule).dump_json(schedule).decode()},
    }


def _decode(item: Item) -> Schedule:
    return adapter(Schedule).validate_json(item["body"]["S"])
