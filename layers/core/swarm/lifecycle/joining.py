"""How the end of a child reaches its parent: as an entry of the parent's log, the last of which lets the parent go on.

The parent has no execution while its children work. Each child's end is told before the child leaves the index of
active runs, so whoever completes that end, also reconciliation, tells it; what the parent knows already it is not told
again.
"""

from __future__ import annotations

from datetime import datetime

from codex_swarm.models import RunStatus
from swarm.errors import CallerError, RunNotFound
from swarm.ids import new_id
from swarm.lifecycle import creation
from swarm.logs import log
from swarm.records.backend import Backend
from swarm.records.runlog import SlotTaken
from swarm.runs import children
from swarm.runs.children import Child
from swarm.runs.entries import ChildEnded, Entry
from swarm.runs.run import Run

ATTEMPTS = 100
"""All children may end at once, each by an entry of its own."""


def tell_parent(backend: Backend, run: Run) -> None:
    """Tell the parent of an ended child of its end; again changes nothing."""
    if run.parent_run_id is None or run.ended_at is None:
        return
    error = run.errors[-1] if run.errors else None
    began = run.work_began
    told = ChildEnded(
        run_id=run.run_id,
        status=run.status,
        error=f"{error.error_type}: {error.message}" if error else None,
        usage=run.usage,
        seconds=(run.ended_at - began).total_seconds() if began else 0.0,
    )
    tell(backend, run.key.tenant_id, run.parent_run_id, told, run.ended_at)


def tell(backend: Backend, tenant_id: str, parent_run_id: str, told: ChildEnded, at: datetime) -> None:
    """Write this down in the parent's log, and let the parent go on if it was the last that it waited for.

    Raises `SlotTaken` where others were quicker each time.
    """
    slot = 0
    for _ in range(ATTEMPTS):
        try:
            parent = backend.runs.current(tenant_id, parent_run_id)
        except RunNotFound:
            return
        child = _known(parent, told.run_id)
        if parent.status.final or child is None:
            return
        if child.status is None:
            try:
                parent = _told(backend, parent, child, told, at)
            except SlotTaken as taken:
                slot = taken.slot
                continue
        if parent.goes_on:
            _wake(backend, parent)
        return
    raise SlotTaken(slot)


def go_on(backend: Backend, run: Run, *, first: bool = False) -> None:
    """What is left to do once a run waits no longer, whatever has been done: show it, count it, start it.

    With `first` it is not refused for want of room: what it waited for is done, and nobody else would call it back.
    """
    backend.runs.store(run)
    creation.complete(backend, run, again=first)


def _known(parent: Run, run_id: str) -> Child | None:
    return next((child for child in parent.children if child.id == run_id), None)


def _told(backend: Backend, parent: Run, child: Child, told: ChildEnded, at: datetime) -> Run:
    entry = Entry(
        slot=parent.version + 1,
        writer=new_id(),
        at=at,
        change=told,
        progress=parent.progress,
        events=(children.told(child, RunStatus(told.status)),),
    )
    return backend.runs.append(parent, entry)


def _wake(backend: Backend, parent: Run) -> None:
    try:
        go_on(backend, parent, first=True)
    except CallerError as full:
        # Reconciliation starts it; the child's end must not fail for it.
        log.warning("a parent could not go on", run_id=parent.run_id, error=str(full))
