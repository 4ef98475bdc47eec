"""Tenants, for operators. TenantsFunction answers these; no key has the scope, it comes with AWS credentials."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from api.access import OPERATE
from api.files import presigner
from api.paging import MAX_PAGE, paged, weight
from api.resolver import Router
from codex_swarm.models import ErasureRead, ExportRead, TenantErase, TenantLimits, TenantPatch, TenantRead
from swarm.errors import IdMismatch, InvalidRequest
from swarm.ids import valid_project_id, valid_tenant_id
from swarm.lifecycle import erasing, exporting, hosting
from swarm.records.backend import backend
from swarm.records.listing import Page, Wanted
from swarm.records.tenant import Tenant
from swarm.records.tenants import SettingValue
from swarm.retention.cleaning import RESERVE_SECONDS
from swarm.runs.limits import allowance_of

MONEY = {"daily_usd": "granted_daily", "monthly_usd": "granted_monthly"}
SHORTEST_SECONDS = 20.0
"""What the gateway leaves a request, where no operator calls the function itself."""

router = Router()


@router.get("/tenants", summary="All tenants", tags=["tenants"], security=OPERATE)
def list_tenants(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Tenants a page, at most.")] = 100,
    cursor: Annotated[str | None, Query(max_length=2_000, description="`X-Next-Cursor` of the page before.")] = None,
) -> Response[list[TenantRead]]:
    wanted = Wanted[Tenant](limit, lambda one: weight(_read(one)), cursor)
    found = backend().tenants.page(wanted)
    return paged(router, Page([_read(one) for one in found.items], found.next_cursor))


@router.get("/tenants/<tenant_id>", summary="One tenant", tags=["tenants"], security=OPERATE)
def get_tenant(tenant_id: str) -> TenantRead:
    erasing.require_known(backend(), valid_tenant_id(tenant_id))
    return _read(backend().tenants.get(tenant_id))


@router.patch("/tenants/<tenant_id>", summary="Change what a tenant may have", tags=["tenants"], security=OPERATE)
def set_tenant(tenant_id: str, body: TenantPatch) -> TenantRead:
    """One that was never seen comes to be by this, so that it has its limits before it has a key."""
    valid_tenant_id(tenant_id)
    given = body.model_dump(include=body.model_fields_set)
    for model in body.models or ():
        backend().models.require(model, None)
    if given.get("own_keys") and not backend().settings.secret_prefix:
        raise InvalidRequest("own_keys needs SecretPrefix of the deployment: it says where the secrets are")
    hosting.require_known(backend(), body.hosted_tools)
    if body.hosted_tools is not None:
        # A set of none cannot be stored, and means something else than that there is no such setting.
        given["hosted_tools"] = ",".join(body.hosted_tools)
    if body.limits is not None:
        limits = body.limits.model_dump_json(exclude_none=True)
        allowance_of(limits)
        given["limits"] = limits
    money = {MONEY[name]: given.pop(name) for name in MONEY if name in given}
    wanted: dict[str, SettingValue] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    tenant = backend().tenants.set(tenant_id, wanted)
    if money:
        backend().budgets.grant(tenant_id, money)
    return _read(tenant)


@router.get("/tenants/<tenant_id>/export", summary="What is kept of a tenant", tags=["tenants"], security=OPERATE)
def export_tenant(
    tenant_id: str,
    project_id: Annotated[str | None, Query(max_length=128, description="Of this project alone.")] = None,
    cursor: Annotated[str | None, Query(max_length=2_000, description="`next_cursor` of the page before.")] = None,
) -> ExportRead:
    """Records, then objects with signed addresses; without secrets, and without what is being deleted."""
    project = None if project_id is None else valid_project_id(project_id)
    return exporting.page(backend(), presigner(backend()), valid_tenant_id(tenant_id), project, cursor or "")


@router.post("/tenants/<tenant_id>/erase", summary="Erase a tenant", tags=["tenants"], security=OPERATE)
def erase_tenant(tenant_id: str, body: TenantErase) -> ErasureRead:
    """Keys, runs, files and records go, in as many calls as it takes; usage rows stay, without names. For good."""
    if body.confirm != valid_tenant_id(tenant_id):
        raise IdMismatch("confirm", tenant_id, body.confirm)
    left = router.lambda_context.get_remaining_time_in_millis
    reserve = min(RESERVE_SECONDS, left() / 2_000)
    return erasing.erase(backend(), tenant_id, datetime.now(UTC), lambda: left() / 1_000 < reserve)


def _read(tenant: Tenant) -> TenantRead:
    own, budget, quotas = backend().tenants.own(tenant.id), backend().budgets.get(tenant.id), tenant.quotas
    granted = {name for name, amount in MONEY.items() if getattr(budget, amount) is not None}
    return TenantRead(
        id=tenant.id,
        own=sorted({*own, *granted}),
        max_active=tenant.max_active,
        max_queued=tenant.max_queued,
        max_stored_bytes=quotas.stored_bytes,
        max_requests_per_second=quotas.requests_per_second,
        max_watchers=quotas.watchers,
        max_uploads=quotas.uploads,
        max_archives=quotas.archives,
        max_previews=quotas.previews,
        max_diffs=quotas.diffs,
        limits=TenantLimits.model_validate_json(own["limits"]) if "limits" in own else None,
        retention_days=tenant.retention_days or backend().settings.retention_days,
        models=sorted(tenant.models) or None,
        own_keys=sorted(tenant.own_keys),
        hosted_tools=None if tenant.hosted_tools is None else sorted(tenant.hosted_tools),
        daily_usd=budget.granted_daily,
        monthly_usd=budget.granted_monthly,
        hold=tenant.hold,
        erasing_since=tenant.erasing_since,
        active_runs=len(tenant.active),
        queued_runs=len(tenant.waiting),
        stored_bytes=tenant.stored,
        measured_at=tenant.measured_at,
    )
