"""The run items: the fold of each run's log, kept so that reading a run is one read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from codex_swarm.models import RunStatus, TaskType
from swarm.adapters import adapter
from swarm.errors import RunNotFound
from swarm.ids import RunKey, could_be_run_id
from swarm.records.drafts import LIVE_ITEMS, is_live
from swarm.records.keys import (
    META,
    active_runs,
    deleted_runs,
    run_key,
    runs_of_project,
    runs_of_tenant,
    slot_key,
    sortable,
)
from swarm.records.listing import FIRST, LAST, Page, Range, Wanted, page_of
from swarm.records.runlog import DynamoRunLog
from swarm.records.table import OLDER, UNCLAIMED, VISIBLE, ConditionFailed, Filter, Item, Table
from swarm.runs.entries import Entry
from swarm.runs.fold import apply
from swarm.runs.run import Run

SHORT_LOG = 20
"""Entries of a log that is read whole together with its run."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as it is stored, and since when it is hidden."""

    run: Run
    hidden_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs: of a project, of a conversation, in one of some states (of none: in any), of a type, made from one
    time on and before another, with these notes; with `waiting` those that wait for people, or those that do not; with
    `conversions` conversions alone, or runs of agents alone.

    Children are listed as those of their parent, and where they wait for people; other lists go without them.
    """

    project_id: str | None = None
    thread_id: str | None = None
    statuses: Sequence[RunStatus] = ()
    task_type: TaskType | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    waiting: bool | None = None
    conversions: bool | None = None
    parent_run_id: str | None = None
    batch_id: str | None = None


class Runs:
    """Runs as their items tell, and the way to bring an item up to its log."""

    def __init__(self, table: Table, log: DynamoRunLog) -> None:
        self._table = table
        self._log = log

    def get(self, tenant_id: str, run_id: str) -> Run:
        """The run, by one read. Raises `RunNotFound`, in the same words whoever else may have such a run."""
        item = self._table.get(run_key(tenant_id, run_id)) if could_be_run_id(run_id) else None
        return _shown(run_id, item)

    def find(self, tenant_id: str, run_id: str) -> Run | None:
        """The run, by one read, or None."""
        try:
            return self.get(tenant_id, run_id)
        except RunNotFound:
            return None

    def current(self, tenant_id: str, run_id: str) -> Run:
        """The run up to the last entry of its log, whether or not its item has got that far. Raises `RunNotFound`.

        One query, mostly: in their partition the item stands right behind the log, so that the last entry tells
        whether it is up to date.
        """
        run, slots = self._newest(tenant_id, run_id, 1)
        seen = slot_key(tenant_id, run_id, run.version).sk
        return self._folded(run, [self._log.entry_in(item) for item in slots if item["SK"]["S"] > seen])

    def history(self, tenant_id: str, run_id: str) -> tuple[Run, list[Entry] | None]:
        """The same, and all entries of its log, or None where they are more than `SHORT_LOG`, or too large for a query.

        Raises `RunNotFound`.
        """
        run, slots = self._newest(tenant_id, run_id, SHORT_LOG)
        entries = [self._log.entry_in(item) for item in slots]
        whole = bool(entries) and entries[0].slot == 0
        return self._folded(run, entries), entries if whole else None

    def _newest(self, tenant_id: str, run_id: str, most: int) -> tuple[Run, list[Item]]:
        """The run as its item tells, and the last slots of its log, in order: one query."""
        first, own = slot_key(tenant_id, run_id, 0), run_key(tenant_id, run_id)
        found = self._table.newest(own.pk, first.sk, own.sk, most + 1) if could_be_run_id(run_id) else []
        if any(is_live(item) for item in found):
            # Somebody watches, or did: what is shown to them stands between the run and its log.
            found = self._table.newest(own.pk, first.sk, own.sk, most + 1 + LIVE_ITEMS)
            found = [item for item in found if not is_live(item)][: most + 1]
        return _shown(run_id, found[0] if found else None), found[:0:-1]

    def _folded(self, run: Run, entries: Iterable[Entry]) -> Run:
        """The run with these entries, and with those before them that it lacks."""
        entries = [entry for entry in entries if entry.slot > run.version]
        if entries and entries[0].slot > run.version + 1:
            entries = list(self._log.read(run.key, run.version))
        for entry in entries:
            run = apply(run, entry)
        return run

    def append(self, run: Run, entry: Entry, *, show: bool = True) -> Run:
        """Take the slot, then move the item on; the run after it. Raises `runlog.SlotTaken`.

        Without `show` the item stays: for an entry that changes nothing that it tells, or that another follows at once.
        """
        self._log.append(run.key, entry)
        after = apply(run, entry)
        if show:
            self.store(after)
        return after

    def create(self, run: Run) -> None:
        """Store the item of a new run, unless it is there already."""
        try:
            self._table.put(encode(run), UNCLAIMED)
        except ConditionFailed:
            return

    def store(self, run: Run) -> None:
        """Move the item on to this version; one that is further already stays."""
        try:
            self._table.put(encode(run), OLDER, {":version": {"N": str(run.version)}})
        except ConditionFailed:
            return

    def hide(self, key: RunKey, at: datetime) -> None:
        """Show an ended run to nobody any more; one that has not ended stays."""
        with suppress(ConditionFailed):
            self._table.update(
                run_key(key.tenant_id, key.run_id),
                "SET hidden_at = if_not_exists(hidden_at, :at)",
                names={"#status": "status"},
                values={":at": {"S": sortable(at)}, ":queued": {"S": "queued"}, ":running": {"S": "running"}},
                condition="attribute_exists(PK) AND NOT #status IN (:queued, :running)",
            )

    def delete(self, key: RunKey, at: datetime) -> None:
        """Hide an ended run, and list it among those that the janitor removes; twice is once."""
        listed = deleted_runs(key.tenant_id, sortable(at), key.run_id)
        with suppress(ConditionFailed):
            self._table.update(
                run_key(key.tenant_id, key.run_id),
                "SET hidden_at = :at, GSI3PK = :listed, GSI3SK = :place",
                names={},
                values={":at": {"S": sortable(at)}, ":listed": {"S": listed.pk}, ":place": {"S": listed.sk}},
                condition="attribute_exists(PK) AND attribute_not_exists(GSI3PK)",
            )

    def deleted(self, tenant_id: str) -> Iterator[StoredRun]:
        """The tenant's runs that somebody deleted and that are still stored, the first one first."""
        return map(_stored, self._table.index("GSI3", deleted_runs(tenant_id).pk))

    def of_project(self, tenant_id: str, project_id: str) -> Iterator[StoredRun]:
        """Every run that a project ever had and that is still stored."""
        return map(_stored, self._table.index("GSI1", runs_of_project(tenant_id, project_id).pk))

    def made_before(self, tenant_id: str, moment: datetime) -> Iterator[StoredRun]:
        """The tenant's stored runs that were made before a moment, oldest first."""
        listed = runs_of_tenant(tenant_id)
        return map(_stored, self._table.index("GSI2", listed.pk, last=sortable(moment)))

    def remove(self, key: RunKey) -> None:
        """Delete all that the table has of the run. Its own item goes last: by it the rest is found again."""
        own = run_key(key.tenant_id, key.run_id)
        self._table.delete_all(each for each in self._table.keys(own.pk) if each != own)
        self._table.delete(own)

    def listed(self, tenant_id: str, query: RunQuery, wanted: Wanted[Run]) -> Page[Run]:
        """A page of the tenant's runs, newest first. Raises `InvalidCursor`."""
        if query.project_id is None:
            index, partition = "GSI2", runs_of_tenant(tenant_id)
        else:
            index, partition = "GSI1", runs_of_project(tenant_id, query.project_id)
        listed = Range(
            index=index,
            pk=partition.pk,
            first=sortable(query.created_after) if query.created_after else FIRST,
            last=sortable(query.created_before) if query.created_before else LAST,
            newest_first=True,
            only=_only(query),
        )
        return page_of(self._table, listed, decode, wanted)

    def active(self) -> Iterator[Run]:
        """Every run that has not ended, of all tenants, oldest first within a partition."""
        for digit in "0123456789abcdef":
            yield from map(decode, self._table.index("GSI3", active_runs(digit).pk))


def _shown(run_id: str, item: Item | None) -> Run:
    """The run of its item, if that is there and not hidden. Raises `RunNotFound`."""
    if item is None or item["SK"] != {"S": META} or "hidden_at" in item:
        raise RunNotFound(run_id)
    return decode(item)


def encode(run: Run) -> Item:
    """The item of a run. Only an active run is in the sparse index."""
    key, created = run.key, sortable(run.created_at)
    item: Item = {
        **run_key(key.tenant_id, key.run_id).attributes(),
        **runs_of_project(key.tenant_id, key.project_id, created, key.run_id).attributes("GSI1"),
        **runs_of_tenant(key.tenant_id, created, key.run_id).attributes("GSI2"),
        "version": {"N": str(run.version)},
        "status": {"S": run.status.value},
        "task_type": {"S": run.task_type.value},
        "schema": {"N": str(run.schema)},
        "thread_id": {"S": run.conversation_id},
        "metadata": {"M": {name: {"S": value} for name, value in run.metadata.items()}},
        "body": {"S": adapter(Run).dump_json(run).decode()},
    }
    if run.conversion is not None:
        item = {**item, "converts": {"BOOL": True}}
    if run.parent_run_id is not None:
        item = {**item, "parent_run_id": {"S": run.parent_run_id}}
    if run.batch_item is not None:
        item = {**item, "batch_id": {"S": run.batch_item.batch_id}}
    if run.status.final:
        return item
    if run.waits_for_people:
        item = {**item, "asks": {"BOOL": True}}
    return {**item, **active_runs(key.run_id, created).attributes("GSI3")}


def _only(query: RunQuery) -> Filter:
    """A filter on attributes of the items; the project and the times are keys already."""
    tests, names = [VISIBLE], {}
    values: dict[str, Any] = {}
    asked = {"status": query.statuses, "task_type": () if query.task_type is None else (query.task_type,)}
    for name, allowed in asked.items():
        if allowed:
            places = {f":{name}{place}": {"S": value.value} for place, value in enumerate(allowed)}
            tests.append(f"#{name} IN ({', '.join(places)})")
            names[f"#{name}"] = name
            values.update(places)
    for name, wanted in (("asks", query.waiting), ("converts", query.conversions)):
        if wanted is not None:
            tests.append(f"attribute_exists({name})" if wanted else f"attribute_not_exists({name})")
    if query.parent_run_id is not None:
        tests.append("parent_run_id = :parent")
        values[":parent"] = {"S": query.parent_run_id}
    elif not query.waiting:
        tests.append("attribute_not_exists(parent_run_id)")
    if query.batch_id is not None:
        tests.append("batch_id = :of_batch")
        values[":of_batch"] = {"S": query.batch_id}
    if query.thread_id is not None:
        # A run that began a conversation may have been stored by a version that did not note which one it is. Keys
        # cannot be filtered by.
        tests.append("(thread_id = :thread OR attribute_not_exists(thread_id) AND contains(body, :itself))")
        itself = f'"run_id":{json.dumps(query.thread_id)}'
        values |= {":thread": {"S": query.thread_id}, ":itself": {"S": itself}}
    for place, (name, note) in enumerate(sorted(query.metadata.items())):
        tests.append(f"metadata.#note{place} = :note{place}")
        names[f"#note{place}"], values[f":note{place}"] = name, {"S": note}
    return Filter(" AND ".join(tests), names, values)


def _stored(item: Item) -> StoredRun:
    return StoredRun(decode(item), datetime.fromisoformat(item["hidden_at"]["S"]) if "hidden_at" in item else None)


def decode(item: Item) -> Run:
    """The run of an item. Fields that later versions added have their defaults."""
    return adapter(Run).validate_json(item["body"]["S"])
