"""What a tenant uses, what it costs, and the budgets that limit it."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from codex_swarm.models.wire import Asked, Timestamp, Wire, is_none


class Used(Wire):
    """How much of a quota is used."""

    used: int
    limit: int


class UsageGroup(Wire):
    """What runs used together. What it is not grouped by is null, or not in `metadata`."""

    day: date | None = None
    project_id: str | None = None
    task_type: str | None = None
    model: str | None = Field(default=None, description="Empty where no model was asked, as in a conversion.")
    metadata: dict[str, str] = Field(default_factory=dict, description="Empty texts for runs without such a note.")
    runs: int = Field(description="A run that worked on two days counts on both, and once in the total.")
    model_calls: int
    unpriced_calls: int = Field(description="Those of `model_calls` whose price is not known: they are in no cost.")
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int
    tool_calls: int
    seconds: float
    cost_usd: float = Field(description="By the prices that held on the day.")


class UsageReport(Wire):
    """What runs used in a time, by what was asked for."""

    first_day: date
    last_day: date
    group_by: list[str]
    rows: list[UsageGroup]
    total: UsageGroup


class TenantUsage(Wire):
    """What the caller's tenant uses, and may use at most."""

    stored_bytes: Used = Field(description="Files and what belongs to runs; counted as it comes, measured once a day.")
    measured_at: Timestamp | None = Field(default=None, description="When it was measured last.")
    active_runs: Used
    queued_runs: Used
    requests_per_second: int | None = Field(
        default=None, description="That are answered in the long run; at once twice as many. Null for any number."
    )
    uploads: Used = Field(description="Prepared, and not taken by a run yet; each is forgotten after a day.")
    archives: Used = Field(description="Being packed.")
    previews: Used = Field(description="Being drawn.")
    diffs: Used = Field(description="Being worked out.")
    watchers: Used = Field(description="Waiting for events.")
    report: UsageReport | None = Field(
        default=None, exclude_if=is_none, description="What runs used and cost, where a time or groups were asked for."
    )


class BudgetPeriod(StrEnum):
    """How long a budget is for: a day or a month of UTC."""

    DAILY = "daily"
    MONTHLY = "monthly"


class BudgetAlert(Wire):
    """A budget that is nearly used up, or all of it."""

    project_id: str | None = Field(default=None, description="Whose it is; null: the whole tenant's.")
    period: BudgetPeriod
    limit_usd: float
    spent_usd: float
    resets_at: Timestamp = Field(description="When the next day or month begins.")


class BudgetPut(Asked):
    """Sets a budget: what is left out, or null, is not limited."""

    daily_usd: float | None = Field(default=None, ge=0, le=1e9, description="US dollars a day of UTC.")
    monthly_usd: float | None = Field(default=None, ge=0, le=1e9, description="US dollars a month of UTC.")
    callback_url: str | None = Field(
        default=None,
        max_length=2_048,
        description="Told by a signed POST at 80 % and when all is spent; https. Null: the tenant's, for a project.",
    )


class BudgetRead(Wire):
    """What may be spent, and what is."""

    project_id: str | None = Field(default=None, description="Whose it is; null: the whole tenant's.")
    daily_usd: float | None = None
    monthly_usd: float | None = None
    granted_daily_usd: float | None = Field(
        default=None, description="What the operator grants the tenant a day; of both limits the smaller one counts."
    )
    granted_monthly_usd: float | None = Field(default=None, description="The same for a month.")
    callback_url: str | None = None
    spent_today_usd: float = Field(description="By runs that have ended, and under a budget by those at work.")
    spent_this_month_usd: float
    day_resets_at: Timestamp
    month_resets_at: Timestamp
