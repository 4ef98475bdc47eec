"""A run from its first task to its end: prepare, finish, fail, cancel.

How it comes to be is in `swarm.lifecycle.creation`, the agent's turns are in `swarm.agent.slice`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from codex_swarm.models import RunError, RunEvent, RunStatus, StatusEvent, StepEvent, WorkspaceEvent
from swarm.errors import CallerError, InvalidUpload, RunAlreadyEnded
from swarm.ids import RunKey, new_id
from swarm.lifecycle import batch_runs, delegation, end_entry, ending
from swarm.lifecycle.inputs import inline_of, take_inputs
from swarm.lifecycle.messages import conversation
from swarm.lifecycle.prompt import base_prompt
from swarm.lifecycle.skills import give
from swarm.metrics import QUEUED_SECONDS, record
from swarm.outputs.turns import run_at
from swarm.patterns import distil
from swarm.patterns.reuse import reuse_for
from swarm.records.backend import Backend, area_of
from swarm.records.runlog import steps_of
from swarm.retention import removal
from swarm.runs import events
from swarm.runs.conversation import Item, store_transcript
from swarm.runs.entries import Entry, Prepared
from swarm.runs.error_types import ErrorType
from swarm.runs.events import MAX_SHOWN
from swarm.runs.run import Run
from swarm.text import clip
from swarm.workspace.manifests import StoredSnapshot, copy_snapshot, load_snapshot, store_snapshot
from swarm.workspace.remembered import RememberedObjects
from swarm.workspace.snapshot import new_bytes
from swarm.workspace.working_copy import Workspace

CANCEL_SECONDS = 1.0
"""How long a cancellation waits for whoever is at work: longer than a look is good for, with room for one S3 put
(`swarm.records.ownership`)."""


class Outcome(StrEnum):
    """What the state machine does after a step."""

    READY = "ready"
    CONTINUE = "continue"
    WAIT = "wait"
    TOOLS = "tools"
    ASKED = "asked"
    FINISH = "finish"
    ENDED = "ended"


def prepare(backend: Backend, key: RunKey, *, writer: str, now: datetime) -> Outcome:
    """Make the run's first snapshot and its prompt; from then on it is running."""

    def attempt(run: Run) -> Outcome:
        if run.status is RunStatus.RUNNING:
            return Outcome.READY
        if (
            removal.was_deleted_under(backend, run, now)
            or delegation.is_orphan(backend, run)
            or batch_runs.is_unwanted(backend, run)
        ):
            ending.end(backend, run, end_entry.CANCELLED, writer=writer, now=now)
            return Outcome.ENDED
        try:
            remembering = replace(backend, objects=RememberedObjects(backend.objects))
            backend.runs.append(run, _prepared(remembering.held_by(run), run, writer, now))
        except (InvalidUpload, CallerError) as error:
            return fail(backend, key, _invalid_input(error), writer=writer, now=now)
        record({QUEUED_SECONDS: max(0.0, (now - run.created_at).total_seconds())})
        return Outcome.READY

    return ending.advance(backend, backend.runs.current(key.tenant_id, key.run_id), attempt) or Outcome.ENDED


def _invalid_input(error: InvalidUpload | CallerError) -> RunError:
    return RunError(
        step="prepare",
        tool="inputs",
        error_type=ErrorType.INVALID_INPUT,
        message=str(error),
        suggestion="Upload the files again, and start a new run with them.",
    )


def _prepared(backend: Backend, run: Run, writer: str, now: datetime) -> Entry:
    beginning, key = _beginning(backend, run), run.key
    area, slot = area_of(key), run.version + 1
    name = f"{slot:05}-{writer}.json.gz"
    snapshot = first = transcript = None
    if beginning.files.files.files:
        snapshot = area.of_run(key.run_id, "snapshots", name)
        copy_snapshot(backend.objects, snapshot, beginning.files, beginning.files_key)
    if run.resumed_from_run_id is not None:
        # A copy, like that of the conversation, so that a resumed run does not depend on the other being kept.
        first, compared_with = area.of_run(key.run_id, "snapshots", f"first-{name}"), beginning.compared_with
        copy_snapshot(backend.objects, first, load_snapshot(backend.objects, compared_with), compared_with)
    if beginning.conversation:
        transcript = area.of_run(key.run_id, "transcript", name)
        store_transcript(backend.objects, transcript, beginning.conversation)
    skills = backend.skills.offered(key.tenant_id, key.project_id) if run.may_have_skills else []
    skill_files = None
    if skills:
        skill_files = area.of_run(key.run_id, "snapshots", f"skills-{name}")
        store_snapshot(backend.objects, skill_files, give(backend, run, skills))
    reuse = reuse_for(backend, run)
    prepared = Prepared(
        snapshot=snapshot,
        prompt=base_prompt(run, reuse.blocks, skills),
        pattern_used=reuse.used,
        thread_id=reuse.thread_id,
        first_snapshot=first,
        transcript=transcript,
        stored_bytes=beginning.stored_bytes,
        skills=tuple(skill.use for skill in skills),
        skill_files=skill_files,
    )
    user = StepEvent(
        step_id=events.step_id(run.run_id, run.steps), role="user", content=clip(run.instructions, MAX_SHOWN), t=now
    )
    return Entry(
        slot=slot,
        writer=writer,
        at=now,
        change=prepared,
        progress=events.WORKSPACE_READY.percent,
        events=(
            StatusEvent(status=RunStatus.RUNNING, run_id=key.run_id, project_id=key.project_id),
            *beginning.events,
            events.progress(events.WORKSPACE_READY),
            user,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What a run starts from; one that goes on with another also from the conversation, and a resumed one from the
    snapshot that the other started from.

    `files_key` is where just these files are stored already, None where they are not.
    """

    files: StoredSnapshot = field(default_factory=StoredSnapshot)
    files_key: str | None = None
    events: tuple[RunEvent, ...] = ()
    conversation: Sequence[Item] = ()
    compared_with: str | None = None
    stored_bytes: int = 0


def _beginning(backend: Backend, run: Run) -> _Beginning:
    source = None if run.from_run_id is None else backend.runs.current(run.key.tenant_id, run.from_run_id)
    if source is not None and run.from_turn is not None:
        source = run_at(backend, source, run.from_turn)
    beginning = _Beginning() if source is None else _inherited(backend, run, source)
    if run.parent_run_id is not None:
        beginning = _cloned(backend, run, run.parent_run_id)
    workspace = Workspace(beginning.files.files, backend.objects, area_of(run.key))
    if source is not None and run.continues_run_id is not None:
        beginning = replace(beginning, conversation=conversation(backend, run, source, workspace))
    take_inputs(backend, area_of(run.key), run.uploads, inline_of(backend, run), workspace)
    if not workspace.changed:
        return beginning
    files = workspace.save()
    size = new_bytes(beginning.files.files, files)
    return replace(beginning, files=StoredSnapshot(files), files_key=None, stored_bytes=size)


def _inherited(backend: Backend, run: Run, source: Run) -> _Beginning:
    files = load_snapshot(backend.objects, source.snapshot)
    action, entries = "cloned" if source.started_at else "clone-missing", len(files.files.files)
    workspace_events = (WorkspaceEvent(run_id=run.run_id, source_run_id=source.run_id, action=action, entries=entries),)
    if run.resumed_from_run_id is None:
        return _Beginning(files, source.snapshot, workspace_events)
    return _Beginning(files, source.snapshot, workspace_events, compared_with=source.first_snapshot)


def _cloned(backend: Backend, run: Run, parent_run_id: str) -> _Beginning:
    files = load_snapshot(backend.objects, run.clones)
    cloned = WorkspaceEvent(
        run_id=run.run_id, source_run_id=parent_run_id, action="cloned", entries=len(files.files.files)
    )
    return _Beginning(files, run.clones, (cloned,))


@dataclass(frozen=True, slots=True)
class Known:
    """A run, and what its process knows of it besides, None where it does not: its steps, and when it was sure that
    nobody else had the run (`swarm.records.ownership`).
    """

    run: Run
    steps: Sequence[StepEvent] | None = None
    looked: float | None = None


def finish(backend: Backend, known: Known, *, writer: str, now: datetime) -> Outcome:
    """End the run as succeeded, with what it learned."""

    def attempt(run: Run) -> Run:
        also = known if run.version == known.run.version else Known(run)
        steps = steps_of(backend.log, run.key) if also.steps is None else also.steps
        taught = end_entry.succeeded(None if run.parent_run_id else distil(run, steps))
        return ending.end(backend, run, taught, writer=writer, now=now, looked=also.looked)

    ending.advance(backend, known.run, attempt)
    return Outcome.ENDED


def fail(backend: Backend, key: RunKey, error: RunError, *, writer: str, now: datetime) -> Outcome:
    """End the run as failed, unless it has ended already."""

    def attempt(run: Run) -> Run:
        return ending.end(backend, run, end_entry.failed(error), writer=writer, now=now)

    ending.advance(backend, backend.runs.current(key.tenant_id, key.run_id), attempt)
    return Outcome.ENDED


def cancel(
    backend: Backend, tenant_id: str, run_id: str, *, now: datetime, sleep: Callable[[float], None] = time.sleep
) -> bool:
    """End the run as cancelled and stop its execution. Raises `RunNotFound`, `RunAlreadyEnded`.

    A process that works on the run finds its next slot taken, and stops. It checks before each of its effects, and a
    check is good for a moment (`swarm.records.ownership`); by waiting longer than that, this returns only when
    nothing new can begin any more.
    Returns whether the run was running.
    """

    found = backend.runs.current(tenant_id, run_id)
    ended = cancel_all(backend, [found], now=now, sleep=sleep)
    if not ended:
        raise RunAlreadyEnded(run_id, backend.runs.get(tenant_id, run_id).status.value)
    return ended[0].status is RunStatus.RUNNING


def cancel_all(
    backend: Backend, runs: Iterable[Run], *, now: datetime, sleep: Callable[[float], None] = time.sleep
) -> list[Run]:
    """The same for several, with one wait for all: those that had not ended, as they were before."""

    def attempt(run: Run) -> tuple[Run, Run]:
        return run, ending.end(backend, run, end_entry.CANCELLED, writer=new_id(), now=now)

    ended = [pair for run in runs if (pair := ending.advance(backend, run, attempt)) is not None]
    each_run = [each for before, _ in ended for each in (before, *ending.children_of(backend, before))]
    at_work = [ending.stop(backend, each, "cancelled by the caller") for each in each_run]
    if any(at_work):
        sleep(CANCEL_SECONDS)
    left = [ending.stop_children(backend, after) for _, after in ended]
    if any(left):
        # Children that were just being started when their run ended.
        sleep(CANCEL_SECONDS)
    return [before for before, _ in ended]
