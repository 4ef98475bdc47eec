"""How much a tenant has stored: counted as it comes in, and measured once a day, so that no error of counting stays."""

from __future__ import annotations

from datetime import datetime

from swarm.logs import log
from swarm.records.backend import Backend
from swarm.records.quotas import Kind
from swarm.records.tenant import Tenant
from swarm.retention.removal import Enough
from swarm.workspace.objects import DAY


def measure(backend: Backend, tenant: Tenant, now: datetime, enough: Enough) -> bool:
    """Set right what the tenant is counted for, if that was a day ago; whether it was. `tenant` is as it was before.

    Uploads count by what they promised, until a run takes them; what was deleted does not count, though the bucket
    keeps it for a while.
    """
    if tenant.measured_at is not None and now - tenant.measured_at < DAY:
        return False
    stored = backend.places.taken(tenant.id, now)[Kind.UPLOADS].bytes
    for key, size in backend.inventory.sizes(tenant.id):
        if enough():
            log.warning("there was no time to measure what a tenant has stored", tenant_id=tenant.id)
            return False
        if "/uploads/" not in key:
            stored += size
    backend.tenants.measured(tenant, stored, now)
    return True
