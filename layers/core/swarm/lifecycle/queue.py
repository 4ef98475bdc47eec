"""A tenant's queue: whoever makes room in it starts the run whose turn has come.

A run is admitted by one write on the tenant (`swarm.records.tenants`), and its execution started after it. Whoever dies
in between leaves a run that is admitted and not started, which reconciliation starts.
"""

from __future__ import annotations

from swarm.aws.clients import ClientError
from swarm.logs import log
from swarm.records.backend import Backend
from swarm.runs.run import Run


def admit(backend: Backend, tenant_id: str) -> None:
    """Start those that wait, as far as there is room."""
    while (run_id := backend.tenants.admit_next(tenant_id)) is not None:
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
