"""API keys as those manage them who may: made, listed, rotated, revoked. The authorizer reads them by `api_keys`.

A key is one item, so that each of these is one conditional write. Keys of another tenant are not there: every change
is conditional on whose the key is.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from swarm.errors import KeyNotFound, KeyRevoked, NotRotatable, TooManyKeys
from swarm.records.api_keys import EARLIER, key_hash
from swarm.records.keys import api_key_key, keys_of_tenant, sortable
from swarm.records.listing import Page, Range, Wanted, page_of
from swarm.records.table import UNCLAIMED, ConditionFailed, Item, Table

SCHEMA = 2
"""Of the item; 1 were those known by their hash."""

MAX_KEYS = 100
"""Keys of a tenant that are good at a time. Counted by an index, which lags a moment behind."""

MAX_PREVIOUS = 5
"""Texts of one key from before its last rotations that are good beside the newest."""

REMEMBERED = timedelta(days=90)
"""How long a revoked key is listed as such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A key with what is known of it; `scopes` are all that it has."""

    id: str
    tenant_id: str
    name: str = ""
    scopes: Sequence[str] = ()
    projects: Sequence[str] = ()
    created_at: datetime | None = None
    until: datetime | None = None
    rotated_at: datetime | None = None
    previous_until: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def prefix(self) -> str:
        """How its text begins; nothing for one of an earlier version, of which only the hash is known."""
        return "" if self.created_at is None else f"csk_{self.id}"

    def good(self, now: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and (self.until is None or now < self.until)


class IssuedKeys:
    """The keys of all tenants in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(
        self,
        tenant_id: str,
        name: str,
        scopes: Sequence[str],
        projects: Sequence[str],
        until: datetime | None,
        now: datetime,
    ) -> tuple[IssuedKey, str]:
        """A new key, and its text. Raises `TooManyKeys`."""
        if sum(key.good(now) for key in self._all(tenant_id, now)) >= MAX_KEYS:
            raise TooManyKeys(MAX_KEYS)
        key_id = secrets.token_hex(8)
        text, at = _text(key_id), sortable(now)
        item: Item = {
            **api_key_key(key_id).attributes(),
            **keys_of_tenant(tenant_id, at, key_id).attributes("GSI2"),
            "schema": {"N": str(SCHEMA)},
            "tenant_id": {"S": tenant_id},
            "name": {"S": name},
            "hash": {"S": key_hash(text)},
            "scopes": {"SS": sorted(set(scopes))},
            "projects": {"L": [{"S": prefix} for prefix in projects]},
            "created_at": {"S": at},
            **({} if until is None else {"until": {"S": sortable(until)}}),
        }
        self._table.put(item, UNCLAIMED)
        return _decode(item, now), text

    def listed(self, tenant_id: str, wanted: Wanted[IssuedKey], now: datetime) -> Page[IssuedKey]:
        """A page of the tenant's keys, oldest first. Raises `InvalidCursor`."""
        return page_of(
            self._table,
            Range(index="GSI2", pk=keys_of_tenant(tenant_id).pk),
            lambda item: _decode(item, now),
            wanted,
        )

    def get(self, tenant_id: str, key_id: str, now: datetime) -> IssuedKey:
        """The key of this id. Raises `KeyNotFound`."""
        return _decode(self._item(tenant_id, key_id), now)

    def rotate(self, tenant_id: str, key_id: str, overlap: timedelta, now: datetime) -> tuple[IssuedKey, str]:
        """A new text for the key; those that are good now stay so for `overlap`, if they are for so long.

        Raises `KeyNotFound`, `KeyRevoked`, `NotRotatable`.
        """
        while True:
            item = self._item(tenant_id, key_id)
            if "revoked_at" in item:
                raise KeyRevoked(key_id)
            if "hash" not in item:
                raise NotRotatable(key_id)
            text, until = _text(key_id), sortable(now + overlap)
            replaced = _replaced(item, until, now) if overlap else {}
            try:
                changed = self._table.update(
                    api_key_key(key_id),
                    "SET #hash = :new, #previous = :previous, rotated_at = :now",
                    names={"#hash": "hash", "#previous": "previous"},
                    values={
                        ":new": {"S": key_hash(text)},
                        ":old": item["hash"],
                        ":previous": {"M": replaced},
                        ":now": {"S": sortable(now)},
                    },
                    condition="#hash = :old AND attribute_not_exists(revoked_at)",
                )
            except ConditionFailed:
                # Somebody else rotated or revoked it meanwhile.
                continue
            return _decode(changed, now), text

    def revoke(self, tenant_id: str, key_id: str, now: datetime) -> IssuedKey:
        """Let the key open nothing any more, whichever text of it; twice is once. Raises `KeyNotFound`."""
        item = self._item(tenant_id, key_id)
        values: Item = {
            ":now": {"S": sortable(now)},
            ":gone": {"N": str(int((now + REMEMBERED).timestamp()))},
            ":tenant": item["tenant_id"],
        }
        try:
            item = self._table.update(
                api_key_key(key_id),
                "SET revoked_at = if_not_exists(revoked_at, :now), expires_at = if_not_exists(expires_at, :gone)",
                values=values,
                condition="tenant_id = :tenant",
            )
        except ConditionFailed as gone:
            raise KeyNotFound(key_id) from gone
        return _decode(item, now)

    def has_any(self, tenant_id: str) -> bool:
        """Whether a key of the tenant is listed, a revoked one too."""
        return next(iter(self._table.index("GSI2", keys_of_tenant(tenant_id).pk)), None) is not None

    def erase(self, tenant_id: str, now: datetime) -> int:
        """Delete all keys of the tenant that are listed; how many there were."""
        found = self._all(tenant_id, now)
        for key in found:
            self._table.delete(api_key_key(key.id))
        return len(found)

    def _item(self, tenant_id: str, key_id: str) -> Item:
        item = self._table.get(api_key_key(key_id[:64]))
        if item is None or item["tenant_id"]["S"] != tenant_id:
            raise KeyNotFound(key_id)
        return item

    def _all(self, tenant_id: str, now: datetime) -> list[IssuedKey]:
        return [_decode(item, now) for item in self._table.index("GSI2", keys_of_tenant(tenant_id).pk)]


def _text(key_id: str) -> str:
    return f"csk_{key_id}_{secrets.token_urlsafe(32)}"


def _replaced(item: Item, until: str, now: datetime) -> dict[str, dict[str, str]]:
    """The texts of an item by their hashes, with the times until which they stay good, the latest ones."""
    earlier = item["previous"]["M"] if "previous" in item else {}
    good = {each: min(end["S"], until) for each, end in earlier.items() if end["S"] > sortable(now)}
    latest = sorted({**good, item["hash"]["S"]: until}.items(), key=lambda each: each[1])[-MAX_PREVIOUS:]
    return {each: {"S": end} for each, end in latest}


def _decode(item: Item, now: datetime) -> IssuedKey:
    def time(name: str) -> datetime | None:
        return datetime.fromisoformat(item[name]["S"]) if name in item else None

    own = set(item["scopes"]["SS"]) if "scopes" in item else set()
    previous = max((end["S"] for end in (item["previous"]["M"] if "previous" in item else {}).values()), default="")
    return IssuedKey(
        id=item["PK"]["S"].partition("#")[2],
        tenant_id=item["tenant_id"]["S"],
        name=item["name"]["S"] if "name" in item else "",
        scopes=sorted(own if "hash" in item else own | EARLIER),
        projects=[each["S"] for each in item["projects"]["L"]] if "projects" in item else [],
        created_at=time("created_at"),
        until=time("until"),
        rotated_at=time("rotated_at"),
        previous_until=datetime.fromisoformat(previous) if previous > sortable(now) else None,
        last_used_at=time("last_used_at"),
        revoked_at=time("revoked_at"),
    )
