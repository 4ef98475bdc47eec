"""What a project's runs taught: an item a pattern, written when its run succeeds, and forgotten for good on request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from codex_swarm.models import PatternRead
from swarm.records.keys import Key, pattern_key, sortable
from swarm.records.listing import Page, Range, Wanted, page_of
from swarm.records.table import UNCLAIMED, VISIBLE, ConditionFailed, Filter, Item, Table
from swarm.runs.run import Run

MAX_GOAL = 2_000

_HIDDEN = "hidden_at"


@dataclass(frozen=True, slots=True)
class Known:
    """A pattern, and what the user of its run had asked for."""

    goal: str
    pattern: PatternRead


class Patterns:
    """The patterns in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(self, run: Run) -> None:
        """Keep what the run taught, unless that is known already, or was forgotten."""
        if run.pattern is None:
            return
        item: Item = {
            **_key(run).attributes(),
            "goal": {"S": run.instructions[:MAX_GOAL]},
            "body": {"S": run.pattern.model_dump_json()},
            "schema": {"N": "1"},
        }
        with suppress(ConditionFailed):
            self._table.put(item, UNCLAIMED)

    def of_run(self, run: Run) -> PatternRead | None:
        """What the run taught, unless it was forgotten. Runs of the first version have it in their own record only."""
        item = self._table.get(_key(run)) if run.pattern else None
        return run.pattern if item is None or _HIDDEN not in item else None

    def forget(self, run: Run) -> None:
        """Forget what the run taught. A mark stays, so that nobody who finishes the run's end brings it back."""
        self._table.put({**_key(run).attributes(), _HIDDEN: {"S": sortable(datetime.now(UTC))}})

    def remove(self, run: Run) -> None:
        """Delete what is stored for a run that is going to be deleted."""
        self._table.delete(_key(run))

    def newest(self, run: Run, most: int) -> list[Known]:
        """What the latest runs of the run's project and task type taught, newest first."""
        return list(islice(self._of_task(run), most))

    def listed(self, tenant_id: str, project_id: str, wanted: Wanted[PatternRead]) -> Page[PatternRead]:
        """A page of what a project's runs taught, by task type, oldest first. Raises `InvalidCursor`."""
        every = pattern_key(tenant_id, project_id)
        listed = Range(index="", pk=every.pk, first=every.sk, last=f"{every.sk}\uffff", only=Filter(VISIBLE))
        return page_of(self._table, listed, lambda item: _decode(item).pattern, wanted)

    def _of_task(self, run: Run) -> Iterator[Known]:
        of_task = pattern_key(run.key.tenant_id, run.key.project_id, run.task_type)
        for item in self._table.range(of_task.pk, of_task.sk, f"{of_task.sk}\uffff", newest_first=True):
            if _HIDDEN not in item:
                yield _decode(item)


def _key(run: Run) -> Key:
    key = run.key
    return pattern_key(key.tenant_id, key.project_id, run.task_type, sortable(run.created_at), key.run_id)


def _decode(item: Item) -> Known:
    return Known(item["goal"]["S"], PatternRead.model_validate_json(item["body"]["S"]))
