"""How a run comes to be: counted, written down, started; once for each idempotency key, however often it is sent.

The order is what makes a crash harmless. A run is counted, as active or as waiting, before it exists, it exists from
slot 0 of its log on, and only then is it shown, and started once it is active. Whoever finds a run half created (a
request with the same key, or `swarm.lifecycle.reconciliation`) does the steps that are left; each of them changes
nothing when it is done again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from pydantic import JsonValue

from codex_swarm.models import (
    DECISION_SECONDS,
    Acceptance,
    Approval,
    Conversion,
    DocumentTemplate,
    ProjectRead,
    RunLimits,
    RunStatus,
    StatusEvent,
    TaskType,
)
from swarm.errors import (
    CallerError,
    CloneNotAllowed,
    IdempotencyKeyReused,
    InvalidRequest,
    ModelNotAllowed,
    NotResumable,
    ReferenceNotAllowed,
    RunNotFound,
    RunStillActive,
    SourceNotGiven,
    UploadNotFound,
)
from swarm.ids import RunKey, new_id
from swarm.lifecycle import budgets, hosting, queue
from swarm.lifecycle.inputs import InlineFile, Said, checked_inputs, store_inline, upload_of
from swarm.outputs.turns import run_at
from swarm.patterns.reuse import NONE
from swarm.records.backend import Backend
from swarm.records.runlog import SlotTaken
from swarm.records.tenants import Tenant
from swarm.runs import events
from swarm.runs.acceptance import require_judgeable
from swarm.runs.catalogue import NO_MODEL, Choice, require_provider
from swarm.runs.entries import Created, Entry
from swarm.runs.error_types import ErrorType
from swarm.runs.json_schema import faults_of_schema
from swarm.runs.limits import Limits, granted, require_price
from swarm.runs.own_tools import OwnTool, require_usable
from swarm.runs.run import Run
from swarm.tasks import OURS
from swarm.workspace.objects import ProjectArea

MAX_DERIVED_NAME = 60

_LATER: Mapping[str, object] = MappingProxyType(
    {
        "interactive": False,
        "require_approval": (),
        "decision_seconds": DECISION_SECONDS,
        "tools": (),
        "result_schema": None,
        "acceptance": None,
        "from_turn": None,
        "keep_conversation": False,
        "document_template": None,
        "conversion": None,
        "model": None,
        "effort": None,
        "hosted_tools": (),
    }
)

RESUMABLE = frozenset(
    {ErrorType.LIMIT_REACHED, ErrorType.INCOMPLETE, ErrorType.NOT_ACCEPTED, ErrorType.BUDGET_EXHAUSTED}
)
"""What ended a run in the middle of work that can go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What a caller asks for."""

    name: str
    instructions: str
    task_type: TaskType | None = None
    reference_run_id: str | None = None
    from_run_id: str | None = None
    from_turn: int | None = None
    keep_conversation: bool = False
    limits: RunLimits | None = None
    uploads: tuple[str, ...] = ()
    files: tuple[InlineFile, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    callback_url: str | None = None
    interactive: bool = False
    require_approval: tuple[Approval, ...] = ()
    decision_seconds: int = DECISION_SECONDS
    tools: tuple[OwnTool, ...] = ()
    result_schema: dict[str, JsonValue] | None = None
    acceptance: Acceptance | None = None
    document_template: DocumentTemplate | None = None
    conversion: Conversion | None = None
    model: str | None = None
    effort: str | None = None
    hosted_tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Creation:
    """A run that was asked for; `replayed` when an earlier request with the same key had made it.

    `waits`: it may wait for its turn.
    """

    run: Run
    replayed: bool = False
    waits: bool = True


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
    fingerprint = _fingerprint(backend, area, wanted) if idempotency_key is not None else None
    if idempotency_key is not None:
        earlier = backend.runs.find(tenant_id, key.run_id)
        if earlier is not None:
            return Creation(_replay(backend, earlier, fingerprint), replayed=True)
    run, files = described(backend, project, key, wanted, now)
    run = replace(run, fingerprint=fingerprint)
    return open_run(backend, run, wanted.limits, files, named=wanted.model is not None)


def described(
    backend: Backend, project: ProjectRead, key: RunKey, wanted: NewRun, now: datetime
) -> tuple[Run, Sequence[InlineFile]]:
    """The run that is asked for, which is nowhere written down yet, and its files, once everything fits together.

    Raises `CallerError`s.
    """
    require_usable(wanted.tools, OURS)
    if wanted.result_schema is not None and (faults := faults_of_schema(wanted.result_schema)):
        raise InvalidRequest(f"result_schema: {'; '.join(faults)}")
    if wanted.acceptance is not None:
        require_judgeable(wanted.acceptance)
    task_type = wanted.task_type or TaskType(project.task_type)
    choice = _choice_for(backend, wanted, project, task_type)
    hosted = hosting.chosen(backend, key.tenant_id, project, choice.model, wanted.hosted_tools)
    files = _checked_inputs(backend, key, wanted)
    run = Run(
        key=key,
        name=wanted.name or _name_from(wanted.instructions),
        task_type=task_type,
        instructions=wanted.instructions,
        created_at=now,
        reference_run_id=wanted.reference_run_id,
        from_run_id=wanted.from_run_id,
        from_turn=wanted.from_turn,
        continues_run_id=wanted.from_run_id if wanted.keep_conversation else None,
        uploads=wanted.uploads,
        metadata=wanted.metadata,
        callback_url=wanted.callback_url or project.callback_url,
        model=choice.model,
        effort=choice.effort,
        hosted_tools=hosted,
        interactive=wanted.interactive,
        require_approval=wanted.require_approval,
        decision_seconds=wanted.decision_seconds,
        tools=wanted.tools,
        result_schema=wanted.result_schema,
        acceptance=wanted.acceptance,
        document_template=wanted.document_template,
        house_style=project.house_style,
        conversion=wanted.conversion,
        may_have_skills=project.has_skills,
    )
    return run, files


def _choice_for(backend: Backend, wanted: NewRun, project: ProjectRead, task_type: TaskType) -> Choice:
    """The model that works on a run; none on a conversion. Raises `ModelNotAllowed` or `EffortNotAllowed`."""
    if wanted.conversion is not None:
        return NO_MODEL
    return backend.models.chosen((wanted.model, wanted.effort), (project.model, project.effort), task_type)


def _checked_inputs(backend: Backend, key: RunKey, wanted: NewRun) -> Sequence[InlineFile]:
    """The files that came with the request, once everything that the run is to begin with fits together."""
    inherited: Collection[str] = ()
    if wanted.from_run_id is None and (wanted.keep_conversation or wanted.from_turn is not None):
        raise InvalidRequest("from_turn and keep_conversation are about the run that from_run_id names; name it")
    if wanted.from_run_id is not None:
        source = _source_of_files(backend, key, wanted.from_run_id)
        if wanted.from_turn is not None:
            source = run_at(backend, source, wanted.from_turn)
        if wanted.files or wanted.uploads or wanted.conversion:
            inherited = backend.files_of(source).files
    if wanted.reference_run_id not in {None, NONE}:
        _require_reference(backend, key, str(wanted.reference_run_id))
    area = ProjectArea(key.tenant_id, key.project_id)
    files = checked_inputs(backend, area, wanted.uploads, wanted.files, inherited)
    if wanted.conversion is not None:
        uploads = [upload_of(backend, area, upload_id) for upload_id in wanted.uploads]
        sent = {file.path for upload in uploads for file in upload.files} | {file.path for file in files}
        _require_sources(wanted.conversion, sent.union(inherited))
    return files


def _require_sources(conversion: Conversion, paths: Collection[str]) -> None:
    """Raises `SourceNotGiven` where a conversion names a file that the workspace will not have."""
    named = (conversion.source, conversion.reference_document, conversion.bibliography, conversion.citation_style)
    for path in filter(None, named):
        if path not in paths:
            raise SourceNotGiven(path)


def resume(backend: Backend, tenant_id: str, run_id: str, limits: RunLimits | None, *, now: datetime) -> Creation:
    """A new run that goes on from the last turn of one that reached a limit. Raises `RunNotFound`, `NotResumable`.

    The run that ended stays as it is; the new one has its files, its conversation and limits of its own.
    """
    stopped = backend.runs.get(tenant_id, run_id)
    if not any(error.error_type in RESUMABLE for error in stopped.errors):
        raise NotResumable(run_id, stopped.status.value)
    given = Choice(stopped.model, stopped.effort)
    choice = NO_MODEL if stopped.conversion else backend.models.still(given, stopped.task_type)
    run = Run(
        key=replace(stopped.key, run_id=new_id()),
        name=stopped.name,
        task_type=stopped.task_type,
        instructions=stopped.instructions,
        created_at=now,
        reference_run_id=stopped.reference_run_id,
        from_run_id=run_id,
        resumed_from_run_id=run_id,
        continues_run_id=run_id,
        thread_id=stopped.conversation_id,
        metadata=stopped.metadata,
        callback_url=stopped.callback_url,
        model=choice.model,
        effort=choice.effort,
        hosted_tools=hosting.still_chosen(backend, stopped, choice.model),
        interactive=stopped.interactive,
        require_approval=stopped.require_approval,
        decision_seconds=stopped.decision_seconds,
        tools=stopped.tools,
        result_schema=stopped.result_schema,
        acceptance=stopped.acceptance,
        document_template=stopped.document_template,
        house_style=stopped.house_style,
        may_have_skills=stopped.may_have_skills,
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
    run = Run(
        key=replace(ended.key, run_id=run_id),
        name=_name_from(said.text),
        task_type=ended.task_type,
        instructions=said.text,
        created_at=now,
        from_run_id=ended.run_id,
        continues_run_id=ended.run_id,
        thread_id=ended.conversation_id,
        uploads=said.uploads,
        metadata=ended.metadata,
        callback_url=ended.callback_url,
        fingerprint=fingerprint,
        model=choice.model,
        effort=choice.effort,
        hosted_tools=hosting.still_chosen(backend, ended, choice.model),
        interactive=ended.interactive,
        require_approval=ended.require_approval,
        decision_seconds=ended.decision_seconds,
        tools=ended.tools,
        result_schema=ended.result_schema,
        acceptance=ended.acceptance,
        document_template=ended.document_template,
        house_style=project.house_style,
        may_have_skills=project.has_skills,
    )
    return open_run(backend, run, None, said.files)


def open_run(
    backend: Backend, run: Run, limits: RunLimits | None, files: Sequence[InlineFile] = (), *, named: bool = False
) -> Creation:
    """Count the run, write it down with the limits that are granted, show it and start it. Raises `CallerError`s.

    `named` says that the caller named the model. Any other gives way to one that the tenant may use.
    """
    key = run.key
    require_possible(backend, run, limits)
    tenant = backend.tenants.enter(key, run.created_at)
    try:
        run = _with_allowed_model(backend, run, tenant, named=named)
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
    return Creation(run, waits=not _show(backend, run, tenant))


def _with_allowed_model(backend: Backend, run: Run, tenant: Tenant, *, named: bool) -> Run:
    """The run, with a model that its tenant may use. Raises `ModelNotAllowed` where the caller named another."""
    if not tenant.models or not run.model or run.model in tenant.models:
        return run
    allowed = [name for name in backend.models.models if name in tenant.models]
    if named or not allowed:
        raise ModelNotAllowed(run.model, allowed or ["none of those that there are"])
    return replace(run, model=allowed[0], effort=backend.models.entry(allowed[0]).effort)


def require_possible(backend: Backend, run: Run, limits: RunLimits | None) -> None:
    """Raises `CallerError`s where the service has no provider for a run, or no price for a limit of its cost, and where
    a budget is used up.
    """
    if run.conversion is None:
        require_provider(backend.settings, backend.models, run.model)
    require_price(_asked(limits), run.model, backend.models.entry(run.model).price(run.created_at.date()))
    if budgets.is_billable(backend, run, run.created_at):
        budgets.require(backend, run, run.created_at)


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
    return _same_request(made, run.fingerprint)


def _uncount(backend: Backend, run: Run) -> None:
    if backend.tenants.release(run.key.tenant_id, run.run_id).waiting:
        queue.admit(backend, run.key.tenant_id)


def _replay(backend: Backend, earlier: Run, fingerprint: str | None) -> Run:
    """The run that an earlier request made, and perhaps did not live to start."""
    if earlier.status is RunStatus.QUEUED:
        _show(backend, earlier, backend.tenants.get(earlier.key.tenant_id))
    return _same_request(earlier, fingerprint)


def complete(backend: Backend, run: Run, *, again: bool = False) -> None:
    """What is left to do once slot 0 is written, whatever has been done: count the run, show it, let it begin.

    `again` as `Tenants.enter` takes it.
    """
    _show(backend, run, backend.tenants.enter(run.key, run.created_at, again=again))
    if backend.runs.current(run.key.tenant_id, run.run_id).status.final:
        # It was cancelled before it was counted here, and nobody would count it no longer.
        _uncount(backend, run)


def _show(backend: Backend, run: Run, tenant: Tenant) -> bool:
    """Show the run, and start it if it is active; whether it is, also after those before it have been admitted."""
    backend.runs.create(run)
    if run.run_id not in tenant.active:
        # Room may have been made before the run was seen to wait, or it was admitted before it was shown.
        queue.admit(backend, tenant.id)
        tenant = backend.tenants.get(tenant.id)
    if run.run_id not in tenant.active:
        return False
    queue.start(backend, run)
    return True


def key_for(tenant_id: str, project: ProjectRead, idempotency_key: str | None) -> RunKey:
    """A key of its own for each run; with an idempotency key always the same one, while the project lives."""
    return RunKey(
        tenant_id=tenant_id, project_id=project.id, run_id=id_for(tenant_id, project, idempotency_key) or new_id()
    )


def id_for(tenant_id: str, project: ProjectRead, idempotency_key: str | None, *kind: str) -> str | None:
    """The id that goes with an idempotency key; None without one.

    A project that is made again under its old id is another: the execution that an old key named is not started twice.
    """
    if idempotency_key is None:
        return None
    scope = json.dumps([tenant_id, project.id, project.created_at.isoformat(), idempotency_key, *kind])
    return hashlib.sha256(scope.encode()).hexdigest()[:32]


def _fingerprint(backend: Backend, area: ProjectArea, wanted: NewRun) -> str:
    """What makes two requests the same. A form that is sent again uploads its files again: what counts is what is in
    them, where the upload promised it, and not the upload's id.
    """
    # What a caller does not ask for is as earlier versions knew it: a request that is sent again after an update is the
    # same.
    asked = {name: value for name, value in asdict(wanted).items() if name not in _LATER or value != _LATER[name]}
    fields = asked | {
        "limits": wanted.limits.model_dump() if wanted.limits else None,
        "uploads": contents_of(backend, area, wanted.uploads),
    }
    if wanted.acceptance is not None:
        fields["acceptance"] = wanted.acceptance.model_dump(mode="json", exclude_defaults=True)
    if wanted.conversion is not None:
        fields["conversion"] = wanted.conversion.model_dump(mode="json", exclude_defaults=True)
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def contents_of(backend: Backend, area: ProjectArea, upload_ids: Sequence[str]) -> list[str | list[tuple[str, str]]]:
    """What is in each upload, as far as it was promised; else its id."""
    return [_content_of(backend, area, upload_id) for upload_id in upload_ids]


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


def _source_of_files(backend: Backend, key: RunKey, from_run_id: str) -> Run:
    source = backend.runs.get(key.tenant_id, from_run_id)
    if source.key.project_id != key.project_id:
        raise CloneNotAllowed(from_run_id, key.project_id)
    if not source.status.final:
        raise RunStillActive(from_run_id, source.status.value)
    return source


def _require_reference(backend: Backend, key: RunKey, reference_run_id: str) -> None:
    if backend.runs.get(key.tenant_id, reference_run_id).key.project_id != key.project_id:
        raise ReferenceNotAllowed(reference_run_id, key.project_id)


def _asked(limits: RunLimits | None) -> Limits:
    return Limits(max_cost_usd=limits.max_cost_usd if limits else None)


def _name_from(instructions: str) -> str:
    first = " ".join(instructions.split())
    return first if len(first) <= MAX_DERIVED_NAME else f"{first[: MAX_DERIVED_NAME - 3]}..."
