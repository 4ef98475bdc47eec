"""Tenants: who an API key belongs to, and how many runs each has at a time."""

from __future__ import annotations

import hashlib

from swarm.errors import TooManyActiveRuns
from swarm.table import ConditionFailed, Item, Table, api_key_key, tenant_key

WITHIN_QUOTA = (
    "contains(active, :run) OR attribute_not_exists(active)"
    " OR (attribute_exists(max_active) AND size(active) < max_active)"
    " OR (attribute_not_exists(max_active) AND size(active) < :default)"
)


class Tenants:
    """Keys and quotas in the table."""

    def __init__(self, table: Table, default_quota: int) -> None:
        self._table = table
        self._default_quota = default_quota

    def of_api_key(self, api_key: str) -> str | None:
        """The tenant that a key belongs to. Only the key's hash is stored."""
        item = self._table.get(api_key_key(key_hash(api_key)))
        return item["tenant_id"]["S"] if item else None

    def admit(self, tenant_id: str, run_id: str) -> None:
        """Count the run among the tenant's active ones; twice is once. Raises `TooManyActiveRuns`."""
        values: Item = {
            ":runs": {"SS": [run_id]},
            ":run": {"S": run_id},
            ":default": {"N": str(self._default_quota)},
        }
        try:
            self._table.update(tenant_key(tenant_id), "ADD active :runs", values=values, condition=WITHIN_QUOTA)
        except ConditionFailed as full:
            raise TooManyActiveRuns from full

    def release(self, tenant_id: str, run_id: str) -> None:
        """Count the run no longer; twice is once."""
        self._table.update(tenant_key(tenant_id), "DELETE active :runs", values={":runs": {"SS": [run_id]}})


def key_hash(api_key: str) -> str:
    """What is stored of an API key: the SHA-256 of its text, in hex."""
    return hashlib.sha256(api_key.encode()).hexdigest()
