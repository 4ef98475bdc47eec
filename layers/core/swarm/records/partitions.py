"""Every item that a tenant, or a project of it, has in the table: for export and erasure alone.

There is no scan: each kind of item is in an index of the tenant's, or in a partition whose key says what it is. Indexes
lag behind by a moment, so whoever erases looks again until there is nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

from swarm.records.keys import (
    Key,
    batches_of_project,
    batches_of_tenant,
    deleted_batches,
    deliveries_of_tenant,
    project_key,
    projects_of_tenant,
    runs_of_project,
    runs_of_tenant,
    tenant_key,
    usage_key,
)
from swarm.records.listing import LAST
from swarm.records.table import Item, Table
from swarm.records.usage_rows import KEPT, without_content

FIRST_DAY_OF_NEXT = timedelta(days=32)


class Partitions:
    """The partitions of a tenant in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, tenant_id: str, project_id: str | None = None) -> Iterator[str]:
        """The keys of the partitions, without usage rows; the tenant's own first, or those of one project alone."""
        if project_id is not None:
            yield project_key(tenant_id, project_id).pk
            listings = [
                ("GSI1", runs_of_project(tenant_id, project_id)),
                ("GSI1", batches_of_project(tenant_id, project_id)),
            ]
        else:
            yield tenant_key(tenant_id).pk
            listings = [
                ("GSI2", projects_of_tenant(tenant_id)),
                ("GSI2", runs_of_tenant(tenant_id)),
                ("GSI2", batches_of_tenant(tenant_id)),
                ("GSI2", deleted_batches(tenant_id)),
                # Messages about budgets are in partitions of their own.
                ("GSI2", deliveries_of_tenant(tenant_id)),
            ]
        seen = ""
        for index, listed in listings:
            for item in self._table.index(index, listed.pk):
                pk = item["PK"]["S"]
                if pk != seen:
                    yield pk
                seen = pk

    def items(self, pk: str) -> Iterator[Item]:
        """The items of a partition."""
        return self._table.range(pk, " ", LAST)

    def delete(self, pk: str, kept: Collection[Key]) -> int:
        """Delete the items of a partition, but for some; how many there were."""
        return self._table.delete_all(key for key in self._table.keys(pk) if key not in kept)

    def delete_these(self, keys: Collection[Key]) -> None:
        """Delete items, those that are there."""
        self._table.delete_all(keys)

    def strip_usage(self, tenant_id: str, now: datetime) -> int:
        """Take out of all usage rows what they say of projects and metadata; how many are kept so."""
        day, kept = (now - KEPT).astimezone(UTC).date().replace(day=1), 0
        while day <= now.astimezone(UTC).date():
            for item in self._table.range(usage_key(tenant_id, day.isoformat()).pk, " ", LAST):
                bare = without_content(item)
                if bare is not item:
                    self._table.put(bare)
                kept += 1
            day = (day + FIRST_DAY_OF_NEXT).replace(day=1)
        return kept
