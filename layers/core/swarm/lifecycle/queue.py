"""A tenant's queue: whoever makes room in it starts the run whose turn has come.

A run is admitted by one write on the tenant (`swarm.records.tenants`), and its execution started after it. Whoever dies
in between leaves a run that is admitted and not started, which reconciliation starts.
"""

from __future__ import annotations

from swarm.aws.clients import ClientError
from swarm.logs import log
from swarm.records.backend import Backend
from swarm.records.tenant import Tenant
from swarm.runs.run import Run


def admit(backend: Backend, tenant_id: str) -> Tenant:
    """Start those that wait, as far as there is room; the tenant as it was seen last."""
    tenant = backend.tenants.get(tenant_id)
    while True:
        run_id, tenant = backend.tenants.admit_next(tenant)
        if run_id is None:
            return tenant
        run = backend.runs.find(tenant_id, run_id)
        # One that is not shown yet is being created, and is started by whoever creates it.
        if run is not None and not run.status.final:
            start(backend, run)


def start(backend: Backend, run: Run) -> None:
    """Start the execution of an admitted run; again changes nothing."""
    try:
        backend.executions.start(run.key, run.rounds)
    except ClientError as error:
        # The run is queued all the same; reconciliation starts what was not started here.
        log.warning("the execution could not be started", run_id=run.run_id, error=str(error))
