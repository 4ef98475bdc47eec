"""How a tenant is erased: nobody may do anything, nothing is at work, and then every store is cleared, with a receipt.

Each call does as much as there is time for, and may be the last one that its process does: what is gone is gone, and
what is left is found again. The tenant's own item goes last, and only once a call has found nothing more to delete,
long enough after the first: by then whatever was at work has stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from codex_swarm.models import ErasureRead, StoreReceipt
from swarm.aws.secrets import delete_secret
from swarm.errors import LegalHold, RunNotFound, TenantNotFound
from swarm.lifecycle import transitions
from swarm.records.backend import Backend
from swarm.records.keys import rate_key, sortable, tenant_key
from swarm.records.tenant import Tenant
from swarm.retention.removal import GRACE, Enough
from swarm.runs.run import Run
from swarm.workspace.inventory import Version

EXECUTIONS = timedelta(days=90)
"""For so long Step Functions keeps what an execution was given (AWS Step Functions, service quotas)."""

TOKENS = timedelta(days=3)
"""The longest that a token is good, the day for which it is remembered, and one until DynamoDB has dropped it."""

TRACES = timedelta(days=30)
"""For so long X-Ray keeps a trace (AWS X-Ray, concepts)."""

DEAD_LETTERS = timedelta(days=14)
"""For so long DeadLetterQueue keeps a call (its MessageRetentionPeriod)."""

BACKUPS = timedelta(days=35)
"""How far back the table can be restored (point-in-time recovery)."""

SHUT = {"max_active": 0, "max_queued": 0, "max_stored_bytes": 0, "max_uploads": 0}
"""Quotas with which nothing can be begun."""


def erase(backend: Backend, tenant_id: str, now: datetime, enough: Enough) -> ErasureRead:
    """Delete what every store has of the tenant, as far as the time goes. Raises `TenantNotFound`, `LegalHold`.

    Usage rows are kept, with no project's name and no metadata. `done` of the answer says that nothing is left.
    """
    require_known(backend, tenant_id)
    tenant = backend.tenants.get(tenant_id)
    if tenant.hold is not None:
        raise LegalHold
    since = tenant.erasing_since or now
    backend.tenants.set(tenant_id, {**SHUT, "erasing_since": sortable(since)})
    keys = backend.issued_keys.erase(tenant_id, now)
    secrets = _secrets(backend, tenant)
    _stop(backend, tenant, now)
    objects = _objects(backend, tenant_id, enough)
    records = 0 if enough() else _records(backend, tenant_id, enough)
    kept = 0 if enough() else backend.partitions.strip_usage(tenant_id, now)
    done = not (keys or secrets or objects or records or enough()) and now - since >= GRACE
    if done:
        backend.partitions.delete_these([rate_key(tenant_id), tenant_key(tenant_id)])
    return ErasureRead(
        tenant_id=tenant_id,
        done=done,
        began_at=since,
        at=now,
        stores=[
            StoreReceipt(store="keys", deleted=keys, note="they open nothing any more within a minute"),
            StoreReceipt(store="secrets", deleted=secrets, note="its own keys of providers"),
            StoreReceipt(store="objects", deleted=objects, note="every version, and the marks of deleted ones"),
            StoreReceipt(store="table", deleted=records),
            StoreReceipt(
                store="usage", deleted=0, kept=kept, note="day, model, task type, tokens and cost; no name, no metadata"
            ),
            StoreReceipt(
                store="tokens",
                deleted=0,
                gone_by=now + TOKENS,
                note="hashes of links for browsers, with ids; what they opened is gone",
            ),
            StoreReceipt(
                store="backups of the table",
                deleted=0,
                gone_by=now + BACKUPS,
                note="restoring the table to a moment before brings records back: erase again then",
            ),
            StoreReceipt(
                store="logs",
                deleted=0,
                gone_by=now + timedelta(days=backend.settings.log_retention_days),
                note="ids, addresses of callers, and paths of requests, which can name files; no content",
            ),
            StoreReceipt(store="traces", deleted=0, gone_by=now + TRACES, note="ids of runs"),
            StoreReceipt(store="dead letters", deleted=0, gone_by=now + DEAD_LETTERS, note="calls given up: ids"),
            StoreReceipt(store="executions", deleted=0, gone_by=now + EXECUTIONS, note="ids alone"),
        ],
    )


def require_known(backend: Backend, tenant_id: str) -> None:
    """Raises `TenantNotFound` for a tenant that never had anything, not even a key."""
    if not backend.tenants.known(tenant_id) and not backend.issued_keys.has_any(tenant_id):
        raise TenantNotFound(tenant_id)


def _stop(backend: Backend, tenant: Tenant, now: datetime) -> None:
    """Cancel what is at work, waits for its turn or waits for people."""
    transitions.cancel_all(backend, _at_work(backend, tenant), now=now)


def _at_work(backend: Backend, tenant: Tenant) -> Iterator[Run]:
    for run_id in sorted({*tenant.active, *tenant.asking, *tenant.waiting}):
        with suppress(RunNotFound):
            run = backend.runs.current(tenant.id, run_id)
            if not run.status.final:
                yield run


def _secrets(backend: Backend, tenant: Tenant) -> int:
    """Delete the tenant's own keys of providers, also of those that are no longer listed; how many there were."""
    settings = backend.settings
    if not settings.secret_prefix:
        return 0
    providers = sorted({*backend.models.providers, *tenant.own_keys})
    return sum(delete_secret(settings.secret_of_tenant(tenant.id, provider)) for provider in providers)


def _objects(backend: Backend, tenant_id: str, enough: Enough) -> int:
    def some() -> Iterator[Version]:
        for version in backend.inventory.everything(tenant_id):
            if enough():
                return
            yield version

    return sum(backend.inventory.delete_versions(some()))


def _records(backend: Backend, tenant_id: str, enough: Enough) -> int:
    """Delete all items but the tenant's own, by which it is known that it is being erased; how many there were.

    Its rate of requests is written again by each request of its own.
    """
    found, kept = 0, {tenant_key(tenant_id), rate_key(tenant_id)}
    for pk in list(backend.partitions.of(tenant_id)):
        if enough():
            return found + 1
        found += backend.partitions.delete(pk, kept)
    return found
