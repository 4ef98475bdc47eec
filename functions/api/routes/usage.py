"""What a tenant uses of its quotas."""

from __future__ import annotations

from datetime import UTC, datetime

from api.access import READ
from api.requests import tenant_of
from api.resolver import Router
from codex_swarm.models import TenantUsage, Used
from swarm.records.backend import backend

router = Router()


@router.get("/usage", summary="What is used, and what may be", tags=["service"], security=READ)
def get_usage() -> TenantUsage:
    tenant_id, now = tenant_of(router), datetime.now(UTC)
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
        **places,
    )
