"""Tenants: who an API key belongs to, what each may use, and which of its runs are active."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from swarm.errors import TooManyActiveRuns
from swarm.records.keys import all_tenants, api_key_key, sortable, tenant_key
from swarm.records.table import ConditionFailed, Item, Table
from swarm.runs.limits import Allowance, allowance_of

WITHIN_QUOTA = (
    "contains(active, :run)"
    " OR (attribute_not_exists(active) AND (attribute_not_exists(max_active) OR max_active > :none))"
    " OR (attribute_exists(active) AND attribute_exists(max_active) AND size(active) < max_active)"
    " OR (attribute_exists(active) AND attribute_not_exists(max_active) AND size(active) < :default)"
)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant's active runs; `suspects` are ids among them for which at `suspected_at` no run was found."""

    id: str
    active: frozenset[str]
    suspects: frozenset[str] = frozenset()
    suspected_at: datetime | None = None


class Tenants:
    """Keys, quotas and active runs in the table."""

    def __init__(self, table: Table, default_quota: int) -> None:
        self._table = table
        self._default_quota = default_quota

    def of_api_key(self, api_key: str) -> str | None:
        """The tenant that a key belongs to. Only the key's hash is stored."""
        item = self._table.get(api_key_key(key_hash(api_key)))
        return item["tenant_id"]["S"] if item else None

    def admit(self, tenant_id: str, run_id: str) -> Allowance | None:
        """Count the run among the tenant's active ones; twice is once. Raises `TooManyActiveRuns`.

        Returns the tenant's own limits for runs, where the operator gave it some.
        """
        listed = all_tenants(tenant_id)
        values: Item = {
            ":runs": {"SS": [run_id]},
            ":run": {"S": run_id},
            ":default": {"N": str(self._default_quota)},
            ":none": {"N": "0"},
            ":listed": {"S": listed.pk},
            ":id": {"S": listed.sk},
        }
        change = "ADD active :runs SET GSI3PK = :listed, GSI3SK = :id"
        try:
            item = self._table.update(tenant_key(tenant_id), change, values=values, condition=WITHIN_QUOTA)
        except ConditionFailed as full:
            raise TooManyActiveRuns from full
        return allowance_of(item["limits"]["S"]) if "limits" in item else None

    def active(self, tenant_id: str) -> frozenset[str]:
        """The ids that count as active runs."""
        return _members(self._table.get(tenant_key(tenant_id)) or {}, "active")

    def release(self, tenant_id: str, run_id: str) -> None:
        """Count the run no longer; twice is once."""
        values: Item = {":runs": {"SS": [run_id]}}
        self._table.update(tenant_key(tenant_id), "DELETE active :runs, suspects :runs", values=values)

    def suspect(self, tenant_id: str, run_ids: Iterable[str], now: datetime) -> None:
        """Remember these ids, and only these, and since when."""
        ids = sorted(run_ids)
        if ids:
            values: Item = {":ids": {"SS": ids}, ":now": {"S": sortable(now)}}
            self._table.update(tenant_key(tenant_id), "SET suspects = :ids, suspected_at = :now", values=values)
        else:
            self._table.update(tenant_key(tenant_id), "REMOVE suspects, suspected_at", values={})

    def all(self) -> Iterator[Tenant]:
        """Every tenant that ever started a run."""
        for item in self._table.index("GSI3", all_tenants().pk):
            since = datetime.fromisoformat(item["suspected_at"]["S"]) if "suspected_at" in item else None
            yield Tenant(item["GSI3SK"]["S"], _members(item, "active"), _members(item, "suspects"), since)


def _members(item: Item, name: str) -> frozenset[str]:
    return frozenset(item[name]["SS"]) if name in item else frozenset()


def key_hash(api_key: str) -> str:
    """What is stored of an API key: the SHA-256 of its text, in hex."""
    return hashlib.sha256(api_key.encode()).hexdigest()
