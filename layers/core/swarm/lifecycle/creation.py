"""How a run comes to be: counted, written down, started; once for each idempotency key, however often it is sent.

The order is what makes a crash harmless. A run is counted, as active or as waiting, before it exists, it exists from
slot 0 of its log on, and only then is it shown, and started once it is active. Whoever finds a run half created (a
request with the same key, or `swarm.lifecycle.reconciliation`) does the steps that are left; each of them changes
nothing when it is done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from codex_swarm.models import (
    RunLimits,
    RunStatus,
    StatusEvent,
)
from swarm.errors import (
    CallerError,
    ModelNotAllowed,
    NotResumable,
    RunNotFound,
)
from swarm.ids import new_id
from swarm.lifecycle import budgets, hosting, queue
from swarm.lifecycle.describing import NewRun, described, name_from
from swarm.lifecycle.idempotency import fingerprint_of, key_for, same_request
from swarm.lifecycle.inputs import InlineFile, Said, store_inline
from swarm.records.backend import Backend
from swarm.records.runlog import SlotTaken
from swarm.records.tenant import Tenant
from swarm.runs import events
from swarm.runs.catalogue import NO_MODEL, Choice, require_provider
from swarm.runs.entries import Created, Entry
from swarm.runs.error_types import ErrorType
from swarm.runs.limits import Limits, granted, require_price
from swarm.runs.run import Run
from swarm.workspace.objects import ProjectArea

RESUMABLE = frozenset(
    {ErrorType.LIMIT_REACHED, ErrorType.INCOMPLETE, ErrorType.NOT_ACCEPTED, ErrorType.BUDGET_EXHAUSTED}
)
"""What ended a run in the middle of work that can go on."""


@dataclass(frozen=True, slots=True)
class Creation:
    """A run that was asked for, and its place in the tenant's queue where it waits for its turn.

    `replayed` when an earlier request with the same key had made it; what place it has nobody has looked for then.
    """

    run: Run
    replayed: bool = False
    place: int | None = None


def create(
    backend: Backend,
    tenant_id: str,
    project_id: str,
    wanted: NewRun,
    *,
    now: datetime,
    idempotency_key: str | None = None,
) -> Creation:
    """Create the run, queued, and start it. Raises `CallerError`s; nothing is left behind by a refused request."""
    project = backend.projects.get(tenant_id, project_id)
    key = key_for(tenant_id, project, idempotency_key)
    area = ProjectArea(tenant_id, project_id)
    fingerprint = fingerprint_of(backend, area, wanted) if idempotency_key is not None else None
    if idempotency_key is not None:
        earlier = backend.runs.find(tenant_id, key.run_id)
        if earlier is not None:
            return Creation(_replay(backend, earlier, fingerprint), replayed=True)
    run, files = described(backend, project, key, wanted, now)
    run = replace(run, fingerprint=fingerprint)
    return open_run(backend, run, wanted.limits, files, named=wanted.model is not None)


def resume(backend: Backend, tenant_id: str, run_id: str, limits: RunLimits | None, *, now: datetime) -> Creation:
    """A new run that goes on from the last turn of one that reached a limit. Raises `RunNotFound`, `NotResumable`.

    The run that ended stays as it is; the new one has its files, its conversation and limits of its own.
    """
    stopped = backend.runs.get(tenant_id, run_id)
    if not any(error.error_type in RESUMABLE for error in stopped.errors):
        raise NotResumable(run_id, stopped.status.value)
    given = Choice(stopped.model, stopped.effort)
    choice = NO_MODEL if stopped.conversion else backend.models.still(given, stopped.task_type)
    run = replace(
        _following(backend, stopped, choice, new_id(), now),
        reference_run_id=stopped.reference_run_id,
        resumed_from_run_id=run_id,
        conversion=stopped.conversion,
    )
    return open_run(backend, run, limits)


def go_on(
    backend: Backend,
    ended: Run,
    said: Said,
    *,
    run_id: str,
    fingerprint: str | None,
    now: datetime,
) -> Creation:
    """A new run, of this id, that goes on with what an ended one left, its files and its conversation, and with this.

    Raises `CallerError`s.
    """
    tenant_id = ended.key.tenant_id
    earlier = backend.runs.find(tenant_id, run_id)
    if earlier is not None:
        return Creation(_replay(backend, earlier, fingerprint), replayed=True)
    project = backend.projects.get(tenant_id, ended.key.project_id)
    choice = backend.models.still(Choice(ended.model, ended.effort), ended.task_type)
    run = replace(
        _following(backend, ended, choice, run_id, now),
        name=name_from(said.text),
        instructions=said.text,
        uploads=said.uploads,
        fingerprint=fingerprint,
        house_style=project.house_style,
        may_have_skills=project.has_skills,
    )
    return open_run(backend, run, None, said.files)


def _following(backend: Backend, before: Run, choice: Choice, run_id: str, now: datetime) -> Run:
    """A run with the files and the conversation of one that ended, which is to be done in the same way."""
    return Run(
        key=replace(before.key, run_id=run_id),
        name=before.name,
        task_type=before.task_type,
        instructions=before.instructions,
        created_at=now,
        from_run_id=before.run_id,
        continues_run_id=before.run_id,
        thread_id=before.conversation_id,
        metadata=before.metadata,
        callback_url=before.callback_url,
        model=choice.model,
        effort=choice.effort,
        hosted_tools=hosting.still_chosen(backend, before, choice.model),
        interactive=before.interactive,
        require_approval=before.require_approval,
        decision_seconds=before.decision_seconds,
        tools=before.tools,
        result_schema=before.result_schema,
        acceptance=before.acceptance,
        document_template=before.document_template,
        house_style=before.house_style,
        may_have_skills=before.may_have_skills,
    )


def open_run(
    backend: Backend, run: Run, limits: RunLimits | None, files: Sequence[InlineFile] = (), *, named: bool = False
) -> Creation:
    """Count the run, write it down with the limits that are granted, show it and start it. Raises `CallerError`s.

    `named` says that the caller named the model. Any other gives way to one that the tenant may use.
    """
    key = run.key
    try:
        require_possible(backend, run, limits)
    except CallerError:
        # Perhaps it is with a model that the tenant may use. Most tenants may use all, and are not read for this.
        allowed = _with_allowed_model(backend, run, backend.tenants.get(key.tenant_id), named=named)
        if allowed == run:
            raise
        require_possible(backend, allowed, limits)
    tenant = backend.tenants.enter(key, run.created_at)
    try:
        run = _with_allowed_model(backend, run, tenant, named=named)
        _require_model(backend, run, limits)
    except CallerError:
        _uncount(backend, run)
        raise
    allowance = tenant.allowance or backend.allowance
    # Only now, so that a request that is refused has stored nothing.
    inputs = store_inline(backend, ProjectArea(key.tenant_id, key.project_id), key.run_id, files)
    may_have_skills = run.may_have_skills or tenant.has_skills
    run = replace(run, limits=granted(limits, allowance), inputs=inputs, may_have_skills=may_have_skills)
    queued = (
        StatusEvent(status=run.status, run_id=key.run_id, project_id=key.project_id),
        events.progress(events.PREPARING),
    )
    entry = Entry(slot=0, writer=new_id(), at=run.created_at, change=Created(run=run), events=queued)
    try:
        backend.log.append(key, entry)
    except SlotTaken:
        return Creation(_join(backend, run), replayed=True)
    return Creation(run, place=_show(backend, run, tenant))


def _with_allowed_model(backend: Backend, run: Run, tenant: Tenant, *, named: bool) -> Run:
    """The run, with a model that its tenant may use. Raises `ModelNotAllowed` where the caller named another."""
    if not tenant.models or not run.model or run.model in tenant.models:
        return run
    allowed = [name for name in backend.models.models if name in tenant.models]
    if named or not allowed:
        raise ModelNotAllowed(run.model, allowed or ["none of those that there are"])
    return replace(run, model=allowed[0], effort=backend.models.entry(allowed[0]).effort)


def require_possible(
    backend: Backend, run: Run, limits: RunLimits | None, tenant: Tenant | None = None, *, named: bool = False
) -> None:
    """Raises `CallerError`s where nobody could work on a run, a limit of its cost has no price, or a budget is used up.

    With a `tenant` it is about a model that this may use; `named` as `open_run` takes it.
    """
    if tenant is not None:
        run = _with_allowed_model(backend, run, tenant, named=named)
    _require_model(backend, run, limits)
    if budgets.is_billable(backend, run, run.created_at):
        budgets.require(backend, run, run.created_at)


def _require_model(backend: Backend, run: Run, limits: RunLimits | None) -> None:
    hosting.require_usable(backend, run)
    if run.conversion is None:
        require_provider(backend.settings, backend.models, run.model)
    require_price(_asked(limits), run.model, backend.models.entry(run.model).price(run.created_at.date()))


def _join(backend: Backend, run: Run) -> Run:
    """Another request with the same key was quicker: help it to its end, and answer with its run."""
    first = backend.log.first(run.key.tenant_id, run.run_id)
    if first is None or not isinstance(first.change, Created):
        raise TypeError("slot 0 of a run's log says how it was created")
    complete(backend, first.change.run)
    try:
        made = backend.runs.current(run.key.tenant_id, run.run_id)
    except RunNotFound:
        # It was deleted, and this request counted it again.
        _uncount(backend, run)
        raise
    if made.status.final:
        # It has ended meanwhile, and this request counted it again.
        _uncount(backend, run)
    return same_request(made, run.fingerprint)


def _uncount(backend: Backend, run: Run) -> None:
    if backend.tenants.release(run.key.tenant_id, run.run_id).waiting:
        queue.admit(backend, run.key.tenant_id)


def _replay(backend: Backend, earlier: Run, fingerprint: str | None) -> Run:
    """The run that an earlier request made, and perhaps did not live to start."""
    if earlier.status is RunStatus.QUEUED:
        _show(backend, earlier, backend.tenants.get(earlier.key.tenant_id))
    return same_request(earlier, fingerprint)


def complete(backend: Backend, run: Run, *, again: bool = False) -> None:
    """What is left to do once slot 0 is written, whatever has been done: count the run, show it, let it begin.

    `again` as `Tenants.enter` takes it.
    """
    _show(backend, run, backend.tenants.enter(run.key, run.created_at, again=again))
    if backend.runs.current(run.key.tenant_id, run.run_id).status.final:
        # It was cancelled before it was counted here, and nobody would count it no longer.
        _uncount(backend, run)


def _show(backend: Backend, run: Run, tenant: Tenant) -> int | None:
    """Show the run, and start it if it is active, also after those before it have been admitted; else its place."""
    backend.runs.create(run)
    if run.run_id not in tenant.active:
        # Room may have been made before the run was seen to wait, or it was admitted before it was shown.
        tenant = queue.admit(backend, tenant.id)
    if run.run_id in tenant.active:
        queue.start(backend, run)
        return None
    return tenant.place(run.run_id)


def _asked(limits: RunLimits | None) -> Limits:
    return Limits(max_cost_usd=limits.max_cost_usd if limits else None)
