"""What runs cost, and what may be spent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from codex_swarm.cli import output as words
from codex_swarm.cli.session import Session
from codex_swarm.errors import InvalidArgument
from codex_swarm.models import BudgetRead, UsageGroup

Project = Annotated[
    str | None,
    typer.Option(
        "--project-id", "-p", metavar="ID", help="Only this project; all of them when left out.", show_default=False
    ),
]
Limit = Annotated[str | None, typer.Option(metavar="USD", help="US dollars, or `none`.", show_default=False)]


def usage(
    session: Session,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DATE", help="The first day, in UTC; the first of the month.", show_default=False
        ),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="The last day, in UTC; today.", show_default=False)
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="FIELD",
            help="day, project_id, task_type, model or metadata.NAME, several times; day by default.",
            show_default=False,
        ),
    ] = None,
    project_id: Project = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
) -> None:
    """Show what runs used and cost, also those that were deleted.

    By day unless other fields are named with --by.
    """
    first, last = _day(start, "--from"), _day(end, "--to")
    fields = by or ["day"]
    output = session.output
    with session.client() as client:
        if as_csv:
            output.bytes(client.get_usage_csv(first, last, fields, project_id=project_id).encode("utf-8-sig"))
            return
        found = client.get_usage_report(first, last, fields, project_id=project_id)
    if output.as_json:
        output.json(found)
        return
    rows = [[_value(row, name) for name in found.group_by] + _measured(row) for row in found.rows]
    columns = [*found.group_by, "runs", "calls", "tokens", "cost"]
    output.table(columns, rows, empty="no run used anything in this time")
    total = found.total
    output.remark(
        (f"{found.first_day} to {found.last_day}: {total.runs} runs, {_dollars(total.cost_usd)}", "bold"),
        f" and {total.unpriced_calls} calls whose price is not known" if total.unpriced_calls else "",
    )


def budget(session: Session, project_id: Project = None) -> None:
    """Show what may be spent a day and a month, and what is; set it with `budget set`.

    Of the tenant, or of a project.
    """
    with session.client() as client:
        found = client.get_budget(project_id)
    _show(session, found)


def set_budget(
    session: Session,
    daily: Limit = None,
    monthly: Limit = None,
    project_id: Project = None,
    callback_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Told at 80 % and at the end, by a webhook; `none` for nobody.", show_default=False
        ),
    ] = None,
) -> None:
    """Set what may be spent; needs a key with the scope admin. What is not named stays as it is."""
    with session.client() as client:
        known = client.get_budget(project_id)
        found = client.put_budget(
            project_id,
            daily_usd=_limit(daily, known.daily_usd, "--daily"),
            monthly_usd=_limit(monthly, known.monthly_usd, "--monthly"),
            callback_url=None if callback_url == "none" else callback_url or known.callback_url,
        )
    _show(session, found)


def _show(session: Session, found: BudgetRead) -> None:
    output = session.output
    if output.as_json:
        output.json(found)
        return
    rows = [
        ("day", found.spent_today_usd, found.daily_usd, found.granted_daily_usd, found.day_resets_at),
        ("month", found.spent_this_month_usd, found.monthly_usd, found.granted_monthly_usd, found.month_resets_at),
    ]
    output.table(
        ["a", "spent", "budget", "granted", "begins anew"],
        [
            (name, _dollars(spent), _dollars(limit), _dollars(granted), words.when(resets))
            for name, spent, limit, granted, resets in rows
        ],
    )
    if found.callback_url:
        output.remark(f"told at 80 %: {found.callback_url}")


def _dollars(value: float | None) -> str:
    return "" if value is None else f"${value:,.4f}"


def _value(row: UsageGroup, name: str) -> str:
    key = name.removeprefix("metadata.")
    return row.metadata.get(key, "") if key != name else str(getattr(row, name))


def _measured(row: UsageGroup) -> list[str]:
    tokens = row.input_tokens + row.output_tokens
    return [f"{row.runs:,}", f"{row.model_calls:,}", f"{tokens:,}", _dollars(row.cost_usd)]


def _day(text: str | None, name: str) -> date | None:
    if text is None:
        return None
    try:
        return datetime.now(UTC).date() if text == "today" else date.fromisoformat(text)
    except ValueError:
        raise InvalidArgument(f"{name} takes a day such as 2026-01-31, not {text!r:.40}") from None


def _limit(text: str | None, known: float | None, name: str) -> float | None:
    if text is None:
        return known
    if text == "none":
        return None
    try:
        return float(text)
    except ValueError:
        raise InvalidArgument(f"{name} takes US dollars such as 12.50, or none, not {text!r:.40}") from None
