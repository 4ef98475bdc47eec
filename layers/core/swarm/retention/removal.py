"""How a project goes: hidden at once from everybody who asks, cleared away by the janitor, and then its id is free.

What is hidden is answered like what never was. A project and its ended runs are hidden by a mark on their items, so
that reading a run stays one read; active and waiting runs keep a project from being deleted. That it goes is decided
by one write on the tenant, which lets no run into it from then on; reconciliation hides it where whoever decided died.

Clearing away is done in slices, each of which may be the last one that its process does: whatever was deleted is
gone, and what is left is found again. Of a run its item goes last, of a project too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice

from swarm.aws import clients
from swarm.aws.clients import ClientError
from swarm.errors import BatchNotEnded, LegalHold, ProjectInUse, RunInUse, TenantBusy
from swarm.ids import RunKey
from swarm.logs import log
from swarm.records.backend import Backend
from swarm.records.projects import PendingCleanup
from swarm.records.tenant import batch_in, waits_for
from swarm.records.tenants import ATTEMPTS
from swarm.runs.batches import Batch
from swarm.runs.entries import Created
from swarm.runs.run import Run
from swarm.workspace.objects import ProjectArea

REQUEST_SECONDS = 15.0
"""What a request spends on hiding runs. Thousands are hidden in that time; the janitor does the others first of all."""

GRACE = timedelta(minutes=2)
"""Longer than a request takes: so long after it was hidden, nothing new is written that belongs to a project."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""How far apart the clocks of two processes may be."""

_PARALLEL = 16

Enough = Callable[[], bool]
"""Whether this process has to stop for now."""


def delete_project(
    backend: Backend, tenant_id: str, project_id: str, *, now: datetime, clock: Callable[[], float] = time.monotonic
) -> None:
    """Hide the project and its runs, and have them cleared away.

    Raises `ProjectNotFound`, `ProjectInUse`, `LegalHold`.
    """
    backend.projects.get(tenant_id, project_id)
    _close(backend, tenant_id, project_id)
    backend.projects.hide(tenant_id, project_id, now)
    deadline = clock() + REQUEST_SECONDS
    for batch in backend.batches.of_project(tenant_id, project_id):
        backend.batches.hide(batch, now)
    hide_runs(backend, tenant_id, project_id, now, lambda: clock() > deadline)
    _call_janitor(backend)


def delete_batch(backend: Backend, tenant_id: str, batch_id: str, *, now: datetime) -> None:
    """Hide an ended batch and its report; the janitor removes them. Its runs stay. Raises `BatchNotFound`,
    `BatchNotEnded`, `LegalHold`.
    """
    batch = backend.batches.get(tenant_id, batch_id)
    if batch.ended_at is None:
        raise BatchNotEnded(batch_id, batch.left)
    backend.tenants.require_no_hold(tenant_id)
    backend.batches.hide(batch, now)


def delete_run(backend: Backend, tenant_id: str, run_id: str, *, now: datetime) -> None:
    """Hide an ended run from everybody; the janitor removes it. Raises `RunNotFound`, `RunInUse`, `LegalHold`.

    What other runs took over from it, its files and its conversation, stays theirs. What it taught is forgotten. Its
    children go with it, and none of them goes before it has ended.
    """
    run = backend.runs.current(tenant_id, run_id)
    if not run.status.final:
        raise RunInUse(run_id)
    backend.tenants.require_no_hold(tenant_id)
    if run.parent_run_id is not None and _is_active(backend, tenant_id, run.parent_run_id):
        raise RunInUse(run.parent_run_id)
    for child in run.children:
        if _is_active(backend, tenant_id, child.id):
            raise RunInUse(child.id)
    for child in run.children:
        found = backend.runs.find(tenant_id, child.id)
        if found is not None:
            backend.runs.delete(found.key, now)
    backend.runs.store(run)
    backend.runs.delete(run.key, now)
    backend.patterns.forget(run)


def _is_active(backend: Backend, tenant_id: str, run_id: str) -> bool:
    run = backend.runs.find(tenant_id, run_id)
    return run is not None and not run.status.final


def was_deleted_under(backend: Backend, run: Run, now: datetime) -> bool:
    """Whether the run's project was deleted while the run was being started, also if another has its id by now.

    A run that was asked for just now had a project: no project goes sooner than `GRACE` after it was hidden, and into
    one that is being deleted no run gets.
    """
    if now - run.created_at < GRACE - CLOCKS_DIFFER:
        return False
    project = backend.projects.find(run.key.tenant_id, run.key.project_id)
    return project is None or project.created_at > run.created_at + CLOCKS_DIFFER


def _close(backend: Backend, tenant_id: str, project_id: str) -> None:
    """Decide that the project goes, by one write that holds only if no run has come since they were looked at.

    Until then nothing is changed, so a refusal is one without effect.
    """
    idle: set[str] = set()
    for _ in range(ATTEMPTS):
        tenant = backend.tenants.get(tenant_id)
        if tenant.hold is not None:
            raise LegalHold
        if batch_id := batch_in(tenant, project_id):
            raise ProjectInUse(project_id, batch_id, "batches under way")
        if waiting := waits_for(tenant, project_id):
            raise ProjectInUse(project_id, waiting)
        for run_id in sorted((tenant.active | tenant.asking) - idle):
            if _keeps(backend, tenant_id, run_id, project_id):
                raise ProjectInUse(project_id, run_id)
            idle.add(run_id)
        if backend.tenants.close(tenant, project_id):
            return
    raise TenantBusy


def _keeps(backend: Backend, tenant_id: str, run_id: str, project_id: str) -> bool:
    """Whether the run is an active one of this project, or is only just being created in a project not known yet."""
    run = backend.runs.find(tenant_id, run_id)
    if run is not None:
        return run.key.project_id == project_id and not run.status.final
    first = backend.log.first(tenant_id, run_id)
    return first is None or not isinstance(first.change, Created) or first.change.run.key.project_id == project_id


def _call_janitor(backend: Backend) -> None:
    if not backend.settings.janitor_function:
        return
    try:
        clients.functions().invoke(
            FunctionName=backend.settings.janitor_function, InvocationType="Event", Payload=b"{}"
        )
    except ClientError as error:
        # It comes by itself, only later.
        log.warning("the janitor could not be called", error=str(error))


def hide_runs(backend: Backend, tenant_id: str, project_id: str, now: datetime, enough: Enough) -> None:
    """Hide the project's ended runs."""
    traces = backend.runs.of_project(tenant_id, project_id)
    seen = (each.run.key for each in traces if each.hidden_at is None and each.run.status.final)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        while not enough() and (some := list(islice(seen, 10 * _PARALLEL))):
            list(pool.map(lambda key: backend.runs.hide(key, now), some))


def clear_project(
    backend: Backend, cleanup: PendingCleanup, hidden_at: datetime, now: datetime, enough: Enough
) -> bool:
    """Clear away as much of a hidden project as there is time for; whether it is gone for good."""
    tenant_id, project_id = cleanup.tenant_id, cleanup.project_id
    hide_runs(backend, tenant_id, project_id, now, enough)
    if not all(trace.run.status.final for trace in backend.runs.of_project(tenant_id, project_id)):
        # It ends by itself, or reconciliation ends it. Until then its files stay where it expects them.
        return False
    found = _delete_objects(backend, ProjectArea(tenant_id, project_id).everything, enough)
    if enough():
        return False
    found += _remove_runs(backend, tenant_id, project_id, enough)
    for batch in backend.batches.of_project(tenant_id, project_id):
        backend.batches.remove(batch)
        found += 1
    found += backend.projects.remove(cleanup)
    if found or enough() or now - hidden_at < GRACE:
        # Only a round that finds nothing any more can be the last.
        return False
    backend.tenants.reopen(tenant_id, project_id)
    backend.projects.release(cleanup)
    return True


def _remove_runs(backend: Backend, tenant_id: str, project_id: str, enough: Enough) -> int:
    keys = (trace.run.key for trace in backend.runs.of_project(tenant_id, project_id))
    removed = 0
    with ThreadPoolExecutor(_PARALLEL) as pool:
        while not enough() and (some := list(islice(keys, _PARALLEL))):
            removed += len(list(pool.map(backend.runs.remove, some)))
    return removed


def remove_run(backend: Backend, key: RunKey, enough: Enough) -> bool:
    """Delete a hidden run's objects, its log and its item; whether there was time for all of it."""
    area = ProjectArea(key.tenant_id, key.project_id)
    _delete_objects(backend, area.run(key.run_id), enough)
    if enough():
        return False
    backend.runs.remove(key)
    return True


def remove_batch(backend: Backend, batch: Batch, enough: Enough) -> bool:
    """Delete what is stored of a batch, its report and its item; whether there was time for all of it."""
    _delete_objects(backend, ProjectArea(batch.tenant_id, batch.project_id).batch(batch.id), enough)
    if enough():
        return False
    backend.batches.remove(batch)
    return True


def _delete_objects(backend: Backend, prefix: str, enough: Enough) -> int:
    return sum(_until(enough, backend.inventory.delete(backend.inventory.keys(prefix))))


def _until(enough: Enough, lots: Iterable[int]) -> Iterator[int]:
    for number in lots:
        yield number
        if enough():
            return
