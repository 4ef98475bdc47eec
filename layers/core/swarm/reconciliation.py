"""Repairs runs that nobody is working on any more: never started, or their execution ended without ending them.

Everything here looks at the run log first and changes it only through the next slot, so that it may run twice, in
parallel, or against a run that is perfectly well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from swarm import closing, creation, faults, lifecycle
from swarm.backend import Backend
from swarm.execution_errors import explain
from swarm.executions import Execution
from swarm.ids import new_id
from swarm.logs import log
from swarm.run import Created, Run, RunKey

GRACE = timedelta(minutes=2)
"""How old a run is before a missing execution means that its start was lost, and is not just about to come."""


@dataclass
class Repairs:
    """How many runs were looked at, and what was done."""

    seen: int = 0
    settled: int = 0
    started: int = 0
    failed: int = 0
    forgotten: int = 0


def reconcile(backend: Backend, now: datetime) -> Repairs:
    """Look at every active run, and at everything that counts as one."""
    repairs = Repairs()
    for run in backend.runs.active():
        repairs.seen += 1
        repair(backend, run.key, repairs, now)
    _recount(backend, repairs)
    return repairs


def repair(backend: Backend, key: RunKey, repairs: Repairs, now: datetime) -> None:
    """Mend one run, if it needs it."""
    run = backend.runs.current(key.tenant_id, key.run_id)
    faults.point("reconcile.found")
    if run.status.final:
        closing.settle(backend, run)
        repairs.settled += 1
        return
    execution = backend.executions.find(key)
    if execution is None:
        if now - run.created_at >= GRACE:
            log.warning("a run was never started", run_id=key.run_id)
            creation.complete(backend, run)
            repairs.started += 1
    elif execution.status != "RUNNING":
        _end(backend, run, execution, now)
        repairs.failed += 1


def _end(backend: Backend, run: Run, execution: Execution, now: datetime) -> None:
    log.warning("an execution ended without its run", run_id=run.run_id, status=execution.status)
    error = explain(run, execution.error or f"Execution.{execution.status}", execution.cause)
    lifecycle.fail(backend, run.key, error, writer=new_id(), now=now)


def _recount(backend: Backend, repairs: Repairs) -> None:
    """Runs that a tenant is counted for, but that are not there.

    A request that died between counting its run and writing it down leaves such an id. It is told from a request
    that is just now being answered by being found on two rounds.
    """
    for tenant in backend.tenants.all():
        missing = {run_id for run_id in tenant.active if backend.runs.find(tenant.id, run_id) is None}
        for run_id in missing & tenant.suspects:
            if _adopt(backend, tenant.id, run_id):
                repairs.started += 1
            else:
                backend.tenants.release(tenant.id, run_id)
                repairs.forgotten += 1
        if missing or tenant.suspects:
            backend.tenants.suspect(tenant.id, missing - tenant.suspects)
        _release_ended(backend, tenant.id, tenant.active - missing, repairs)


def _adopt(backend: Backend, tenant_id: str, run_id: str) -> bool:
    """Finish the creation of a run whose slot 0 is all that there is of it."""
    first = backend.log.first(tenant_id, run_id)
    if first is None or not isinstance(first.change, Created):
        return False
    creation.complete(backend, first.change.run)
    return True


def _release_ended(backend: Backend, tenant_id: str, active: frozenset[str], repairs: Repairs) -> None:
    """A run that ended while a late request counted it again."""
    for run_id in sorted(active):
        run = backend.runs.find(tenant_id, run_id)
        if run is not None and run.status.final:
            backend.tenants.release(tenant_id, run_id)
            repairs.forgotten += 1
