"""What people decide about a run: while it waits for them, or for its children, it has no execution, and is none of the
active runs.

A decision is an entry of the run's log, so one request is decided once, whatever else it meets. The last decision of a
turn lets the run go on in another execution, of the run's next round. Whoever is left of an earlier one finds that it
is over (`swarm.agent.loop.work`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from codex_swarm.models import MAX_ANSWER, DecisionKind, RequestKind, RunError
from swarm.errors import AlreadyDecided, InvalidRequest, RequestNotFound
from swarm.ids import new_id
from swarm.lifecycle import batch_runs, creation, delegation, joining, queue
from swarm.lifecycle.end_entry import failed
from swarm.lifecycle.ending import advance, end
from swarm.records.backend import Backend, area_of
from swarm.runs.children import at_work
from swarm.runs.entries import Decided, Entry
from swarm.runs.error_types import ErrorType
from swarm.runs.requests import BEGINNING, DEADLINE, Decision, Request, told, undecided
from swarm.runs.run import Run


def apply_wait_effects(backend: Backend, run: Run) -> None:
    """Do what waiting entails: start children, note whom to tell, count the run no longer, admit the next.

    Again changes nothing.
    """
    delegation.start_children(backend, run)
    backend.outbox.announce_wait(run)
    tenant = backend.tenants.pause(run.key.tenant_id, run.run_id, always=bool(run.children))
    backend.outbox.start_wait(run)
    if tenant.waiting:
        queue.admit(backend, tenant.id)
    if run.waits_for_people:
        batch_runs.tell_wait(backend, run)
    latest = backend.runs.current(run.key.tenant_id, run.run_id)
    if not latest.waits and not latest.status.final:
        # It went on meanwhile, and was counted before it was counted no longer.
        joining.go_on(backend, latest, first=True)


def decide(backend: Backend, tenant_id: str, run_id: str, request_id: str, decision: Decision) -> Run:
    """Decide what the run waits for; with the last decision of a turn it goes on. Raises `CallerError`s.

    Where the tenant's queue has no room for a run that goes on, nothing is decided.
    """
    run = backend.runs.current(tenant_id, run_id)
    if len(decision.text) > MAX_ANSWER:
        # Only what fits the request is stored; the run's item has no room for texts of this length.
        _require_open(_known(run, request_id), decision)
        key = area_of(run.key).of_run(run_id, "inputs", f"{new_id()}.txt")
        backend.objects.put(key, decision.text.encode())
        decision = replace(decision, text=decision.text[:BEGINNING], key=key)
    try:
        after = advance(backend, run, lambda latest: _decided(backend, latest, request_id, decision))
    except AlreadyDecided:
        # Whoever decided may not have lived to let the run go on.
        latest = backend.runs.current(tenant_id, run_id)
        if latest.goes_on:
            joining.go_on(backend, latest)
        raise
    if after is None:
        request = _known(backend.runs.current(tenant_id, run_id), request_id)
        raise AlreadyDecided(
            request_id, f"{request.decision.by} decided it" if request.decision else "the run has ended"
        )
    if not after.waits:
        creation.complete(backend, after)
    return after


def take_defaults(backend: Backend, run: Run, now: datetime) -> bool:
    """What the deadline does to a run that waits, once it has passed: the default answers, or else the end of the run.

    Whether it did anything. Raises `CallerError`s where there is no room for a run that goes on; then it is done later.
    """
    overdue = [request for request in undecided(run.requests) if request.deadline <= now]
    if not overdue:
        return False
    without = [request for request in overdue if request.default is None]
    if without:
        error = _not_decided(without[0])
        advance(backend, run, lambda latest: _ended(backend, latest, without[0].id, error, now))
        return True
    for request in overdue:
        decision = Decision(kind=DecisionKind.ANSWER, text=request.default or "", by=DEADLINE, at=now)
        try:
            decide(backend, run.key.tenant_id, run.run_id, request.id, decision)
        except AlreadyDecided:
            continue
    return True


def _decided(backend: Backend, run: Run, request_id: str, decision: Decision) -> Run:
    _require_open(_known(run, request_id), decision)
    if len(undecided(run.requests)) == 1 and not at_work(run.children):
        # Before the run goes on, so that a request that is refused for want of room has changed nothing.
        backend.tenants.enter(run.key, run.created_at)
    entry = Entry(
        slot=run.version + 1,
        writer=new_id(),
        at=decision.at,
        change=Decided(request_id=request_id, decision=decision),
        progress=run.progress,
        events=(told(request_id, decision),),
    )
    return backend.runs.append(run, entry)


def _ended(backend: Backend, run: Run, request_id: str, error: RunError, now: datetime) -> Run:
    """The run, ended, unless somebody has decided meanwhile."""
    if _known(run, request_id).decision is not None:
        return run
    return end(backend, run, failed(error), writer=new_id(), now=now)


def _not_decided(request: Request) -> RunError:
    return RunError(
        step="agent",
        tool=request.name,
        error_type=ErrorType.NOT_DECIDED,
        message=f"nobody decided in time: {request.question}",
        suggestion="Send what was to be decided to POST /runs/{id}/messages: a new run goes on with it.",
    )


def _known(run: Run, request_id: str) -> Request:
    for request in run.requests:
        if request.id == request_id:
            return request
    raise RequestNotFound(request_id)


_FITTING: Mapping[RequestKind, tuple[DecisionKind, ...]] = MappingProxyType(
    {
        RequestKind.QUESTION: (DecisionKind.ANSWER,),
        RequestKind.APPROVAL: (DecisionKind.APPROVE, DecisionKind.DENY),
        RequestKind.TOOL: (DecisionKind.OUTPUT, DecisionKind.ERROR),
    }
)


def _require_open(request: Request, decision: Decision) -> None:
    """Raises `AlreadyDecided`, and `InvalidRequest` where this decides no request of this kind."""
    if request.decision is not None:
        raise AlreadyDecided(request.id, f"{request.decision.by} decided it")
    fitting = _FITTING[request.kind]
    if decision.kind not in fitting:
        raise InvalidRequest(f"a request of kind {request.kind} is decided by {' or '.join(fitting)}")
    if decision.kind in {DecisionKind.ANSWER, DecisionKind.ERROR} and not decision.text.strip():
        raise InvalidRequest("text is blank; say the answer, or what went wrong")
