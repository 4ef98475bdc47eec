"""What runs cost, and budgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from codex_swarm.calls.base import Calls, of_project
from codex_swarm.connection import parse
from codex_swarm.errors import InvalidArgument, UnexpectedAnswer
from codex_swarm.models import BudgetPut, BudgetRead, TenantUsage, UsageReport
from codex_swarm.shaping import one_text, shaped


class CostCalls(Calls):
    """Reports of usage, and budgets of the tenant and of its projects."""

    async def get_usage_report(
        self,
        start: date | None = None,
        end: date | None = None,
        group_by: Sequence[str] = ("day",),
        *,
        project_id: str | None = None,
    ) -> UsageReport:
        """What runs used and cost from one day to another (UTC), both included; this month's without days.

        `group_by` takes `day`, `project_id`, `task_type`, `model` and `metadata.NAME`. Deleted runs count, too.
        """
        params = _reported(start, end, group_by, project_id)
        found = await self._connection.read(TenantUsage, "/usage", params=params)
        if found.report is None:
            raise UnexpectedAnswer("the service is older than this client: it has no reports of usage")
        return found.report

    async def get_usage_csv(
        self,
        start: date | None = None,
        end: date | None = None,
        group_by: Sequence[str] = ("day",),
        *,
        project_id: str | None = None,
    ) -> str:
        """The rows of `get_usage_report` as CSV, a line of names first; without the byte order mark of the file."""
        params = _reported(start, end, group_by, project_id) | {"format": "csv"}
        answer = await self._connection.request("GET", "/usage", params=params)
        try:
            return answer.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UnexpectedAnswer(f"{answer.request} was not answered with text; is the base URL right?") from None

    async def get_budget(self, project_id: str | None = None) -> BudgetRead:
        """What the tenant, or a project of it, may spend a day and a month, and what it has spent."""
        return await self._connection.read(BudgetRead, _budget_of(project_id))

    async def put_budget(
        self,
        project_id: str | None = None,
        *,
        daily_usd: float | None = None,
        monthly_usd: float | None = None,
        callback_url: str | None = None,
    ) -> BudgetRead:
        """Sets what the tenant, or a project of it, may spend; needs a key with the scope `admin`.

        What is left out is not limited. `callback_url` is told at 80 %, and when all is spent.
        """
        wanted = shaped(BudgetPut, daily_usd=daily_usd, monthly_usd=monthly_usd, callback_url=callback_url)
        body = wanted.model_dump(mode="json")
        return parse(BudgetRead, await self._connection.request("PUT", _budget_of(project_id), body=body))


def _budget_of(project_id: str | None) -> str:
    return "/budget" if project_id is None else of_project(project_id, "budget")


def _reported(
    start: date | None, end: date | None, group_by: Sequence[str], project_id: str | None
) -> dict[str, str | list[str]]:
    """The query of a report. Raises `InvalidArgument`."""
    names = [group_by] if isinstance(group_by, str) else group_by
    if not isinstance(names, (list, tuple)):
        raise InvalidArgument("group_by takes a list of names")
    query: dict[str, str | list[str]] = {"group_by": [one_text(name, "group_by") for name in names] or ["day"]}
    for name, day in (("from", start), ("to", end)):
        if day is not None:
            query[name] = _day(day, name)
    if project_id is not None:
        query["project_id"] = one_text(project_id, "project_id")
    return query


def _day(value: object, name: str) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InvalidArgument(f"{name} takes a date, a day of UTC")
    return value.isoformat()
