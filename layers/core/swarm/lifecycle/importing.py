"""Finished runs of an earlier installation become runs here: same id, same dates, files by their content.

Nothing is executed. Bytes come first, then the log, whose entries are the same however often they are written, and last
the run's own item, which shows it. So an import that was cut off shows nothing, and the same import again completes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from pydantic import ValidationError

from codex_swarm.models import (
    DiffSummary,
    ErrorEvent,
    EventError,
    MachineSummary,
    ProjectImport,
    RunEvent,
    RunImport,
    RunStatus,
    StatusEvent,
    StepEvent,
    Usage,
)
from swarm.adapters import adapter
from swarm.errors import InvalidRequest, InvalidUpload, NotImportable, UploadNotFound
from swarm.ids import RunKey
from swarm.lifecycle.end_entry import MAX_LISTED_DIFF_BYTES
from swarm.lifecycle.inputs import Stored, stored_files, upload_of
from swarm.outputs.diff import shortened
from swarm.records.backend import Backend, area_of
from swarm.records.projects import ProjectChange
from swarm.records.quotas import Kind
from swarm.runs import events
from swarm.runs.conversation import assistant_message, store_transcript, user_message
from swarm.runs.entries import Change, Created, Ended, Entry, Prepared, TurnTaken
from swarm.runs.events import MAX_SHOWN
from swarm.runs.fold import apply
from swarm.runs.run import Artifact, Run
from swarm.text import clip
from swarm.workspace.snapshot import Snapshot

STEPS = "steps.jsonl"
STEPS_AN_ENTRY = 50


def take_project(backend: Backend, tenant_id: str, project_id: str, project: ProjectImport) -> None:
    """The project, with its date; one that is here already stays as it is. Raises `ProjectBeingDeleted`."""
    change = ProjectChange(
        name=project.name or project_id,
        task_type=project.task_type,
        domain_config=project.domain_config,
        callback_url=None,
        given=frozenset(),
    )
    backend.projects.put(tenant_id, project_id, change, project.created_at)


def take_run(backend: Backend, tenant_id: str, project_id: str, given: RunImport, *, now: datetime) -> bool:
    """The run, if it is not here already; whether it was not.

    Raises `NotImportable` where the id is taken otherwise, `UploadNotFound` and `InvalidRequest` for wrong uploads.
    """
    key = RunKey(tenant_id=tenant_id, project_id=project_id, run_id=given.id)
    taken = _take(backend, key, given, now)
    # Taken or not needed: they are under way no more.
    for upload_id in (*given.uploads, *filter(None, [given.record])):
        # The same import after days finds none.
        with suppress(UploadNotFound):
            backend.places.give_back(tenant_id, Kind.UPLOADS, upload_of(backend, area_of(key), upload_id).place)
    return taken


def _take(backend: Backend, key: RunKey, given: RunImport, now: datetime) -> bool:
    tenant_id = key.tenant_id
    earlier = backend.runs.find(tenant_id, given.id)
    if earlier is not None:
        if earlier.imported_at is None or earlier.key != key:
            raise NotImportable(given.id)
        return False
    if (first := backend.log.first(tenant_id, given.id)) is not None and not _is_of_import(first, key):
        raise NotImportable(given.id)
    # What an import that was cut off has written stays; its time is the time of this one, too.
    at = now if first is None or not isinstance(first.change, Created) else first.change.run.imported_at or now
    run: Run | None = None
    for entry in _entries(backend, key, given, at):
        backend.log.append(key, entry)
        run = apply(run, entry)
    if run is None:
        raise TypeError("an imported run has entries")
    backend.patterns.keep(run)
    backend.runs.create(run)
    if backend.runs.find(tenant_id, given.id) is None:
        raise NotImportable(given.id)
    return True


def _is_of_import(first: Entry, key: RunKey) -> bool:
    return (
        isinstance(first.change, Created) and first.change.run.imported_at is not None and first.change.run.key == key
    )


def _entries(backend: Backend, key: RunKey, given: RunImport, at: datetime) -> Iterator[Entry]:
    area = area_of(key)
    try:
        files = {file.path: file for upload in given.uploads for file in _files(backend, key, upload)}
        record = {file.path: file for file in _files(backend, key, given.record)} if given.record else {}
        steps = _steps(backend, key, given, record)
        artifacts = _artifacts(backend, key, given, record)
    except InvalidUpload as error:
        raise InvalidRequest(str(error)) from error
    snapshot = area.of_run(key.run_id, "snapshots", "imported.json.gz")
    backend.objects.put(snapshot, Snapshot({path: file.entry for path, file in files.items()}).encode())
    transcript = area.of_run(key.run_id, "transcript", "imported.json.gz")
    said = [assistant_message(step.content) for step in steps if step.role == "assistant"]
    store_transcript(backend.objects, transcript, [user_message(given.instructions), *said])
    created = Run(
        key=key,
        name=given.name or key.run_id,
        task_type=given.task_type,
        instructions=given.instructions,
        created_at=given.created_at,
        reference_run_id=given.reference_run_id,
        from_run_id=given.workspace_from_run_id,
        thread_id=given.codex_thread_id,
        imported_at=at,
    )
    prompt = (given.system_instructions or "").removesuffix(given.instructions).rstrip()
    changes: list[tuple[Change, Sequence[RunEvent]]] = [
        (Created(run=created), [_status(key, RunStatus.QUEUED), events.progress(events.PREPARING)]),
        (
            Prepared(snapshot=snapshot, prompt=prompt, thread_id=given.codex_thread_id),
            [_status(key, RunStatus.RUNNING), events.progress(events.WORKSPACE_READY)],
        ),
    ]
    for first in range(0, max(len(steps), 1), STEPS_AN_ENTRY):
        taken = TurnTaken(transcript=transcript, snapshot=snapshot, usage=Usage())
        changes.append((taken, steps[first : first + STEPS_AN_ENTRY]))
    changes.append(_end(backend, key, given, artifacts))
    for slot, (change, told) in enumerate(changes):
        ended = isinstance(change, Ended)
        yield Entry(
            slot=slot,
            writer="import",
            at=given.ended_at if ended else given.created_at,
            change=change,
            progress=100 if ended else events.WORKSPACE_READY.percent if slot else 0,
            events=tuple(told),
        )


def _files(backend: Backend, key: RunKey, upload_id: str) -> Iterator[Stored]:
    return stored_files(backend, area_of(key), upload_of(backend, area_of(key), upload_id))


def _steps(backend: Backend, key: RunKey, given: RunImport, record: dict[str, Stored]) -> list[StepEvent]:
    if STEPS not in record:
        return []
    text = backend.objects.get(area_of(key).blob(record[STEPS].entry.sha256))
    try:
        read = [adapter(StepEvent).validate_json(line) for line in text.splitlines() if line.strip()]
    except ValidationError as error:
        raise InvalidRequest(f"{STEPS} has a line that is no step: {error.errors()[0]['msg']}") from error
    return [
        step.model_copy(
            update={
                "id": "",
                "step_id": step.step_id or events.step_id(given.id, number),
                "content": clip(step.content, MAX_SHOWN),
            }
        )
        for number, step in enumerate(read)
    ]


def _artifacts(backend: Backend, key: RunKey, given: RunImport, record: dict[str, Stored]) -> tuple[Artifact, ...]:
    found = []
    for artifact in given.artifacts:
        file = record.get(f"artifacts/{artifact.id}")
        if file is None:
            raise InvalidRequest(f"the record has no file artifacts/{artifact.id}")
        # Blobs that no snapshot names are swept, so an artifact has a copy of its own.
        data = backend.objects.get(area_of(key).blob(file.entry.sha256))
        place = area_of(key).of_run(
            key.run_id, "artifacts", f"import-{hashlib.sha256(artifact.id.encode()).hexdigest()[:24]}"
        )
        backend.objects.put(place, data)
        found.append(
            Artifact(
                id=artifact.id,
                kind=artifact.kind,
                path=artifact.path,
                bytes=len(data),
                key=place,
                created_at=artifact.created_at,
            )
        )
    return tuple(found)


def _end(
    backend: Backend, key: RunKey, given: RunImport, artifacts: tuple[Artifact, ...]
) -> tuple[Change, Sequence[RunEvent]]:
    summary = given.machine_summary or MachineSummary(
        goal=given.instructions,
        execution_attempted=True,
        execution_succeeded=given.status is RunStatus.SUCCEEDED,
        reason_for_failure=None if given.status is RunStatus.SUCCEEDED else given.status.value,
    )
    ended = Ended(
        status=given.status,
        summary=summary,
        artifacts=artifacts,
        diff=_diff(backend, artifacts),
        errors=tuple(given.errors),
        pattern=given.pattern,
    )
    told: list[RunEvent] = [
        ErrorEvent(
            run_id=key.run_id,
            error=EventError(error=error.message, suggestion=error.suggestion, code=error.error_type),
        )
        for error in given.errors
    ]
    return ended, [
        *told,
        events.progress(replace(events.ENDED, message=given.status.value.capitalize())),
        _status(key, given.status),
    ]


def _diff(backend: Backend, artifacts: tuple[Artifact, ...]) -> DiffSummary | None:
    kept = next((artifact for artifact in artifacts if artifact.kind == "diff-summary"), None)
    if kept is None:
        return None
    try:
        found = DiffSummary.model_validate_json(backend.objects.get(kept.key))
    except ValidationError:
        return None
    return shortened(found, MAX_LISTED_DIFF_BYTES)


def _status(key: RunKey, status: RunStatus) -> StatusEvent:
    return StatusEvent(status=status, run_id=key.run_id, project_id=key.project_id)
