"""Batches: an item each, and a row for each of its runs that has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from swarm.adapters import adapter
from swarm.errors import BatchBusy, BatchNotFound
from swarm.ids import could_be_run_id
from swarm.records.keys import (
    META,
    batch_key,
    batch_row_key,
    batches_of_project,
    batches_of_tenant,
    deleted_batches,
    sortable,
)
from swarm.records.listing import Page, Range, Wanted, page_of
from swarm.records.table import UNCLAIMED, VISIBLE, ConditionFailed, Filter, Item, Table
from swarm.runs.batches import Batch, Row

ATTEMPTS = 100
"""All runs of a batch that are under way may end at once, each by a change of its own."""

_NEXT = f"version = :before AND {VISIBLE}"
_NO_LATER = "attribute_not_exists(PK) OR attempt <= :attempt"


class Batches:
    """The batches in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, batch: Batch) -> Batch:
        """Keep a new batch; the one that has its id already, where there is one. Raises `BatchNotFound` if it was
        deleted.
        """
        try:
            self._table.put(_item(batch), UNCLAIMED)
        except ConditionFailed as taken:
            if "hidden_at" in taken.item:
                raise BatchNotFound(batch.id) from taken
            return _decode(taken.item)
        return batch

    def get(self, tenant_id: str, batch_id: str) -> Batch:
        """The batch. Raises `BatchNotFound`."""
        item = self._table.get(batch_key(tenant_id, batch_id)) if could_be_run_id(batch_id) else None
        if item is None or "hidden_at" in item:
            raise BatchNotFound(batch_id)
        return _decode(item)

    def find(self, tenant_id: str, batch_id: str) -> Batch | None:
        """The batch, or None."""
        try:
            return self.get(tenant_id, batch_id)
        except BatchNotFound:
            return None

    def change(self, tenant_id: str, batch_id: str, change: Callable[[Batch], Batch]) -> tuple[Batch, Batch]:
        """The batch before and after a change, which is asked again where others were quicker.

        What gives the batch as it is writes nothing. Raises `BatchNotFound`, `BatchBusy`.
        """
        for _ in range(ATTEMPTS):
            before = self.get(tenant_id, batch_id)
            after = change(before)
            if after == before:
                return before, before
            after = replace(after, version=before.version + 1)
            try:
                self._table.put(_item(after), _NEXT, {":before": {"N": str(before.version)}})
            except ConditionFailed:
                continue
            return before, after
        raise BatchBusy

    def note(self, batch: Batch, row: Row) -> None:
        """Keep a row of the report; one of a later round stays."""
        key = batch_row_key(batch.tenant_id, batch.id, row.place)
        item: Item = {
            **key.attributes(),
            "attempt": {"N": str(row.round)},
            "body": {"S": adapter(Row).dump_json(row).decode()},
            "schema": {"N": "1"},
        }
        try:
            self._table.put(item, _NO_LATER, {":attempt": {"N": str(row.round)}})
        except ConditionFailed:
            return

    def rows(self, batch: Batch) -> dict[int, Row]:
        """What the report has of each item whose run has ended, by place."""
        first = batch_row_key(batch.tenant_id, batch.id)
        found = self._table.range(first.pk, first.sk, f"{first.sk}\uffff")
        rows = (adapter(Row).validate_json(item["body"]["S"]) for item in found)
        return {row.place: row for row in rows if row.round == batch.rounds[row.place]}

    def listed(self, tenant_id: str, project_id: str | None, wanted: Wanted[Batch]) -> Page[Batch]:
        """A page of the tenant's batches, or of a project's, newest first. Raises `InvalidCursor`."""
        index, partition = "GSI2", batches_of_tenant(tenant_id)
        if project_id is not None:
            index, partition = "GSI1", batches_of_project(tenant_id, project_id)
        listed = Range(index=index, pk=partition.pk, newest_first=True, only=Filter(VISIBLE))
        return page_of(self._table, listed, _decode, wanted)

    def of_project(self, tenant_id: str, project_id: str) -> Iterator[Batch]:
        """Every batch that is stored of a project."""
        return map(_decode, self._table.index("GSI1", batches_of_project(tenant_id, project_id).pk))

    def made_before(self, tenant_id: str, moment: datetime) -> Iterator[Batch]:
        """The tenant's batches that were made before a moment, oldest first."""
        return map(_decode, self._table.index("GSI2", batches_of_tenant(tenant_id).pk, last=sortable(moment)))

    def hide(self, batch: Batch, at: datetime) -> None:
        """Show an ended batch to nobody any more, and list it among those that the janitor removes; twice is once."""
        listed = deleted_batches(batch.tenant_id, sortable(at), batch.id)
        with suppress(ConditionFailed):
            self._table.update(
                batch_key(batch.tenant_id, batch.id),
                "SET hidden_at = :at, GSI2PK = :listed, GSI2SK = :place",
                values={
                    ":at": {"S": sortable(at)},
                    ":listed": {"S": listed.pk},
                    ":place": {"S": listed.sk},
                    ":version": {"N": str(batch.version)},
                },
                condition=f"version = :version AND {VISIBLE}",
            )

    def deleted(self, tenant_id: str) -> Iterator[Batch]:
        """The tenant's batches that somebody deleted and that are still stored."""
        return map(_decode, self._table.index("GSI2", deleted_batches(tenant_id).pk))

    def remove(self, batch: Batch) -> None:
        """Delete all that the table has of the batch. Its own item goes last: by it the rest is found again."""
        own = batch_key(batch.tenant_id, batch.id)
        self._table.delete_all(key for key in self._table.keys(own.pk) if key.sk != META)
        self._table.delete(own)


def _item(batch: Batch) -> Item:
    at = sortable(batch.created_at)
    return {
        **batch_key(batch.tenant_id, batch.id).attributes(),
        **batches_of_project(batch.tenant_id, batch.project_id, at, batch.id).attributes("GSI1"),
        **batches_of_tenant(batch.tenant_id, at, batch.id).attributes("GSI2"),
        "version": {"N": str(batch.version)},
        "schema": {"N": str(batch.schema)},
        "body": {"S": adapter(Batch).dump_json(batch).decode()},
    }


def _decode(item: Item) -> Batch:
    return adapter(Batch).validate_json(item["body"]["S"])
