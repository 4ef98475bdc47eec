"""How a run ends: once, with its outputs recorded, and with everything that counted it as active undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from swarm.aws.clients import ClientError
from swarm.errors import RunNotFound, RunStopped
from swarm.ids import new_id
from swarm.lifecycle import batch_runs, budgets, joining, queue
from swarm.lifecycle.end_entry import CANCELLED, Ending, entry_of
from swarm.logs import log
from swarm.metrics import RUN_SECONDS, RUNS_ENDED, record
from swarm.records.backend import Backend
from swarm.records.runlog import SlotTaken
from swarm.runs import children
from swarm.runs.fold import apply
from swarm.runs.run import Run

T = TypeVar("T")

ATTEMPTS = 20


def advance(backend: Backend, run: Run, attempt: Callable[[Run], T]) -> T | None:
    """What `attempt` gives for the run; tried again, on the run as it is then, when another process takes the slot.

    None when the run has ended; the effects of its end are applied then. Raises `SlotTaken` after `ATTEMPTS`.
    """
    for _ in range(ATTEMPTS):
        if run.status.final:
            apply_end_effects(backend, run)
            return None
        try:
            return attempt(run)
        except (SlotTaken, RunStopped):
            run = backend.runs.current(run.key.tenant_id, run.run_id)
    raise SlotTaken(run.version + 1)


def end(backend: Backend, run: Run, ending: Ending, *, writer: str, now: datetime, looked: float | None = None) -> Run:
    """End the run, if the next slot is still to be had. Raises `SlotTaken` or `RunStopped` when it is not.

    `looked` is when the process was last sure of that, as `Backend.held_by` takes it.

    The outputs are stored before the entry that names them, and what the entry entails is done after it, each step
    so that doing it again changes nothing: any process that finds the end in the log can do it (`apply_end_effects`).
    """
    entry = entry_of(backend.held_by(run, looked), run, ending, writer, now)
    backend.log.append(run.key, entry)
    ended = apply(run, entry)
    _measure(ended)
    return apply_end_effects(backend, ended)


def _measure(run: Run) -> None:
    """Only whoever got the slot does, so no end is counted twice."""
    record({RUNS_ENDED: 1}, status=run.status.value, error_type=run.errors[-1].error_type if run.errors else "none")
    if run.work_began and run.ended_at:
        record({RUN_SECONDS: max(0.0, (run.ended_at - run.work_began).total_seconds())})


def apply_end_effects(backend: Backend, run: Run) -> Run:
    """Do what an end entails: keep what it taught and what it used, note whom to tell, release the run, end its
    children, tell its parent or its batch, show the end, admit the next.
    """
    backend.patterns.keep(run)
    backend.outbox.announce(run)
    # Before the run is shown as ended: from then on it may be deleted, and its row stays.
    backend.usage.record(run)
    budgets.tell_at_the_end(backend, run)
    tenant = backend.tenants.release(run.key.tenant_id, run.run_id, run.stored_bytes)
    stop_children(backend, run)
    joining.tell_parent(backend, run)
    batch_runs.tell_batch(backend, run)
    # Last, because it takes the run out of the index of active runs, where an unfinished end would be found again.
    backend.runs.store(run)
    # Only now, so that a receiver that asks for the run finds it ended.
    backend.outbox.start(run)
    if tenant.waiting:
        queue.admit(backend, tenant.id)
    if run.ended_at is not None:
        batch_runs.go_on_after(backend, run, run.ended_at)
    return run


def stop_children(backend: Backend, run: Run) -> bool:
    """Cancel the children that an ended run leaves at work; whether there were any.

    Those that do not exist yet come to nothing (`swarm.lifecycle.delegation.is_orphan`).
    """
    found = [child for child in children_of(backend, run) if not child.status.final]
    cancelled = [advance(backend, child, lambda latest: _cancelled(backend, latest, run)) for child in found]
    return any(cancelled)


def children_of(backend: Backend, run: Run) -> Iterator[Run]:
    """The children that the run waited for, as they stand: those that exist."""
    for child in children.at_work(run.children):
        with suppress(RunNotFound):
            yield backend.runs.current(run.key.tenant_id, child.id)


def _cancelled(backend: Backend, child: Run, parent: Run) -> bool:
    end(backend, child, CANCELLED, writer=new_id(), now=parent.ended_at or child.created_at)
    return True


def stop(backend: Backend, run: Run, reason: str) -> bool:
    """Stop the execution of an ended run; whether anybody can be at work on it."""
    try:
        return backend.executions.stop(run.key, reason, run.rounds)
    except ClientError as error:
        # The run is over all the same: its execution finds that out at its next state.
        log.warning("the execution could not be stopped", run_id=run.run_id, error=str(error))
        return True
