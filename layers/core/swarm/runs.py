"""The run items: the fold of each run's log, kept so that reading a run is one read."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import TypeAdapter

from swarm import faults
from swarm.errors import RunNotFound
from swarm.ids import could_be_run_id
from swarm.run import Entry, Run, apply
from swarm.runlog import RunLog
from swarm.table import (
    OLDER,
    UNCLAIMED,
    ConditionFailed,
    Item,
    Table,
    active_runs,
    run_key,
    runs_of_project,
    runs_of_tenant,
    sortable,
)

_RUN = TypeAdapter(Run)


class Runs:
    """Runs as their items tell, and the way to bring an item up to its log."""

    def __init__(self, table: Table, log: RunLog) -> None:
        self._table = table
        self._log = log

    def get(self, tenant_id: str, run_id: str) -> Run:
        """The run, by one read. Raises `RunNotFound`, in the same words whoever else may have such a run."""
        item = self._table.get(run_key(tenant_id, run_id)) if could_be_run_id(run_id) else None
        if item is None:
            raise RunNotFound(run_id)
        return decode(item)

    def find(self, tenant_id: str, run_id: str) -> Run | None:
        """The run, by one read, or None."""
        try:
            return self.get(tenant_id, run_id)
        except RunNotFound:
            return None

    def current(self, tenant_id: str, run_id: str) -> Run:
        """The run up to the last entry of its log, whether or not its item has got that far."""
        run = self.get(tenant_id, run_id)
        for entry in self._log.read(run.key, run.version):
            run = apply(run, entry)
        return run

    def append(self, run: Run, entry: Entry) -> Run:
        """Take the slot, then move the item on; the run after it. Raises `runlog.SlotTaken`."""
        self._log.append(run.key, entry)
        faults.point("commit.appended", run.run_id)
        after = apply(run, entry)
        self.store(after)
        faults.point("commit.folded", run.run_id)
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

    def of_project(self, tenant_id: str, project_id: str) -> Iterator[Run]:
        """A project's runs, newest first."""
        return map(decode, self._table.index("GSI1", runs_of_project(tenant_id, project_id).pk, newest_first=True))

    def of_tenant(self, tenant_id: str) -> Iterator[Run]:
        """A tenant's runs, newest first."""
        return map(decode, self._table.index("GSI2", runs_of_tenant(tenant_id).pk, newest_first=True))

    def active(self) -> Iterator[Run]:
        """Every run that has not ended, of all tenants, oldest first within a partition."""
        for digit in "0123456789abcdef":
            yield from map(decode, self._table.index("GSI3", active_runs(digit).pk))


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
        "body": {"S": _RUN.dump_json(run).decode()},
    }
    if run.status.final:
        return item
    return {**item, **active_runs(key.run_id, created).attributes("GSI3")}


def decode(item: Item) -> Run:
    """The run of an item. Fields that later versions added have their defaults."""
    return _RUN.validate_json(item["body"]["S"])
