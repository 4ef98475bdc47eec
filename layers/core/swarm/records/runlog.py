"""The log of a run: numbered slots, each written once, by whoever gets it.

That one conditional put a slot decides every race: two processes, a retry and the process it replaces, a turn and
a cancellation. Nobody ever needs to read before writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from codex_swarm.models import StepEvent
from swarm.adapters import adapter
from swarm.ids import RunKey
from swarm.records.keys import slot_key, sortable
from swarm.records.table import UNCLAIMED, ConditionFailed, Item, Table
from swarm.runs.entries import Entry
from swarm.workspace.objects import ObjectStore, ProjectArea

SPILL_BYTES = 100_000
"""An entry over this goes to the blob store, far from DynamoDB's 400 KB an item."""

LAST_SLOT = 99_999_999


class SlotTaken(Exception):
    """Another writer has the slot."""

    def __init__(self, slot: int) -> None:
        super().__init__(f"slot {slot} is taken")
        self.slot = slot


class RunLog(Protocol):
    """An append-only log a run."""

    def append(self, key: RunKey, entry: Entry) -> None:
        """Take the entry's slot. Raises `SlotTaken`, unless the slot holds this very writer's entry already."""
        ...

    def read(self, key: RunKey, after: int = -1) -> Iterator[Entry]:
        """The entries behind a slot, in order."""
        ...

    def first(self, tenant_id: str, run_id: str) -> Entry | None:
        """Slot 0, by the run's id alone."""
        ...

    def has(self, key: RunKey, slot: int) -> bool:
        """Whether somebody has the slot."""
        ...


def steps_of(log: RunLog, key: RunKey) -> list[StepEvent]:
    """The steps that a run has taken so far, in order."""
    return steps_in(log.read(key))


def steps_in(entries: Iterable[Entry]) -> list[StepEvent]:
    """The steps that these entries tell of, in order."""
    return [event for entry in entries for event in entry.events if isinstance(event, StepEvent)]


class MemoryRunLog:
    """A log that lives as long as the process; held to the same contract as DynamoDB's."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], dict[int, bytes]] = {}

    def append(self, key: RunKey, entry: Entry) -> None:
        slots = self._of(key)
        held = slots.setdefault(entry.slot, adapter(Entry).dump_json(entry))
        if adapter(Entry).validate_json(held).writer != entry.writer:
            raise SlotTaken(entry.slot)

    def read(self, key: RunKey, after: int = -1) -> Iterator[Entry]:
        for slot, held in sorted(self._of(key).items()):
            if slot > after:
                yield adapter(Entry).validate_json(held)

    def first(self, tenant_id: str, run_id: str) -> Entry | None:
        held = self._entries.get((tenant_id, run_id), {}).get(0)
        return adapter(Entry).validate_json(held) if held else None

    def has(self, key: RunKey, slot: int) -> bool:
        return slot in self._of(key)

    def _of(self, key: RunKey) -> dict[int, bytes]:
        return self._entries.setdefault((key.tenant_id, key.run_id), {})


class DynamoRunLog:
    """The log in the table, one item a slot."""

    def __init__(self, table: Table, objects: ObjectStore) -> None:
        self._table = table
        self._objects = objects

    def append(self, key: RunKey, entry: Entry) -> None:
        try:
            self._table.put(self._item(key, entry), UNCLAIMED)
        except ConditionFailed as taken:
            # A put whose answer was lost is sent again by the SDK; it then meets its own entry.
            if taken.item.get("writer") != {"S": entry.writer}:
                raise SlotTaken(entry.slot) from taken

    def read(self, key: RunKey, after: int = -1) -> Iterator[Entry]:
        first = slot_key(key.tenant_id, key.run_id, after + 1)
        last = slot_key(key.tenant_id, key.run_id, LAST_SLOT)
        for item in self._table.range(first.pk, first.sk, last.sk):
            yield self.entry_in(item)

    def first(self, tenant_id: str, run_id: str) -> Entry | None:
        item = self._table.get(slot_key(tenant_id, run_id, 0))
        return self.entry_in(item) if item else None

    def has(self, key: RunKey, slot: int) -> bool:
        return self._table.get(slot_key(key.tenant_id, key.run_id, slot)) is not None

    def _item(self, key: RunKey, entry: Entry) -> Item:
        body = adapter(Entry).dump_json(entry)
        item: Item = {
            **slot_key(key.tenant_id, key.run_id, entry.slot).attributes(),
            "writer": {"S": entry.writer},
            "kind": {"S": entry.change.kind},
            "at": {"S": sortable(entry.at)},
            "schema": {"N": str(entry.schema)},
        }
        if len(body) <= SPILL_BYTES:
            return {**item, "body": {"S": body.decode()}}
        area = ProjectArea(key.tenant_id, key.project_id)
        spilled = area.of_run(key.run_id, "log", f"{entry.slot:08}-{entry.writer}.json")
        self._objects.put(spilled, body)
        return {**item, "spilled": {"S": spilled}}

    def entry_in(self, item: Item) -> Entry:
        """The entry that an item of the log holds."""
        if "spilled" in item:
            return adapter(Entry).validate_json(self._objects.get(item["spilled"]["S"]))
        return adapter(Entry).validate_json(item["body"]["S"])
