"""How many requests a second a tenant is answered, over all processes that answer.

Each tenant has a token bucket, and that is one number of an item: the time until which its tokens are spent (the
generic cell rate algorithm, ITU-T I.371). Asking it for each request would cost a write for each. So a process lets a
tenant's first requests of a minute through by itself, and then takes tokens by the handful: who asks seldom costs
nothing, and who asks a lot a tenth of a write.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from swarm.errors import TooManyRequests
from swarm.records.keys import rate_key, tenant_key
from swarm.records.quotas import Quotas
from swarm.records.table import ConditionFailed, Item, Table

FREE = 10
"""Requests of a tenant that a process answers within a minute before it asks the table."""

HANDFUL = 10
"""Tokens that a process takes at a time."""

BURST_SECONDS = 2
"""A bucket holds what comes into it within so long."""

ATTEMPTS = 3
"""After which a handful is had without the table: others ask it just now, and one too many does no harm."""

MINUTE_MS = 60_000
MOST_TENANTS = 1_000
"""That a process remembers; beyond it those whose minute is over are forgotten."""


@dataclass(slots=True)
class _Share:
    """What a process has of a tenant's tokens, until the minute is over; `refused_until` without any."""

    until: int
    tokens: int = FREE
    refused_until: int = 0


class Rates:
    """The buckets of all tenants. Without a rate nobody is limited, and a tenant is not whose own is 0."""

    def __init__(self, table: Table, quotas: Quotas) -> None:
        self._table = table
        self._quotas = quotas
        self._shares: dict[str, _Share] = {}

    def require(self, tenant_id: str, now: datetime) -> None:
        """Take a token. Raises `TooManyRequests`."""
        if self._quotas.requests_per_second <= 0:
            return
        at = int(now.timestamp() * 1_000)
        share = self._shares.get(tenant_id)
        if share is None or share.until <= at:
            share = self._begin(tenant_id, at)
        if share.refused_until > at:
            raise TooManyRequests(share.refused_until - at)
        if share.tokens == 0:
            share.refused_until = self._take(tenant_id, at)
            if share.refused_until > at:
                raise TooManyRequests(share.refused_until - at)
            share.tokens = HANDFUL
        share.tokens -= 1

    def _begin(self, tenant_id: str, at: int) -> _Share:
        if len(self._shares) >= MOST_TENANTS:
            self._shares = {name: share for name, share in self._shares.items() if share.until > at}
        share = self._shares[tenant_id] = _Share(at + MINUTE_MS)
        return share

    def _take(self, tenant_id: str, at: int) -> int:
        """Take a handful; 0, or the time in milliseconds at which there will be one."""
        rate = self._quotas.granted(self._table.get(tenant_key(tenant_id)) or {}).requests_per_second
        if rate <= 0:
            return 0
        cost = HANDFUL * 1_000 // rate
        latest = at + max(0, BURST_SECONDS * 1_000 - cost)
        for _ in range(ATTEMPTS):
            try:
                # Some tokens are spent: these are the next ones.
                spend: Item = {":cost": {"N": str(cost)}, ":now": {"N": str(at)}, ":latest": {"N": str(latest)}}
                condition = "spent_until BETWEEN :now AND :latest"
                self._table.update(
                    rate_key(tenant_id), "SET spent_until = spent_until + :cost", values=spend, condition=condition
                )
            except ConditionFailed as failed:
                spent_until = int(failed.item["spent_until"]["N"]) if failed.item else 0
                if spent_until > latest:
                    return at + spent_until - latest
            else:
                return 0
            with suppress(ConditionFailed):
                # The bucket is full: they are spent from now on.
                begin: Item = {":until": {"N": str(at + cost)}, ":now": {"N": str(at)}}
                condition = "attribute_not_exists(spent_until) OR spent_until < :now"
                self._table.update(rate_key(tenant_id), "SET spent_until = :until", values=begin, condition=condition)
                return 0
        return 0
