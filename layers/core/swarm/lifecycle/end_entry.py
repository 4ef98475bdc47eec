"""What the last entry of a run's log holds: status and error, outputs, summary, and the events of the end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from codex_swarm.models import (
    ArtifactEvent,
    CancelledEvent,
    DiffEvent,
    ErrorEvent,
    EventError,
    PatternEvent,
    PatternRead,
    RunError,
    RunEvent,
    RunStatus,
    StatusEvent,
    SummaryFile,
    WorkspaceSummaryEvent,
)
from swarm.errors import CorruptObject
from swarm.lifecycle.summary import summarise
from swarm.logs import log
from swarm.outputs.artifact_kinds import artifact_kind
from swarm.outputs.diff import Diff, shortened
from swarm.outputs.run_diff import between
from swarm.records.backend import Backend, area_of
from swarm.runs import events
from swarm.runs.conversation import as_jsonl, load_transcript
from swarm.runs.entries import Ended, Entry
from swarm.runs.error_types import ErrorType
from swarm.runs.run import Artifact, Run
from swarm.workspace.snapshot import FileChange, Snapshot, compare

MAX_FILE_ARTIFACTS = 200
MAX_ARTIFACT_BYTES = 100_000
MAX_LISTED_DIFF_BYTES = 50_000
"""What the artifacts and the diff may take of the run's item, which DynamoDB lets have 400 KB; `diff-summary.json` is
whole."""

MAX_LISTED_FILES = 100
"""How many files the run item and the closing event name; the workspace listing names them all."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What a run ends with. `reason` is an error type, None after success."""

    status: RunStatus
    reason: str | None = None
    error: RunError | None = None
    pattern: PatternRead | None = None


def failed(error: RunError) -> Ending:
    """The ending of a run that a hard failure ended."""
    return Ending(RunStatus.FAILED, reason=error.error_type, error=error)


def succeeded(pattern: PatternRead | None) -> Ending:
    """The ending of a run that did what it was asked, and what it taught."""
    return Ending(RunStatus.SUCCEEDED, pattern=pattern)


CANCELLED = Ending(RunStatus.CANCELLED, reason=ErrorType.CANCELLED.value)


def entry_of(backend: Backend, run: Run, ending: Ending, writer: str, now: datetime) -> Entry:
    """The entry that ends the run; without outputs where they cannot be read, since a run has to end even so."""
    try:
        return _entry(backend, run, ending, writer, now)
    except CorruptObject as damage:
        if ending.status is RunStatus.SUCCEEDED:
            raise
        log.error("a run ends without its outputs", run_id=run.run_id, error=str(damage))
        bare = replace(run, first_snapshot=None, snapshot=None, transcript=None)
        return _entry(backend, bare, ending, writer, now)


def _entry(backend: Backend, run: Run, ending: Ending, writer: str, now: datetime) -> Entry:
    first, last = backend.snapshot(run.first_snapshot), backend.files_of(run)
    changes = compare(first, last)
    difference = between(backend, run, changes)
    inherited = None if changes else _inherited_result(backend, run)
    summary = summarise(run, ending.status, last, changes, ending.reason, inherited)
    # What the summary names is listed, however much else was written.
    named = {summary.primary_artifact, *summary.secondary_artifacts}
    ordered = sorted(changes, key=lambda change: change.path not in named)
    artifacts = _artifacts(backend, run, ordered, difference, writer, now)
    ended = Ended(
        status=ending.status,
        summary=summary,
        artifacts=artifacts,
        diff=shortened(difference.summary, MAX_LISTED_DIFF_BYTES) if difference else None,
        errors=(ending.error,) if ending.error else (),
        pattern=ending.pattern,
    )
    ending_events = _events(run, ended, last)
    return Entry(slot=run.version + 1, writer=writer, at=now, change=ended, progress=100, events=ending_events)


def _inherited_result(backend: Backend, run: Run) -> str | None:
    """The main result of the run whose files it began with: what is there, and was made by a run."""
    source = backend.runs.find(run.key.tenant_id, run.from_run_id) if run.from_run_id else None
    return source.summary.primary_artifact if source and source.summary else None


def _artifacts(
    backend: Backend,
    run: Run,
    changes: Sequence[FileChange],
    difference: Diff | None,
    writer: str,
    now: datetime,
) -> tuple[Artifact, ...]:
    area = area_of(run.key)
    is_text = difference.is_text if difference else {}
    found = [
        Artifact(
            id=artifact_id(run.run_id, change.path),
            kind=artifact_kind(change.path, is_text.get(change.path)),
            path=change.path,
            bytes=change.after.size,
            key=area.blob(change.after.sha256),
            created_at=now,
        )
        for change in changes
        if change.after is not None
    ][:MAX_FILE_ARTIFACTS]
    while sum(len(artifact.path.encode()) + len(artifact.key) + 150 for artifact in found) > MAX_ARTIFACT_BYTES:
        found.pop()
    made: list[tuple[str, str, bytes]] = []
    if difference is not None:
        made.append(("diff-summary", "diff-summary.json", difference.summary.model_dump_json(indent=2).encode()))
        made.append(("diff-patch", "diff.patch", difference.patch))
    if run.transcript is not None:
        made.append(("codex-jsonl", "transcript.jsonl", as_jsonl(load_transcript(backend.objects, run.transcript))))
    if run.finished_turns and run.result_schema is not None:
        made.append(("result", "result.json", json.dumps(run.result, ensure_ascii=False, indent=2).encode()))
    for kind, name, data in made:
        key = area.of_run(run.run_id, "artifacts", f"{writer}-{name}")
        backend.objects.put(key, data)
        found.append(
            Artifact(
                id=artifact_id(run.run_id, f"/{name}"),
                kind=kind,
                path=name,
                bytes=len(data),
                key=key,
                created_at=now,
            )
        )
    return tuple(found)


def artifact_id(run_id: str, path: str) -> str:
    """The id of a run's output: the same path in the same run has the same id."""
    return "art-" + hashlib.sha256(json.dumps([run_id, path]).encode()).hexdigest()[:24]


def _events(run: Run, ended: Ended, files: Snapshot) -> tuple[RunEvent, ...]:
    run_id = run.run_id
    found: list[RunEvent] = []
    if run.progress < events.PROCESSING_RESULTS.percent:
        found.append(events.progress(events.PROCESSING_RESULTS))
    found += [ArtifactEvent(artifact_id=made.id, path=made.path, bytes=made.bytes) for made in ended.artifacts]
    if ended.diff is not None:
        diff_id = next(made.id for made in ended.artifacts if made.kind == "diff-summary")
        found.append(DiffEvent(run_id=run_id, artifact_id=diff_id, diff=ended.diff))
    if ended.status is RunStatus.SUCCEEDED:
        found.append(events.progress(events.LEARNING_PATTERNS))
    if (taught := ended.pattern) is not None:
        found.append(
            PatternEvent(
                pattern_id=taught.id,
                run_id=run_id,
                summary=taught.summary,
                steps=taught.steps,
                variables=taught.variables,
            )
        )
    for error in ended.errors:
        wrong = EventError(error=error.message, suggestion=error.suggestion, code=error.error_type)
        found.append(ErrorEvent(run_id=run_id, error=wrong))
    if ended.status is RunStatus.CANCELLED:
        found.append(CancelledEvent(run_id=run_id, process_killed=run.status is RunStatus.RUNNING))
    listed = [SummaryFile(path=path, size=files.files[path].size) for path in files.paths[:MAX_LISTED_FILES]]
    found.append(WorkspaceSummaryEvent(run_id=run_id, files=listed, total_files=len(files.files)))
    found.append(events.progress(replace(events.ENDED, message=ended.status.value.capitalize())))
    found.append(StatusEvent(status=ended.status, run_id=run_id, project_id=run.key.project_id))
    return tuple(found)
