"""What a tenant uses of its quotas, and what its runs cost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal, cast

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from api.access import READ
from api.files import bytes_response
from api.requests import caller_of
from api.resolver import Router
from codex_swarm.models import TenantUsage, UsageReport, Used
from swarm.ids import valid_project_id
from swarm.records.backend import backend
from swarm.runs import usage_report

CSV = "text/csv; charset=utf-8"
DOWNLOADED = {"Content-Disposition": 'attachment; filename="usage.csv"', "X-Content-Type-Options": "nosniff"}

router = Router()


@router.get("/usage", summary="What is used, and what runs cost", tags=["service"], security=READ)
def get_usage(
    start: Annotated[
        date | None, Query(alias="from", description="First day (UTC) of the report; the first of the month.")
    ] = None,
    end: Annotated[date | None, Query(alias="to", description="Last day (UTC) of the report; today.")] = None,
    group_by: Annotated[
        list[Annotated[str, Field(max_length=200)]],
        Query(
            max_length=14,
            description="`day`, `project_id`, `task_type`, `model`, `metadata.NAME`; several times or with commas.",
        ),
    ] = [],  # noqa: B006  Powertools reads it, and nobody changes it
    project_id: Annotated[str | None, Query(max_length=128, description="Only what runs of this project used.")] = None,
    format: Annotated[  # noqa: A002  it is called so on the wire
        Literal["json", "csv"], Query(description="`csv`: the rows of the report alone, for a spreadsheet.")
    ] = "json",
) -> Response[TenantUsage | str]:
    """With any parameter there is a `report`: what runs used, added up from usage rows, which outlive their runs."""
    if start is None and end is None and not group_by and project_id is None and format == "json":
        return Response(200, content_types.APPLICATION_JSON, _usage(None))
    report = _report(start, end, group_by, project_id)
    if format == "csv":
        return cast(
            "Response[TenantUsage | str]", bytes_response(CSV, usage_report.as_csv(report).encode(), DOWNLOADED)
        )
    return Response(200, content_types.APPLICATION_JSON, _usage(report))


def _report(start: date | None, end: date | None, group_by: list[str], project_id: str | None) -> UsageReport:
    caller, rows = caller_of(router), backend().usage
    if project_id is not None:
        caller.require_project(valid_project_id(project_id))
    question = usage_report.asked(start, end, group_by, rows.chosen, datetime.now(UTC).date())
    found = rows.between(caller.tenant_id, question.first, question.last)
    seen = (row for row in found if caller.sees(row.project_id) and project_id in (None, row.project_id))
    return usage_report.report_of(seen, question)


def _usage(report: UsageReport | None) -> TenantUsage:
    tenant_id, now = caller_of(router).tenant_id, datetime.now(UTC)
    tenant = backend().tenants.get(tenant_id)
    places = {
        kind.value: Used(used=taken.places, limit=getattr(tenant.quotas, kind.value))
        for kind, taken in backend().places.taken(tenant_id, now).items()
    }
    return TenantUsage(
        stored_bytes=Used(used=tenant.stored, limit=tenant.quotas.stored_bytes),
        measured_at=tenant.measured_at,
        active_runs=Used(used=len(tenant.active), limit=tenant.max_active),
        requests_per_second=tenant.quotas.requests_per_second or None,
        queued_runs=Used(used=len(tenant.waiting), limit=tenant.max_queued),
        report=report,
        **places,
    )
