"""Takes back what an untrusted function made: validated, stored as blobs, and its outcome kept once for each job."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from codex_swarm.models import ProgressEvent
from swarm.errors import RunStopped
from swarm.ids import RunKey
from swarm.jobs import pictures
from swarm.jobs.batch import Batch, CallResult, Job, JobOutcome, load_batch, load_outcome, result_key, store_outcome
from swarm.jobs.issue import JobLimits
from swarm.jobs.tarball import InvalidResult, Result, read_result
from swarm.logs import log
from swarm.records.backend import Backend, area_of
from swarm.records.ownership import OwnedBlobs, Ownership
from swarm.records.runlog import SlotTaken
from swarm.runs import events
from swarm.runs.entries import Entry, Marked
from swarm.runs.run import Run
from swarm.text import clip
from swarm.workspace.blobs import ObjectMissing
from swarm.workspace.file_types import file_type
from swarm.workspace.snapshot import FileEntry

BATCH_CEILING = 66
"""As far as the calls of a batch can move the progress; the turns that follow need some room."""

PARALLEL_PUTS = 8
_NAMED = 3


def collect(
    backend: Backend, key: RunKey, job_id: str, slot: str, failure: str | None, *, writer: str, now: datetime
) -> None:
    """Store the outcome of a job that was done, or of one that could not be; then say how far the batch is.

    Done again, it changes nothing. A run that has ended, or has gone on meanwhile, is left alone.
    """
    run = backend.runs.current(key.tenant_id, key.run_id)
    if run.status.final or run.batch is None:
        return
    batch = load_batch(backend.blobs, run.batch)
    if batch.id != slot:
        return
    job = next((job for job in batch.jobs if job.id == job_id), None)
    if job is None or load_outcome(backend.blobs, run, slot, job_id) is not None:
        return
    # After a cancellation was answered nothing may be stored any more.
    owned = replace(
        backend,
        blobs=OwnedBlobs(backend.blobs, Ownership(lambda: backend.runs.get(key.tenant_id, key.run_id).status.final)),
    )
    try:
        outcome = _failed(job, failure) if failure is not None else _outcome(owned, run, batch, job)
        first = store_outcome(owned.blobs, run, slot, job_id, outcome)
    except RunStopped:
        return
    if first:
        _mark(backend, run, batch, outcome.outcomes, writer, now)


def _outcome(backend: Backend, run: Run, batch: Batch, job: Job) -> JobOutcome:
    try:
        result = read_result(backend.blobs.get(result_key(run, batch.id, job.id)), JobLimits())
    except ObjectMissing:
        return _failed(job, "it delivered no result")
    except InvalidResult as error:
        log.warning("a result was refused", run_id=run.run_id, job_id=job.id, reason=str(error))
        return _failed(job, f"its result was refused: {error}")
    return JobOutcome(_in_order(job, result), _stored(backend, run, result.files), result.deleted)


def _stored(backend: Backend, run: Run, files: Mapping[str, memoryview]) -> dict[str, FileEntry]:
    """Store the contents, equal ones once; what a snapshot says of each file."""
    entries = {
        path: FileEntry(hashlib.sha256(data).hexdigest(), len(data), file_type(path)) for path, data in files.items()
    }
    contents = {entry.sha256: files[path] for path, entry in entries.items()}
    area = area_of(run.key)

    def store(sha256: str) -> None:
        backend.blobs.put(area.blob(sha256), bytes(contents[sha256]))

    # A result may have thousands of files, and one after the other they would take longer than the function has.
    with ThreadPoolExecutor(PARALLEL_PUTS) as pool:
        # Going through the results raises what a put raised.
        list(pool.map(store, contents))
    return entries


def _in_order(job: Job, result: Result) -> list[CallResult]:
    """One outcome for each call that was asked for, whatever the function says it did."""
    told = {outcome.call_id: outcome for outcome in result.outcomes}
    missing = CallResult("", ok=False, output="error: the function did not say what this call came to")
    outcomes = [told.get(call.call_id, replace(missing, call_id=call.call_id)) for call in job.calls]
    return [
        replace(
            outcome,
            output=clip(outcome.output),
            files=[path for path in dict.fromkeys(outcome.files) if path in result.files],
            pictures=pictures.taken(outcome.pictures),
        )
        for outcome in outcomes
    ]


def _failed(job: Job, reason: str) -> JobOutcome:
    text = f"error: the {job.executor} function could not do this: {reason}"
    return JobOutcome([CallResult(call.call_id, ok=False, output=clip(text)) for call in job.calls])


def _mark(backend: Backend, run: Run, batch: Batch, outcomes: Sequence[CallResult], writer: str, now: datetime) -> None:
    """Move the progress on by these calls. Others mark at the same time, so the slot may take a few tries."""
    while not run.status.final and run.batch is not None:
        done = run.batch_done + len(outcomes)
        entry = Entry(
            slot=run.version + 1,
            writer=writer,
            at=now,
            change=Marked(calls=len(outcomes)),
            progress=_percent(run, done, batch.size),
            events=tuple(_progress_events(run, outcomes, batch.size)),
        )
        try:
            backend.runs.append(run, entry)
        except SlotTaken:
            run = backend.runs.current(run.key.tenant_id, run.run_id)
            continue
        return


def _percent(run: Run, done: int, size: int) -> int:
    room = max(0, BATCH_CEILING - run.batch_from)
    return max(run.progress, run.batch_from + room * min(done, size) // size)


def _progress_events(run: Run, outcomes: Sequence[CallResult], size: int) -> Iterator[ProgressEvent]:
    """A progress event for each call."""
    for done, outcome in enumerate(outcomes, run.batch_done + 1):
        made = f": {', '.join(outcome.files[:_NAMED])}" if outcome.files else ""
        words = f"{done} of {size} {'done' if outcome.ok else 'failed'}{made}"
        yield events.progress(replace(events.EXECUTING, message=words), _percent(run, done, size))
