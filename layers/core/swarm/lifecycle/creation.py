"""How a run comes to be: counted, written down, started; once for each idempotency key, however often it is sent.

The order is what makes a crash harmless. A run is counted as active before it exists, it exists from slot 0 of its
log on, and only then is it shown and started. Whoever finds a run half created (a request with the same key, or
`swarm.lifecycle.reconciliation`) does the steps that are left; each of them changes nothing when it is done again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from codex_swarm.models import RunLimits, StatusEvent, TaskType
from swarm.aws.clients import ClientError
from swarm.errors import CloneNotAllowed, IdempotencyKeyReused, NotResumable, UploadNotFound
from swarm.ids import RunKey, new_id
from swarm.lifecycle.inputs import InlineFile, store_inline, upload_of
from swarm.logs import log
from swarm.records.backend import Backend
from swarm.records.runlog import SlotTaken
from swarm.runs import events
from swarm.runs.entries import Created, Entry
from swarm.runs.error_types import ErrorType
from swarm.runs.limits import Limits, granted, require_price
from swarm.runs.run import Run
from swarm.workspace.blobs import ProjectArea

MAX_DERIVED_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What a caller asks for."""

    name: str
    instructions: str
    task_type: TaskType | None = None
    reference_run_id: str | None = None
    from_run_id: str | None = None
    limits: RunLimits | None = None
    uploads: tuple[str, ...] = ()
    files: tuple[InlineFile, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class Creation:
    """A run that was asked for; `replayed` when an earlier request with the same key had made it."""

    run: Run
    replayed: bool = False


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
    backend.settings.require_model()
    key = key_for(tenant_id, project_id, idempotency_key)
    area = ProjectArea(tenant_id, project_id)
    fingerprint = _fingerprint(backend, area, wanted) if idempotency_key is not None else None
    if idempotency_key is not None:
        earlier = backend.runs.find(tenant_id, key.run_id)
        if earlier is not None:
            return Creation(_replay(backend, earlier, fingerprint), replayed=True)
    project = backend.projects.get(tenant_id, project_id)
    if wanted.from_run_id is not None:
        _require_same_project(backend, tenant_id, project_id, wanted.from_run_id)
    for upload_id in wanted.uploads:
        upload_of(backend, area, upload_id)
    run = Run(
        key=key,
        name=wanted.name or _name_from(wanted.instructions),
        task_type=wanted.task_type or TaskType(project.task_type),
        instructions=wanted.instructions,
        created_at=now,
        reference_run_id=wanted.reference_run_id,
        from_run_id=wanted.from_run_id,
        uploads=wanted.uploads,
        inputs=store_inline(backend, area, key.run_id, wanted.files),
        metadata=wanted.metadata,
        callback_url=wanted.callback_url or project.callback_url,
        fingerprint=fingerprint,
        model=backend.settings.model_name,
    )
    return _open(backend, run, wanted.limits)


def resume(backend: Backend, tenant_id: str, run_id: str, limits: RunLimits | None, *, now: datetime) -> Creation:
    """A new run that goes on from the last turn of one that reached a limit. Raises `RunNotFound`, `NotResumable`.

    The run that ended stays as it is; the new one has its files, its conversation and limits of its own.
    """
    backend.settings.require_model()
    stopped = backend.runs.get(tenant_id, run_id)
    if not any(error.error_type == ErrorType.LIMIT_REACHED for error in stopped.errors):
        raise NotResumable(run_id, stopped.status.value)
    run = Run(
        key=replace(stopped.key, run_id=new_id()),
        name=stopped.name,
        task_type=stopped.task_type,
        instructions=stopped.instructions,
        created_at=now,
        reference_run_id=stopped.reference_run_id,
        from_run_id=run_id,
        resumed_from_run_id=run_id,
        thread_id=stopped.thread_id or stopped.run_id,
        metadata=stopped.metadata,
        callback_url=stopped.callback_url,
        model=backend.settings.model_name,
    )
    return _open(backend, run, limits)


def _open(backend: Backend, run: Run, limits: RunLimits | None) -> Creation:
    key = run.key
    require_price(_asked(limits), run.model, backend.prices)
    allowance = backend.tenants.admit(key.tenant_id, key.run_id) or backend.allowance
    run = replace(run, limits=granted(limits, allowance))
    queued = (
        StatusEvent(status=run.status, run_id=key.run_id, project_id=key.project_id),
        events.progress(events.PREPARING),
    )
    entry = Entry(slot=0, writer=new_id(), at=run.created_at, change=Created(run=run), events=queued)
    try:
        backend.log.append(key, entry)
    except SlotTaken:
        return Creation(_join(backend, run), replayed=True)
    complete(backend, run)
    return Creation(run)


def _join(backend: Backend, run: Run) -> Run:
    """Another request with the same key was quicker: help it to its end, and answer with its run."""
    first = backend.log.first(run.key.tenant_id, run.run_id)
    if first is None or not isinstance(first.change, Created):
        raise TypeError("slot 0 of a run's log says how it was created")
    complete(backend, first.change.run)
    made = backend.runs.current(run.key.tenant_id, run.run_id)
    if made.status.final:
        # It has ended meanwhile, and this request counted it as active again.
        backend.tenants.release(run.key.tenant_id, run.run_id)
    return _same_request(made, run.fingerprint)


def _replay(backend: Backend, earlier: Run, fingerprint: str | None) -> Run:
    """The run that an earlier request made, and perhaps did not live to start."""
    if earlier.version == 0:
        _start(backend, earlier)
    return _same_request(earlier, fingerprint)


def complete(backend: Backend, run: Run) -> None:
    """What is left to do once slot 0 is written: show the run, and start it."""
    backend.runs.create(run)
    _start(backend, run)


def _start(backend: Backend, run: Run) -> None:
    try:
        backend.executions.start(run.key)
    except ClientError as error:
        # The run exists and is queued; reconciliation starts what was not started here.
        log.warning("the execution could not be started", run_id=run.run_id, error=str(error))


def key_for(tenant_id: str, project_id: str, idempotency_key: str | None) -> RunKey:
    """A key of its own for each run; with an idempotency key always the same one."""
    if idempotency_key is None:
        return RunKey(tenant_id=tenant_id, project_id=project_id, run_id=new_id())
    scope = json.dumps([tenant_id, project_id, idempotency_key])
    return RunKey(tenant_id=tenant_id, project_id=project_id, run_id=hashlib.sha256(scope.encode()).hexdigest()[:32])


def _fingerprint(backend: Backend, area: ProjectArea, wanted: NewRun) -> str:
    """What makes two requests the same. A form that is sent again uploads its files again: what counts is what is in
    them, where the upload promised it, and not the upload's id.
    """
    fields = asdict(wanted) | {
        "limits": wanted.limits.model_dump() if wanted.limits else None,
        "uploads": [_content_of(backend, area, upload_id) for upload_id in wanted.uploads],
    }
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _content_of(backend: Backend, area: ProjectArea, upload_id: str) -> str | list[tuple[str, str]]:
    try:
        files = upload_of(backend, area, upload_id).files
    except UploadNotFound:
        return upload_id
    promised = [(file.path, file.sha256.lower()) for file in files if file.sha256 is not None]
    return sorted(promised) if len(promised) == len(files) else upload_id


def _same_request(earlier: Run, fingerprint: str | None) -> Run:
    if earlier.fingerprint != fingerprint:
        raise IdempotencyKeyReused(earlier.run_id)
    return earlier


def _require_same_project(backend: Backend, tenant_id: str, project_id: str, from_run_id: str) -> None:
    if backend.runs.get(tenant_id, from_run_id).key.project_id != project_id:
        raise CloneNotAllowed(from_run_id, project_id)


def _asked(limits: RunLimits | None) -> Limits:
    return Limits(max_cost_usd=limits.max_cost_usd if limits else None)


def _name_from(instructions: str) -> str:
    first = " ".join(instructions.split())
    return first if len(first) <= MAX_DERIVED_NAME else f"{first[: MAX_DERIVED_NAME - 3]}..."
