"""Schedules: an item each beside their project, which goes with it; those that are due stand in one index by time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from swarm.adapters import adapter
from swarm.errors import ProjectNotFound, ScheduleBusy, ScheduleNotFound
from swarm.records.keys import due_schedules, project_key, schedule_key, sortable
from swarm.records.table import VISIBLE, ConditionFailed, Item, Table
from swarm.runs.schedules import Schedule

_FIRST, _NEXT = "attribute_not_exists(PK)", "version = :before"
_DROPPED = "hidden_at"


class Due(NamedTuple):
    """A schedule that the index has as due; it may have gone on since."""

    tenant_id: str
    project_id: str
    name: str


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

    def put(self, schedule: Schedule) -> Schedule:
        """Keep one that somebody asked for, in place of the one of its version. Raises `ProjectNotFound`,
        `ScheduleBusy`.

        That its project has schedules is said first: nothing is kept for one that is being deleted.
        """
        owner = project_key(schedule.tenant_id, schedule.project_id)
        there = f"attribute_exists(PK) AND {VISIBLE}"
        try:
            self._table.update(owner, "SET has_schedules = :yes", values={":yes": {"BOOL": True}}, condition=there)
        except ConditionFailed as missing:
            raise ProjectNotFound(schedule.project_id) from missing
        return self.store(schedule)

    def version(self, tenant_id: str, project_id: str, name: str) -> int:
        """Of what is there under the name, also of one that was dropped; 0 where nothing ever was."""
        item = self._table.get(schedule_key(tenant_id, project_id, name))
        return 0 if item is None else int(item["version"]["N"])

    def store(self, schedule: Schedule) -> Schedule:
        """Keep the next version of what was read. Raises `ScheduleBusy` where somebody was quicker."""
        after = replace(schedule, version=schedule.version + 1)
        self._next(_item(after), schedule)
        return after

    def _next(self, item: Item, before: Schedule) -> None:
        try:
            if before.version == 0:
                self._table.put(item, _FIRST)
            else:
                self._table.put(item, _NEXT, {":before": {"N": str(before.version)}})
        except ConditionFailed as quicker:
            raise ScheduleBusy(before.name) from quicker

    def drop(self, schedule: Schedule, now: datetime) -> None:
        """It is due no more. A mark stays, of the next version: whoever serves requests deletes no items.

        Raises `ScheduleBusy` where somebody was quicker.
        """
        item: Item = {
            **schedule_key(schedule.tenant_id, schedule.project_id, schedule.name).attributes(),
            "version": {"N": str(schedule.version + 1)},
            _DROPPED: {"S": sortable(now)},
        }
        self._next(item, schedule)

    def of_project(self, tenant_id: str, project_id: str) -> Iterator[Schedule]:
        """The project's schedules, by name."""
        every = schedule_key(tenant_id, project_id)
        for item in self._table.range(every.pk, every.sk, f"{every.sk}\uffff"):
            if _DROPPED not in item:
                yield _decode(item)

    def due(self, now: datetime) -> Iterator[Due]:
        """Those of all tenants that are due by now, the longest due first. What they run is not read."""
        for item in self._table.index("GSI3", due_schedules().pk, last=sortable(now), only="GSI3SK"):
            _, tenant_id, project_id, name = item["GSI3SK"]["S"].split("#")
            yield Due(tenant_id, project_id, name)


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
