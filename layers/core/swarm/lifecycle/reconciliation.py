"""Repairs runs that nobody is working on any more: never started, or their execution ended without ending them.

Everything here looks at the run log first and changes it only through the next slot, so that it may run twice, in
parallel, or against a run that is perfectly well.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from codex_swarm.models import RunStatus
from swarm.errors import CallerError, ProjectNotFound
from swarm.ids import RunKey, new_id
from swarm.lifecycle import batches, creation, decisions, ending, joining, queue, transitions
from swarm.lifecycle.execution_errors import explain
from swarm.logs import log
from swarm.metrics import ACTIVE_RUNS, OLDEST_ACTIVE, OLDEST_QUEUED, QUEUED_RUNS, record
from swarm.records.backend import Backend
from swarm.records.tenant import Tenant
from swarm.runs.entries import Created
from swarm.runs.run import Run

GRACE = timedelta(minutes=2)
"""How long whatever is being done may look undone: far longer than any request takes."""


@dataclass
class Repairs:
    """How many runs were looked at, what was done, and how many could not be helped this time."""

    seen: int = 0
    settled: int = 0
    started: int = 0
    failed: int = 0
    forgotten: int = 0
    broken: int = 0
    announced: int = 0
    decided: int = 0


@dataclass
class _Ages:
    """How long runs have been worked on, and how long they have waited for their turn, in seconds."""

    active: list[float] = field(default_factory=list)
    queued: list[float] = field(default_factory=list)

    def add(self, run: Run, now: datetime) -> None:
        if run.status is RunStatus.QUEUED:
            self.queued.append((now - run.created_at).total_seconds())
        elif run.work_began and not (run.status.final or run.waits):
            self.active.append((now - run.work_began).total_seconds())

    def measure(self) -> None:
        record(
            {
                ACTIVE_RUNS: len(self.active),
                QUEUED_RUNS: len(self.queued),
                OLDEST_ACTIVE: max(self.active, default=0.0),
                OLDEST_QUEUED: max(self.queued, default=0.0),
            }
        )


def reconcile(backend: Backend, now: datetime) -> Repairs:
    """Look at every active run, and at everything that counts as one."""
    repairs, ages = Repairs(), _Ages()
    waiting = {run_id for tenant in backend.tenants.all() for run_id in tenant.waiting}
    for run in backend.runs.active():
        ages.add(run, now)
        if run.run_id in waiting:
            continue
        try:
            repair(backend, run.key, repairs, now)
        except Exception:  # noqa: BLE001  whatever is wrong with one run must not keep the others from being mended
            log.exception("a run could not be repaired", run_id=run.run_id)
            repairs.broken += 1
    _mend_batches(backend, repairs, now)
    ages.measure()
    _recount(backend, repairs, now)
    repairs.announced = backend.outbox.repair(now, GRACE)
    return repairs


def repair(backend: Backend, key: RunKey, repairs: Repairs, now: datetime) -> None:
    """Mend one run, if it needs it."""
    run = backend.runs.find(key.tenant_id, key.run_id)
    if run is None:
        # It was deleted meanwhile.
        return
    repairs.seen += 1
    run = backend.runs.current(key.tenant_id, key.run_id)
    if run.status.final:
        ending.apply_end_effects(backend, run)
        repairs.settled += 1
        return
    if run.waits:
        backend.runs.store(run)
        decisions.apply_wait_effects(backend, run)
        repairs.decided += _take_defaults(backend, run, now)
        return
    execution = backend.executions.find(key, run.rounds)
    if execution is None:
        if now - (run.went_on_at or run.created_at) >= GRACE:
            log.warning("a run was never started", run_id=key.run_id)
            joining.go_on(backend, run, first=run.rounds > 0)
            repairs.started += 1
    elif execution.status != "RUNNING":
        log.warning("an execution ended without its run", run_id=run.run_id, status=execution.status)
        error = explain(run, execution.error or f"Execution.{execution.status}", execution.cause)
        transitions.fail(backend, key, error, writer=new_id(), now=now)
        repairs.failed += 1


def _mend_batches(backend: Backend, repairs: Repairs, now: datetime) -> None:
    """See to it that each batch goes on: with what is to be started, told, cancelled or announced."""
    for tenant in backend.tenants.all():
        for batch_id, entered in tenant.batches.items():
            try:
                batches.mend(backend, tenant.id, batch_id, now, entered_at=datetime.fromisoformat(entered.since))
            except Exception:  # noqa: BLE001  as above
                log.exception("a batch could not be mended", batch_id=batch_id)
                repairs.broken += 1


def _take_defaults(backend: Backend, run: Run, now: datetime) -> bool:
    try:
        return decisions.take_defaults(backend, run, now)
    except CallerError as full:
        log.warning("a run could not go on at its deadline", run_id=run.run_id, error=str(full))
        return False


def _recount(backend: Backend, repairs: Repairs, now: datetime) -> None:
    """Runs that a tenant is counted for, but that have ended or are not there."""
    for tenant in backend.tenants.all():
        for project_id in sorted(tenant.deleting):
            # Whoever decided that it goes did not live to hide it.
            with suppress(ProjectNotFound):
                backend.projects.hide(tenant.id, project_id, now)
        counted = sorted(tenant.active | tenant.asking | tenant.waiting.keys())
        found = {run_id: backend.runs.find(tenant.id, run_id) for run_id in counted}
        for run_id, run in found.items():
            if run is not None and run.status.final:
                # A late request with its idempotency key counted it again.
                backend.tenants.release(tenant.id, run_id)
                repairs.forgotten += 1
        _question(backend, tenant, {run_id for run_id, run in found.items() if run is None}, repairs, now)
        queue.admit(backend, tenant.id)


def _question(backend: Backend, tenant: Tenant, missing: set[str], repairs: Repairs, now: datetime) -> None:
    """What to do about runs that are counted and not there.

    A request that died between counting its run and showing it leaves such an id. It is told from a request that is
    just now being answered by still being there after `GRACE`, however many rounds there are meanwhile.
    """
    if tenant.suspected_at is not None and now - tenant.suspected_at < GRACE:
        return
    for run_id in sorted(missing & tenant.suspects):
        if _finish_creation(backend, tenant.id, run_id):
            repairs.started += 1
        else:
            backend.tenants.release(tenant.id, run_id)
            repairs.forgotten += 1
    fresh = missing - tenant.suspects
    if fresh or tenant.suspected_at is not None:
        backend.tenants.suspect(tenant.id, fresh, now)


def _finish_creation(backend: Backend, tenant_id: str, run_id: str) -> bool:
    """Finish the creation of a run whose slot 0 is all that there is of it."""
    first = backend.log.first(tenant_id, run_id)
    if first is None or not isinstance(first.change, Created):
        return False
    creation.complete(backend, first.change.run)
    return True
