"""Each tenant's signing secrets: one, or two while the receiver changes from the old to the new one.

They are in the table, which is encrypted at rest. Whoever can read it can read everything that a forged webhook could
pretend to know.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from swarm.records.keys import sortable, webhook_secrets_key
from swarm.records.table import ConditionFailed, Item, Table

EXISTS = "attribute_exists(signing)"
PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A new signing secret, as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


@dataclass(frozen=True, slots=True)
class SigningSecrets:
    """The secret that signs, and the one before it, which signs too until `previous_until`."""

    current: str
    created_at: datetime
    previous: str | None = None
    previous_until: datetime | None = None

    def valid(self, now: datetime) -> list[str]:
        """The secrets that a delivery is signed with, the current one first."""
        if self.previous is None or self.previous_until is None or now >= self.previous_until:
            return [self.current]
        return [self.current, self.previous]


class SecretStore:
    """The secrets of all tenants."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant_id: str, now: datetime) -> SigningSecrets:
        """The tenant's secrets; the first one is made when it is first asked for."""
        change = "SET signing = if_not_exists(signing, :new), made_at = if_not_exists(made_at, :now)"
        values: Item = {":new": {"S": new_secret()}, ":now": {"S": sortable(now)}}
        return _decode(self._table.update(webhook_secrets_key(tenant_id), change, values=values))

    def rotate(self, tenant_id: str, overlap: timedelta, now: datetime) -> SigningSecrets:
        """A new secret; the one until now stays good for `overlap`, and an older one no longer."""
        change = "SET previous = signing, previous_until = :until, signing = :new, made_at = :now"
        values: Item = {
            ":new": {"S": new_secret()},
            ":now": {"S": sortable(now)},
            ":until": {"S": sortable(now + overlap)},
        }
        try:
            return _decode(self._table.update(webhook_secrets_key(tenant_id), change, values=values, condition=EXISTS))
        except ConditionFailed:
            return self.get(tenant_id, now)


def _decode(item: Item) -> SigningSecrets:
    previous, until = item.get("previous"), item.get("previous_until")
    return SigningSecrets(
        current=item["signing"]["S"],
        created_at=datetime.fromisoformat(item["made_at"]["S"]),
        previous=previous["S"] if previous else None,
        previous_until=datetime.fromisoformat(until["S"]) if until else None,
    )
