"""Budgets of the tenant and of its projects."""

from __future__ import annotations

from datetime import UTC, datetime

from api.access import ADMIN, READ
from api.requests import caller_of, tenant_of
from api.resolver import Router
from codex_swarm.models import BudgetPut, BudgetRead
from swarm.errors import InvalidRequest, ProjectNotAllowed
from swarm.ids import valid_project_id
from swarm.lifecycle.asked import checked_callback
from swarm.lifecycle.budgets import beginning_of_month, midnights
from swarm.records.backend import backend
from swarm.records.budgets import Budget

router = Router()


@router.get("/budget", summary="What the tenant may spend, and what it has", tags=["service"], security=READ)
def get_budget() -> BudgetRead:
    caller = caller_of(router)
    if caller.projects:
        raise ProjectNotAllowed(caller.projects)
    return _read(caller.tenant_id, None, backend().budgets.get(caller.tenant_id))


@router.put("/budget", summary="Set what the tenant may spend", tags=["service"], security=ADMIN)
def put_budget(body: BudgetPut) -> BudgetRead:
    """Days and months are those of UTC. With no limit at all there is no budget."""
    return _put(None, body)


@router.get(
    "/projects/<project_id>/budget",
    summary="What a project may spend, and what it has",
    tags=["projects"],
    security=READ,
)
def get_project_budget(project_id: str) -> BudgetRead:
    tenant_id = tenant_of(router)
    backend().projects.get(tenant_id, valid_project_id(project_id))
    return _read(tenant_id, project_id, backend().budgets.get(tenant_id, project_id))


@router.put("/projects/<project_id>/budget", summary="Set what a project may spend", tags=["projects"], security=ADMIN)
def put_project_budget(project_id: str, body: BudgetPut) -> BudgetRead:
    """The tenant's budget is over it, too: what is used up first counts."""
    backend().projects.get(tenant_of(router), valid_project_id(project_id))
    return _put(project_id, body)


def _put(project_id: str | None, body: BudgetPut) -> BudgetRead:
    tenant_id, today = tenant_of(router), datetime.now(UTC).date()
    limited = body.daily_usd is not None or body.monthly_usd is not None
    if limited and all(entry.price(today) is None for entry in backend().models.models.values()):
        raise InvalidRequest(
            "a budget cannot be held: no model's price is configured. Ask the operator to give prices in Models"
        )
    callback_url = checked_callback(backend(), body.callback_url)
    wanted = Budget(daily=body.daily_usd, monthly=body.monthly_usd, callback_url=callback_url)
    return _read(tenant_id, project_id, backend().budgets.put(tenant_id, project_id, wanted))


def _read(tenant_id: str, project_id: str | None, budget: Budget) -> BudgetRead:
    now, rows = datetime.now(UTC), backend().usage
    next_day, next_month = midnights(now.date())
    first = beginning_of_month(now.date())
    return BudgetRead(
        project_id=project_id,
        daily_usd=budget.daily,
        monthly_usd=budget.monthly,
        granted_daily_usd=budget.granted_daily,
        granted_monthly_usd=budget.granted_monthly,
        callback_url=budget.callback_url,
        spent_today_usd=round(rows.spent(tenant_id, project_id, now.date(), now.date()), 6),
        spent_this_month_usd=round(rows.spent(tenant_id, project_id, first, now.date()), 6),
        day_resets_at=next_day,
        month_resets_at=next_month,
    )
