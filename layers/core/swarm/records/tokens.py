"""Tokens for a browser: each opens a few readable things of one run, or takes one upload, for a while.

A browser cannot keep an API key secret, and `EventSource`, images and frames cannot send one. As of a key, only the
hash of a token is stored. It stays for a day after its time, so that a late link can be told that it is late.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from swarm.ids import RunKey
from swarm.records.api_keys import key_hash
from swarm.records.keys import sortable, token_key
from swarm.records.table import Item, Table

REMEMBERED = timedelta(days=1)
TOKEN_BYTES = 32
UPLOAD = "upload"
"""The scope of a token that takes an upload; all others are of runs."""


@dataclass(frozen=True, slots=True)
class RunToken:
    """What a token opens: `scope` of one run, until `expires_at`, for pages of these origins."""

    tenant_id: str
    run_id: str
    scope: str
    expires_at: datetime
    origins: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class UploadToken:
    """An upload that a page may make, once, until `expires_at`: of so many files, of so many bytes together."""

    tenant_id: str
    project_id: str
    upload_id: str
    max_files: int
    max_bytes: int
    expires_at: datetime
    origins: Sequence[str] = ()


class Tokens:
    """Tokens in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def issue(self, key: RunKey, scope: str, expires_at: datetime, origins: Sequence[str]) -> str:
        """A new token of the run."""
        opens = {"tenant_id": key.tenant_id, "run_id": key.run_id, "scope": scope}
        return self._issue(opens, expires_at, origins)

    def issue_for_upload(self, wanted: UploadToken) -> str:
        """A new token that takes this upload."""
        opens = {
            "tenant_id": wanted.tenant_id,
            "project_id": wanted.project_id,
            "upload_id": wanted.upload_id,
            "max_files": str(wanted.max_files),
            "max_bytes": str(wanted.max_bytes),
            "scope": UPLOAD,
        }
        return self._issue(opens, wanted.expires_at, wanted.origins)

    def _issue(self, opens: Mapping[str, str], expires_at: datetime, origins: Sequence[str]) -> str:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        item: Item = {
            **token_key(key_hash(token)).attributes(),
            **{name: {"S": value} for name, value in opens.items()},
            "until": {"S": sortable(expires_at)},
            "origins": {"S": " ".join(origins)},
            "expires_at": {"N": str(int((expires_at + REMEMBERED).timestamp()))},
        }
        self._table.put(item)
        return token

    def find(self, token: str) -> RunToken | UploadToken | None:
        """What the token opens, or opened until lately."""
        item = self._table.get(token_key(key_hash(token)))
        if item is None:
            return None
        text = {name: value["S"] for name, value in item.items() if "S" in value}
        until, origins = datetime.fromisoformat(text["until"]), text["origins"].split()
        if text["scope"] != UPLOAD:
            return RunToken(text["tenant_id"], text["run_id"], text["scope"], until, origins)
        bounds = int(text["max_files"]), int(text["max_bytes"])
        return UploadToken(text["tenant_id"], text["project_id"], text["upload_id"], *bounds, until, origins)
