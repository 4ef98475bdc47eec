"""Budgets are looked at before each turn that costs something: told of when nearly used up, and then in the way.

What is spent is the sum of the usage rows, which a run under a budget writes after each turn. So at most the turns that
were under way when a budget was used up go over it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil

from codex_swarm.models import BudgetAlert, BudgetPeriod
from swarm.errors import BudgetExhausted
from swarm.logs import log
from swarm.metrics import BUDGET_STOPS, record
from swarm.records.backend import Backend
from swarm.records.budgets import Budget
from swarm.runs.run import Run

WARNED_AT = 0.8
"""The part of a budget at which its receiver is warned."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of one limit is spent, when it begins anew, and who is told: of a project, or of the whole tenant."""

    project_id: str | None
    period: BudgetPeriod
    limit: float
    spent: float
    resets_at: datetime
    callback_url: str | None

    @property
    def exhausted(self) -> bool:
        return self.spent >= self.limit

    @property
    def alert(self) -> BudgetAlert:
        """What the receiver is told."""
        return BudgetAlert(
            project_id=self.project_id,
            period=self.period,
            limit_usd=self.limit,
            spent_usd=round(self.spent, 6),
            resets_at=self.resets_at,
        )


def standings(backend: Backend, tenant_id: str, project_id: str | None, now: datetime) -> list[Standing]:
    """How the limits over a project stand: its own, and the tenant's; only the tenant's without a project."""
    whole = backend.budgets.get(tenant_id)
    of: list[tuple[str | None, Budget]] = [(None, whole)]
    if project_id is not None:
        of.append((project_id, backend.budgets.get(tenant_id, project_id)))
    return [
        Standing(
            owner,
            period,
            limit,
            backend.usage.spent(tenant_id, owner, first, now.astimezone(UTC).date()),
            resets_at,
            budget.callback_url or whole.callback_url,
        )
        for owner, budget in of
        for period, limit, first, resets_at in _limits(budget, now)
    ]


def is_billable(backend: Backend, run: Run, now: datetime) -> bool:
    """Whether a turn of the run costs something that is known."""
    if backend.settings.offline or run.conversion is not None:
        return False
    return backend.models.entry(run.model).price(now.astimezone(UTC).date()) is not None


def require(backend: Backend, run: Run, now: datetime) -> bool:
    """Whether any budget is over the run; receivers are told of what is nearly used up. Raises `BudgetExhausted`."""
    found = standings(backend, run.key.tenant_id, run.key.project_id, now)
    _tell(backend, run, found, now)
    for standing in found:
        if standing.exhausted:
            record({BUDGET_STOPS: 1}, period=standing.period.value)
            raise BudgetExhausted(
                standing.project_id,
                standing.period.value,
                standing.limit,
                standing.spent,
                f"{standing.resets_at:%Y-%m-%dT%H:%M:%SZ}",
                ceil((standing.resets_at - now).total_seconds()),
            )
    return bool(found)


def tell_at_the_end(backend: Backend, run: Run) -> None:
    """Tell receivers of what the run's last turns nearly used up; again changes nothing."""
    if run.ended_at is not None and any(spent.usage.cost_usd for spent in run.spent):
        found = standings(backend, run.key.tenant_id, run.key.project_id, run.ended_at)
        _tell(backend, run, found, run.ended_at)


def _tell(backend: Backend, run: Run, found: list[Standing], now: datetime) -> None:
    for standing in found:
        if standing.spent < WARNED_AT * standing.limit:
            continue
        event = "budget.exhausted" if standing.exhausted else "budget.warning"
        about = [standing.project_id, standing.period, standing.resets_at.isoformat(), event]
        alert_id = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]
        if backend.outbox.announce_budget(run, event, alert_id, standing.alert, standing.callback_url, now):
            log.warning("a budget is nearly used up", run_id=run.run_id, event=event, period=standing.period.value)


def _limits(budget: Budget, now: datetime) -> Iterator[tuple[BudgetPeriod, float, date, datetime]]:
    """Each limit with the first day that counts, and the moment at which it begins anew."""
    today = now.astimezone(UTC).date()
    next_day, next_month = midnights(today)
    if budget.a_day is not None:
        yield BudgetPeriod.DAILY, budget.a_day, today, next_day
    if budget.a_month is not None:
        yield BudgetPeriod.MONTHLY, budget.a_month, beginning_of_month(today), next_month


def beginning_of_month(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def midnights(today: date) -> tuple[datetime, datetime]:
    """When the next day and the next month begin (UTC)."""
    following = beginning_of_month(beginning_of_month(today) + timedelta(days=32))
    return datetime.combine(today + timedelta(days=1), time(), UTC), datetime.combine(following, time(), UTC)
