"""Budgets: what a tenant, or a project of it, may spend a day and a month (of UTC), in US dollars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from swarm.records.keys import budget_key
from swarm.records.table import Item, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most for a day and for a month, None for any amount; `callback_url` is told when it is nearly used up.

    `granted_daily` and `granted_monthly` are the operator's, of a tenant: with both the smaller one counts.
    """

    daily: float | None = None
    monthly: float | None = None
    callback_url: str | None = None
    granted_daily: float | None = None
    granted_monthly: float | None = None

    @property
    def a_day(self) -> float | None:
        """What counts for a day."""
        return _least(self.daily, self.granted_daily)

    @property
    def a_month(self) -> float | None:
        """What counts for a month."""
        return _least(self.monthly, self.granted_monthly)


class Budgets:
    """The budgets in the table, each an item beside that of its tenant or project."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant_id: str, project_id: str | None = None) -> Budget:
        """The budget; one without limits where nobody set any."""
        return _decode(self._table.get(budget_key(tenant_id, project_id)) or {})

    def put(self, tenant_id: str, project_id: str | None, budget: Budget) -> Budget:
        """Set the tenant's or project's own limits and its receiver; what the operator granted stays."""
        own = {"daily": budget.daily, "monthly": budget.monthly, "callback_url": budget.callback_url}
        return self._set(tenant_id, project_id, own)

    def grant(self, tenant_id: str, limits: Mapping[str, float | None]) -> Budget:
        """Set the operator's limits of a tenant, `granted_daily` and `granted_monthly`: those that are named."""
        return self._set(tenant_id, None, limits)

    def _set(self, tenant_id: str, project_id: str | None, wanted: Mapping[str, float | str | None]) -> Budget:
        there = {name: value for name, value in wanted.items() if value is not None}
        gone = [name for name in wanted if name not in there]
        change = ["SET " + ", ".join(f"{name} = :{name}" for name in there)] if there else []
        change += [f"REMOVE {', '.join(gone)}"] if gone else []
        values: Item = {
            f":{name}": {"S": value} if isinstance(value, str) else {"N": f"{value:.6f}"}
            for name, value in there.items()
        }
        return _decode(self._table.update(budget_key(tenant_id, project_id), " ".join(change), values=values))


def _least(*limits: float | None) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _decode(item: Item) -> Budget:
    limits = ("daily", "monthly", "granted_daily", "granted_monthly")
    known = {name: float(item[name]["N"]) for name in limits if name in item}
    return Budget(**known, callback_url=item["callback_url"]["S"] if "callback_url" in item else None)
