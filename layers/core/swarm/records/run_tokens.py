"""Tokens for a browser: each opens a few readable things of one run, for a while, and nothing else.

A browser cannot keep an API key secret, and `EventSource`, images and frames cannot send one. As of a key, only the
hash of a token is stored. It stays for a day after its time, so that a late link can be told that it is late.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from swarm.ids import RunKey
from swarm.records.api_keys import key_hash
from swarm.records.keys import run_token_key, sortable
from swarm.records.table import Item, Table

REMEMBERED = timedelta(days=1)
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class RunToken:
    """What a token opens: `scope` of one run, until `expires_at`, for pages of these origins."""

    tenant_id: str
    run_id: str
    scope: str
    expires_at: datetime
    origins: Sequence[str] = ()


class RunTokens:
    """Tokens in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def issue(self, key: RunKey, scope: str, expires_at: datetime, origins: Sequence[str]) -> str:
        """A new token of the run."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        item: Item = {
            **run_token_key(key_hash(token)).attributes(),
            "tenant_id": {"S": key.tenant_id},
            "run_id": {"S": key.run_id},
            "scope": {"S": scope},
            "until": {"S": sortable(expires_at)},
            "origins": {"S": " ".join(origins)},
            "expires_at": {"N": str(int((expires_at + REMEMBERED).timestamp()))},
        }
        self._table.put(item)
        return token

    def find(self, token: str) -> RunToken | None:
        """What the token opens, or opened until lately."""
        item = self._table.get(run_token_key(key_hash(token)))
        if item is None:
            return None
        text = {name: item[name]["S"] for name in ("tenant_id", "run_id", "scope", "until", "origins")}
        return RunToken(
            text["tenant_id"],
            text["run_id"],
            text["scope"],
            datetime.fromisoformat(text["until"]),
            text["origins"].split(),
        )
