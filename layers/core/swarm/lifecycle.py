"""A run from the request to its end: create, prepare, finish, fail, cancel.

The agent's turns, between prepare and finish, are in `swarm.agent.loop`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from codex_swarm.models import RunError, RunStatus, TaskType
from swarm import closing, events
from swarm.aws import ClientError
from swarm.backend import Backend, area_of
from swarm.errors import CloneNotAllowed, RunAlreadyEnded, RunNotFound
from swarm.events import Event, Step
from swarm.ids import new_id
from swarm.logs import log
from swarm.patterns import distil, render
from swarm.run import Created, Entry, Prepared, Run, RunKey
from swarm.runlog import SlotTaken
from swarm.tasks import TASKS
from swarm.workspace.snapshot import Snapshot

MAX_SHOWN = 4_000
"""How many characters of a message a step shows; the transcript has it whole."""

MAX_DERIVED_NAME = 60

_CANCEL_ATTEMPTS = 20


class Outcome(StrEnum):
    """What the state machine does after a step."""

    READY = "ready"
    CONTINUE = "continue"
    FINISH = "finish"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What a caller asks for."""

    name: str
    instructions: str
    task_type: TaskType | None = None
    reference_run_id: str | None = None
    from_run_id: str | None = None


def create(backend: Backend, tenant_id: str, project_id: str, wanted: NewRun, now: datetime) -> Run:
    """Create the run, queued, and start it. Raises `CallerError`s; nothing is left behind by a refused request."""
    backend.settings.require_model()
    project = backend.projects.get(tenant_id, project_id)
    if wanted.from_run_id is not None:
        _require_same_project(backend, tenant_id, project_id, wanted.from_run_id)
    key = RunKey(tenant_id=tenant_id, project_id=project_id, run_id=new_id())
    run = Run(
        key=key,
        name=wanted.name or _name_from(wanted.instructions),
        task_type=wanted.task_type or TaskType(project.task_type),
        instructions=wanted.instructions,
        created_at=now,
        reference_run_id=wanted.reference_run_id,
        from_run_id=wanted.from_run_id,
        model=backend.settings.model_name,
    )
    queued = (events.status(run.status, key.run_id, project_id), events.progress(events.PREPARING))
    backend.tenants.admit(tenant_id, key.run_id)
    backend.log.append(key, Entry(slot=0, writer=new_id(), at=now, change=Created(run=run), events=queued))
    backend.runs.create(run)
    _start(backend, key)
    return run


def _require_same_project(backend: Backend, tenant_id: str, project_id: str, from_run_id: str) -> None:
    if backend.runs.get(tenant_id, from_run_id).key.project_id != project_id:
        raise CloneNotAllowed(from_run_id, project_id)


def _name_from(instructions: str) -> str:
    first = " ".join(instructions.split())
    return first if len(first) <= MAX_DERIVED_NAME else f"{first[: MAX_DERIVED_NAME - 3]}..."


def _start(backend: Backend, key: RunKey) -> None:
    try:
        backend.executions.start(key)
    except ClientError as error:
        # The run exists and is queued; reconciliation starts what was not started here.
        log.warning("the execution could not be started", run_id=key.run_id, error=str(error))


def prepare(backend: Backend, key: RunKey, *, writer: str, now: datetime) -> Outcome:
    """Make the run's first snapshot and its prompt; from then on it is running."""
    run = backend.runs.current(key.tenant_id, key.run_id)
    if run.status.final:
        closing.settle(backend, run)
        return Outcome.ENDED
    if run.status is RunStatus.RUNNING:
        return Outcome.READY
    files, told = _first_files(backend, run)
    slot = run.version + 1
    snapshot = area_of(key).of_run(key.run_id, "snapshots", f"{slot:05}-{writer}.json.gz")
    backend.blobs.put(snapshot, files.encode())
    user = Step(number=run.steps, at=now, role="user", content=run.instructions[:MAX_SHOWN])
    entry = Entry(
        slot=slot,
        writer=writer,
        at=now,
        change=Prepared(snapshot=snapshot, prompt=_prompt(backend, run)),
        progress=events.WORKSPACE_READY.percent,
        events=(
            events.status(RunStatus.RUNNING, key.run_id, key.project_id),
            *told,
            events.progress(events.WORKSPACE_READY),
            events.step(key.run_id, user),
        ),
    )
    try:
        backend.runs.append(run, entry)
    except SlotTaken:
        return prepare(backend, key, writer=writer, now=now)
    return Outcome.READY


def _first_files(backend: Backend, run: Run) -> tuple[Snapshot, tuple[Event, ...]]:
    if run.from_run_id is None:
        return Snapshot(), ()
    source = backend.runs.current(run.key.tenant_id, run.from_run_id)
    files = backend.files_of(source)
    action = "cloned" if source.snapshot else "clone-missing"
    return files, (events.workspace(run.run_id, run.from_run_id, action, len(files.files)),)


def _prompt(backend: Backend, run: Run) -> str:
    base = TASKS[run.task_type].instructions
    block = _pattern_block(backend, run)
    return f"{block}\n\n{base}" if block else base


def _pattern_block(backend: Backend, run: Run) -> str | None:
    if run.reference_run_id is None:
        return None
    try:
        reference = backend.runs.get(run.key.tenant_id, run.reference_run_id)
    except RunNotFound:
        return None
    same_project = reference.key.project_id == run.key.project_id
    return render(reference.pattern) if reference.pattern and same_project else None


def finish(backend: Backend, key: RunKey, *, writer: str, now: datetime) -> Outcome:
    """End the run as succeeded, with what it learned."""
    run = backend.runs.current(key.tenant_id, key.run_id)
    if run.status.final:
        closing.settle(backend, run)
        return Outcome.ENDED
    pattern = distil(run, steps_of(backend, run))
    try:
        closing.end(backend, run, closing.succeeded(pattern), writer=writer, now=now)
    except SlotTaken:
        return finish(backend, key, writer=writer, now=now)
    return Outcome.ENDED


def fail(backend: Backend, key: RunKey, error: RunError, *, writer: str, now: datetime) -> Outcome:
    """End the run as failed, unless it has ended already."""
    run = backend.runs.current(key.tenant_id, key.run_id)
    if run.status.final:
        closing.settle(backend, run)
        return Outcome.ENDED
    try:
        closing.end(backend, run, closing.failed(error), writer=writer, now=now)
    except SlotTaken:
        return fail(backend, key, error, writer=writer, now=now)
    return Outcome.ENDED


def cancel(backend: Backend, tenant_id: str, run_id: str, *, now: datetime) -> bool:
    """End the run as cancelled and stop its execution. Raises `RunNotFound`, `RunAlreadyEnded`.

    Whoever is at work on the run finds its next slot taken, and stops. Returns whether anybody can have been.
    """
    run = backend.runs.current(tenant_id, run_id)
    for _ in range(_CANCEL_ATTEMPTS):
        if run.status.final:
            raise RunAlreadyEnded(run_id, run.status.value)
        try:
            closing.end(backend, run, closing.CANCELLED, writer=new_id(), now=now)
        except SlotTaken:
            run = backend.runs.current(tenant_id, run_id)
            continue
        backend.executions.stop(run.key, "cancelled by the caller")
        return run.status is RunStatus.RUNNING
    raise SlotTaken(run.version + 1)


def steps_of(backend: Backend, run: Run) -> list[Event]:
    """The step events of a run so far, in order."""
    return [event for entry in backend.log.read(run.key) for event in entry.events if event.type == "step"]
