"""Tools for what runs cost, and what they may."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from codex_swarm.mcp.answers.costs import UsageTable, table_of
from codex_swarm.mcp.problems import of_tool
from codex_swarm.mcp.tools.base import Toolset
from codex_swarm.models import BudgetRead

BudgetOf = Annotated[str | None, Field(description="The project whose budget it is; else that of all of them.")]
DollarLimit = Annotated[
    float | Literal["none"] | None, Field(description="US dollars; none for no limit. Left out, it stays as it is.")
]


class CostTools(Toolset):
    """The tools for costs and budgets."""

    async def get_usage(
        self,
        start: Annotated[date | None, Field(description="The first day, in UTC; else the first of the month.")] = None,
        end: Annotated[date | None, Field(description="The last day, in UTC; else today.")] = None,
        group_by: Annotated[
            list[str] | None, Field(description="day, project_id, task_type, model, metadata.NAME; else day.")
        ] = None,
        project_id: Annotated[str | None, Field(description="Only this project; else all of them.")] = None,
    ) -> UsageTable:
        """Show what runs used and cost, by day or by other fields."""
        with of_tool():
            found = await self._client.get_usage_report(start, end, group_by or ("day",), project_id=project_id)
        return table_of(found)

    async def get_budget(self, project_id: BudgetOf = None) -> BudgetRead:
        """Show what may be spent a day and a month, what is spent, and when it begins anew."""
        with of_tool():
            return await self._client.get_budget(project_id)

    async def put_budget(
        self, daily_usd: DollarLimit = None, monthly_usd: DollarLimit = None, project_id: BudgetOf = None
    ) -> BudgetRead:
        """Set what may be spent: beyond it no turn begins. Only when your user asks; it needs an admin's key."""
        with of_tool():
            known = await self._client.get_budget(project_id)
            return await self._client.put_budget(
                project_id,
                daily_usd=_limit(daily_usd, known.daily_usd),
                monthly_usd=_limit(monthly_usd, known.monthly_usd),
                callback_url=known.callback_url,
            )


def _limit(wanted: float | Literal["none"] | None, known: float | None) -> float | None:
    if wanted is None:
        return known
    return None if wanted == "none" else wanted
