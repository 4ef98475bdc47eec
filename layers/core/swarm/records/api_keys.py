"""API keys: whose each is. What the authorizer needs on every request, and so with few imports."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from swarm.records.keys import api_key_key
from swarm.records.table import Table


class ApiKey(NamedTuple):
    """A key: whose it is, and the scopes that it was given besides what every key may do."""

    tenant_id: str
    scopes: frozenset[str]


class ApiKeys:
    """Keys in the table, by their hashes."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, api_key: str) -> ApiKey | None:
        """Whose the key is and what else it may do. Only the key's hash is stored."""
        item = self._table.get(api_key_key(key_hash(api_key)))
        if item is None:
            return None
        return ApiKey(item["tenant_id"]["S"], frozenset(item["scopes"]["SS"] if "scopes" in item else ()))


def key_hash(api_key: str) -> str:
    """What is stored of an API key: the SHA-256 of its text, in hex."""
    return hashlib.sha256(api_key.encode()).hexdigest()
