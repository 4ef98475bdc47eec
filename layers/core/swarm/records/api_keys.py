"""API keys as the authorizer reads them: whose each is, and what it may do. Needed on every request, so few imports.

A key is `csk_<id>_<secret>`. Its item is found by the id and has only the SHA-256 of the whole text; until a rotation
is over, also those of the texts before. Earlier versions knew keys by their hash alone, which is then their id too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from swarm.aws.clients import ClientError
from swarm.records.keys import api_key_key, keys_of_tenant, sortable
from swarm.records.table import ConditionFailed, Item, Table

KEY_TEXT = re.compile(r"csk_([0-9a-f]{16})_[A-Za-z0-9_-]{43}")

EARLIER = frozenset({"read", "run", "manage"})
"""What a key may do that was made before there were scopes; its own are added to these."""

NOTED_EVERY = timedelta(hours=1)
"""How exact the time of its last use is: a key that is used all the time costs one write an hour."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that is not revoked: whose it is, its scopes, and the prefixes of the projects that it is for (none: all).

    From `until` on it opens nothing.
    """

    id: str
    tenant_id: str
    scopes: frozenset[str]
    projects: tuple[str, ...] = ()
    until: datetime | None = None
    last_used_at: datetime | None = None


class ApiKeys:
    """Keys in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, text: str, now: datetime) -> ApiKey | None:
        """The key, unless it is unknown, was revoked, or was replaced longer ago than the rotation let it."""
        known = KEY_TEXT.fullmatch(text)
        item = self._table.get(api_key_key(known[1])) if known else None
        if item is None:
            item = self._table.get(api_key_key(key_hash(text)))
            return None if item is None or "hash" in item or "revoked_at" in item else _decode(item)
        return _decode(item) if "revoked_at" not in item and _opens(item, text, now) else None

    def note_use(self, key: ApiKey, now: datetime) -> None:
        """Write down that the key was used, once in `NOTED_EVERY` at most. A key is good also where this fails."""
        if key.last_used_at is not None and now - key.last_used_at < NOTED_EVERY:
            return
        # A key of an earlier version comes into its tenant's list with this.
        listed = keys_of_tenant(key.tenant_id, key_id=key.id)
        values: Item = {
            ":now": {"S": sortable(now)},
            ":before": {"S": sortable(now - NOTED_EVERY)},
            ":listed": {"S": listed.pk},
            ":place": {"S": listed.sk},
        }
        with suppress(ConditionFailed, ClientError):
            self._table.note(
                api_key_key(key.id),
                "SET last_used_at = :now, GSI2PK = if_not_exists(GSI2PK, :listed), "
                "GSI2SK = if_not_exists(GSI2SK, :place)",
                values=values,
                condition="attribute_exists(PK) AND (attribute_not_exists(last_used_at) OR last_used_at <= :before)",
            )


def key_hash(text: str) -> str:
    """What is stored of a key or a token: the SHA-256 of its text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _opens(item: Item, text: str, now: datetime) -> bool:
    digest = key_hash(text)
    replaced = item["previous"]["M"] if "previous" in item else {}
    good = [item["hash"]["S"], *(each for each, until in replaced.items() if sortable(now) < until["S"])]
    return any(hmac.compare_digest(each, digest) for each in good)


def _decode(item: Item) -> ApiKey:
    scopes = frozenset(item["scopes"]["SS"]) if "scopes" in item else frozenset()
    return ApiKey(
        id=item["PK"]["S"].partition("#")[2],
        tenant_id=item["tenant_id"]["S"],
        scopes=scopes if "hash" in item else scopes | EARLIER,
        projects=tuple(each["S"] for each in item["projects"]["L"]) if "projects" in item else (),
        until=_time(item, "until"),
        last_used_at=_time(item, "last_used_at"),
    )


def _time(item: Item, name: str) -> datetime | None:
    return datetime.fromisoformat(item[name]["S"]) if name in item else None
