"""Has a job done where there is nothing to take, and takes back what came of it, once and for all.

The untrusted function is called and waited for; what it delivered is validated, its files are stored, and the outcome
is kept once for each job. Whoever does this may die at any moment: done again, it goes on from what is stored.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import BinaryIO

from codex_swarm.models import ProgressEvent
from swarm.aws.functions import OUT_OF_MEMORY, TIMED_OUT, CallFailed, CallThrottled
from swarm.errors import RunStopped
from swarm.ids import RunKey
from swarm.jobs import pictures
from swarm.jobs.batch import (
    Batch,
    CallResult,
    Executor,
    Job,
    JobOutcome,
    JobRef,
    load_batch,
    load_outcome,
    result_key,
    store_outcome,
)
from swarm.jobs.issue import IssuedJob, JobLimits, issue
from swarm.jobs.tarball import Content, InvalidResult, Result, read_result
from swarm.jobs.texts import keep_texts
from swarm.logs import log
from swarm.metrics import JOB_SECONDS, JOBS, record
from swarm.records.backend import Backend, area_of
from swarm.records.ownership import OwnedObjects, Ownership
from swarm.records.runlog import SlotTaken
from swarm.runs import events
from swarm.runs.entries import Entry, Marked
from swarm.runs.plan import ceiling_of
from swarm.runs.run import Run
from swarm.text import clip
from swarm.workspace.file_types import file_type
from swarm.workspace.objects import ObjectMissing
from swarm.workspace.snapshot import FileEntry

BATCH_CEILING = 66
"""As far as the calls of a batch can move the progress; the turns that follow need some room."""

PARALLEL_PUTS = 8
IN_FLIGHT_BYTES = 24 << 20
"""At most so much is held while it is stored, or one file: this function has little memory, because it mostly waits."""

JOB_LIFETIME = timedelta(minutes=15)
"""How long the addresses of a job are good: longer than the function that gets them can run. They are signed anew for
each attempt, because a job may have waited for hours."""

OTHER_VERSION = "SchemaUnknown"
"""What the untrusted function says while a deployment has not come to it yet, or to this one."""

WAITING = "Waiting for a free environment"
_NAMED = 3
_REASONS = {
    TIMED_OUT: "it ran out of time",
    "States.Timeout": "it ran out of time",
    OUT_OF_MEMORY: "it ran out of memory",
    "EnvironmentLost": "its environment was lost, more than once",
}

Clock = Callable[[], datetime]
Call = Callable[[Executor, IssuedJob, str], object]
"""Calls the untrusted function of an executor with a job, for a tenant, and waits. Raises `CallFailed`."""


class EnvironmentsBusy(Exception):
    """There is no environment for this run just now. The state machine asks again, later each time."""


class EnvironmentLost(Exception):
    """What the job was done in ended, or was not reached. The state machine asks again, a few times."""


@dataclass(frozen=True, slots=True)
class Task:
    """A job that somebody waits for: the run, its batch as far as it is, and who acts for them.

    What is stored through `backend` is stored only while the run has not ended; then it raises `RunStopped`.
    """

    backend: Backend
    run: Run
    batch: Batch
    job: Job
    writer: str
    clock: Clock

    @property
    def result_key(self) -> str:
        return result_key(self.run, self.batch.id, self.job.id)

    def has_outcome(self) -> bool:
        """Whether the outcome of the job is stored."""
        return load_outcome(self.backend.objects, self.run, self.batch.id, self.job.id) is not None


def dispatch(
    backend: Backend, key: RunKey, asked: JobRef, call: Call, *, attempt: int, writer: str, clock: Clock
) -> None:
    """Have the job done and store its outcome; then say how far the batch is.

    `attempt` counts from 0. Done again, it changes nothing; a run that has ended, or has gone on meanwhile, is left
    alone. Raises `EnvironmentsBusy` and `EnvironmentLost` while another attempt may help.
    """
    task = _find(backend, key, asked, writer, clock)
    # Only an earlier attempt can have stored the outcome, which is kept once even so.
    if task is None or (attempt and task.has_outcome()):
        return
    with tempfile.TemporaryFile() as result, suppress(RunStopped):
        failure = ""
        # An earlier attempt may have died after the job was done.
        if not attempt or not _fetch(task, result):
            failure = _have_done(task, call, attempt)
            if _fetch(task, result):
                failure = ""
            elif not failure:
                failure = "it delivered no result"
        _keep(task, failure, result)


def give_up(backend: Backend, key: RunKey, asked: JobRef, error: str, *, writer: str, clock: Clock) -> None:
    """Store that the job could not be done, for the model to deal with: no further attempt is made."""
    task = _find(backend, key, asked, writer, clock)
    if task is not None and not task.has_outcome():
        with tempfile.TemporaryFile() as result, suppress(RunStopped):
            _keep(task, "" if _fetch(task, result) else _REASONS.get(error, f"it stopped ({error})"), result)


def _find(backend: Backend, key: RunKey, asked: JobRef, writer: str, clock: Clock) -> Task | None:
    """The task, if the run still waits for this batch."""
    run = backend.runs.current(key.tenant_id, key.run_id)
    if run.status.final or run.batch is None:
        return None
    batch = load_batch(backend.objects, run.batch)
    job = next((job for job in batch.jobs if job.id == asked["job_id"]), None)
    if batch.id != asked["slot"] or job is None:
        return None

    def ended() -> bool:
        return backend.runs.get(key.tenant_id, key.run_id).status.final

    # After a cancellation was answered nothing may be stored any more.
    owned = replace(backend, objects=OwnedObjects(backend.objects, Ownership(ended)))
    return Task(owned, run, batch, job, writer, clock)


def _fetch(task: Task, target: BinaryIO) -> bool:
    """Copy what was delivered; false where nothing was."""
    try:
        task.backend.objects.copy_to(target, task.result_key)
    except ObjectMissing:
        return False
    return True


def _have_done(task: Task, call: Call, attempt: int) -> str:
    """Call the untrusted function, and wait. Why the job cannot be done; empty when it was, or may have been."""
    signer = task.backend.signer(task.clock(), JOB_LIFETIME)
    issued = issue(task.backend, task.run, task.batch, task.job, signer, JobLimits())
    began = task.clock()
    try:
        call(task.job.executor, issued, task.backend.settings.isolation_id(task.run.key))
    except CallFailed as failed:
        if not isinstance(failed, CallThrottled) and failed.error_type != OTHER_VERSION:
            return _lost(task, failed)
        if task.run.limits.seconds_left(task.run.work_began, task.clock()) <= 0:
            return "no environment became free in the time of the run"
        if not attempt:
            _tell(task)
        raise EnvironmentsBusy(str(failed)) from failed
    record({JOB_SECONDS: max(0.0, (task.clock() - began).total_seconds())}, executor=task.job.executor)
    return ""


def _lost(task: Task, failed: CallFailed) -> str:
    """Why the job cannot be done, where the same calls would come to the same again. Raises `EnvironmentLost`."""
    log.warning("a job was not done", run_id=task.run.run_id, job_id=task.job.id, error=str(failed))
    if failed.error_type in {TIMED_OUT, OUT_OF_MEMORY}:
        return _REASONS[failed.error_type]
    raise EnvironmentLost(str(failed)) from failed


def _keep(task: Task, failure: str, result: BinaryIO) -> None:
    """Store the outcome, unless there is one, and tell of it."""
    outcome = _failed(task.job, failure) if failure else _outcome(task, result)
    if store_outcome(task.backend.objects, task.run, task.batch.id, task.job.id, outcome):
        record({JOBS: 1}, executor=task.job.executor, outcome="failed" if failure else "done")
        _mark(task, outcome.outcomes)


def _outcome(task: Task, delivered: BinaryIO) -> JobOutcome:
    try:
        result = read_result(delivered, JobLimits())
    except InvalidResult as error:
        log.warning("a result was refused", run_id=task.run.run_id, job_id=task.job.id, reason=str(error))
        return _failed(task.job, f"its result was refused: {error}")
    texts = keep_texts(task.backend.objects, area_of(task.run.key), task.job.calls, result.texts).handed_on
    return JobOutcome(_in_order(task.job, result), _stored(task, result.files), result.deleted, texts)


def _stored(task: Task, files: Mapping[str, Content]) -> dict[str, FileEntry]:
    """Store the contents, equal ones once; what a snapshot says of each file."""
    area, entries = area_of(task.run.key), {}
    stored: set[str] = set()
    storing: deque[tuple[Future[None], int]] = deque()
    # A result may have thousands of files, and one after the other they would take longer than the function has.
    with ThreadPoolExecutor(PARALLEL_PUTS) as pool:
        for path, content in files.items():
            data = content.read()
            sha256 = hashlib.sha256(data).hexdigest()
            entries[path] = FileEntry(sha256, len(data), file_type(path), content.executable)
            if sha256 in stored:
                continue
            stored.add(sha256)
            while storing and sum(size for _, size in storing) + len(data) > IN_FLIGHT_BYTES:
                storing.popleft()[0].result()
            storing.append((pool.submit(task.backend.objects.put, area.blob(sha256), data), len(data)))
        for put, _ in storing:
            put.result()
    return entries


def _in_order(job: Job, result: Result) -> list[CallResult]:
    """One outcome for each call that was asked for, whatever the function says it did."""
    delivered = {outcome.call_id: outcome for outcome in result.outcomes}
    missing = CallResult("", ok=False, output="error: the function did not say what this call came to")
    outcomes = [delivered.get(call.call_id, replace(missing, call_id=call.call_id)) for call in job.calls]
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


def _tell(task: Task) -> None:
    """Tell whoever watches that the run waits for its turn."""
    waiting = events.progress(replace(events.EXECUTING, message=WAITING), task.run.progress)
    _append(task, lambda run: replace(_entry(task, run), progress=run.progress, events=(waiting,)))


def _mark(task: Task, outcomes: Sequence[CallResult]) -> None:
    """Move the progress on by these calls."""
    size = task.batch.size

    def marked(run: Run) -> Entry:
        done = run.batch_done + len(outcomes)
        return replace(
            _entry(task, run),
            change=Marked(calls=len(outcomes)),
            progress=_percent(run, done, size),
            events=tuple(_progress_events(run, outcomes, size)),
        )

    _append(task, marked)


def _entry(task: Task, run: Run) -> Entry:
    return Entry(slot=run.version + 1, writer=task.writer, at=task.clock(), change=Marked(calls=0))


def _append(task: Task, entry: Callable[[Run], Entry]) -> None:
    """Append while the run waits for its batch. Other jobs do so at the same time, so the slot may take a few tries."""
    run = task.run
    while not run.status.final and run.batch == task.run.batch:
        following = entry(run)
        done = isinstance(following.change, Marked) and run.batch_done + following.change.calls >= task.batch.size
        try:
            # Of a batch that is done the agent takes the results at once.
            task.backend.runs.append(run, following, show=not done)
        except SlotTaken:
            run = task.backend.runs.current(run.key.tenant_id, run.run_id)
            continue
        return


def _percent(run: Run, done: int, size: int) -> int:
    room = max(0, min(BATCH_CEILING, ceiling_of(run.plan)) - run.batch_from)
    return max(run.progress, run.batch_from + room * min(done, size) // size)


def _progress_events(run: Run, outcomes: Sequence[CallResult], size: int) -> Iterator[ProgressEvent]:
    """A progress event for each call."""
    for done, outcome in enumerate(outcomes, run.batch_done + 1):
        made = f": {', '.join(outcome.files[:_NAMED])}" if outcome.files else ""
        words = f"{done} of {size} {'done' if outcome.ok else 'failed'}{made}"
        yield events.progress(replace(events.EXECUTING, message=words), _percent(run, done, size))
