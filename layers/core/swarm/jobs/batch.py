"""The tool calls of one turn that run elsewhere: stored whole, cut into jobs, and each job's result stored once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal, TypedDict

from pydantic import AliasChoices, Field, JsonValue

from swarm.adapters import adapter
from swarm.records.backend import area_of
from swarm.runs.run import Run
from swarm.workspace.document_texts import DocumentText
from swarm.workspace.objects import ObjectMissing, ObjectStore
from swarm.workspace.snapshot import FileEntry, Snapshot

Executor = Literal["agent", "sandbox", "convert"]
"""Which function does the work of a call: the agent's own, or an untrusted one, by jobs."""

IN_ORDER: Executor = "sandbox"
"""The executor whose calls of a turn are one job and run one after the other, each on the files that the last left."""

FAILED = "error: "
"""How the output of every failed call begins."""

DOCUMENT_TEXT = "document_text"
"""The call that has all text of a document made (`swarm.workspace.document_texts`); its `sha256` is the document's."""

FEWEST_TEXTS, MOST_TEXTS = 5, 50
"""Documents that one job reads: each job is an environment that has to be made ready, and has so much time."""

MOST_TEXT_BYTES = 1 << 30
"""Of the documents of one such job, for they lie side by side; half of what it has room for."""

AT_A_TIME = 4
"""Jobs of a run that the state machine has done at one time."""

MAX_JOBS = 100
"""Each job is one item of the state machine's Map: some 15 of an execution's 25,000 events."""


def parent_of(call_id: str) -> str:
    """The model's id in the id of a job's call; the model's own may have any character in it."""
    return call_id.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class JobCall:
    """One call of a job. A tool call that stands for many (a batch) has one of these for each.

    `call_id` is the model's own id, a slash, and a number. `reads` are the files that it may open, None for the whole
    workspace; `reads_images` adds every image.
    """

    call_id: str
    tool: str
    arguments: Mapping[str, JsonValue]
    reads: Sequence[str] | None = None
    reads_images: bool = False

    @property
    def parent(self) -> str:
        """The call of the model's that this one is, or is part of."""
        return parent_of(self.call_id)


@dataclass(frozen=True, slots=True)
class Job:
    """Calls that one invocation does, in order, in one workspace."""

    id: str
    executor: Annotated[Executor, Field(validation_alias=AliasChoices("executor", "place"))]
    calls: Sequence[JobCall]


@dataclass(frozen=True, slots=True)
class Batch:
    """All jobs of one turn. `id`, the turn's slot in the run log and its writer, makes the batch's keys its own.

    `files` are those that its calls may open, as the turn left them; batches of an earlier version have None, and do
    not say since when (`began`) they wait to be done.
    """

    id: Annotated[str, Field(validation_alias=AliasChoices("id", "slot"))]
    jobs: Sequence[Job]
    files: Mapping[str, FileEntry] | None = None
    began: datetime | None = None

    @property
    def size(self) -> int:
        """How many calls there are."""
        return sum(len(job.calls) for job in self.jobs)


class JobRef(TypedDict):
    """A job by its ids: an item of the state machine's Map. An execution may meet a later version of its functions."""

    place: str
    run_id: str
    job_id: str
    slot: str


@dataclass(frozen=True, slots=True)
class CallResult:
    """What one call came to, as the untrusted function says. `output` is for the model; commands have exit codes.

    `pictures` are for the model to look at: in base64 as the function says them, `data:` URLs once they are taken.
    """

    call_id: str
    ok: bool
    output: str
    files: Sequence[str] = ()
    exit_code: int | None = None
    pictures: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What a job came to: its calls' outcomes, and the files that it changed, stored and verified.

    `texts` are some of those that it made of documents, by content, as they are stored.
    """

    outcomes: Sequence[CallResult]
    changed: Mapping[str, FileEntry] = field(default_factory=dict)
    deleted: Sequence[str] = ()
    texts: Mapping[str, DocumentText] = field(default_factory=dict)


def cut(slot: int, writer: str, calls: Sequence[tuple[Executor, JobCall]], files: Snapshot) -> Batch:
    """The batch of these calls: the commands of a turn are one job, conversions are spread over as many as may be.

    Texts of documents are made in few jobs, as many as are done at a time.
    """
    commands = [call for executor, call in calls if executor == IN_ORDER]
    conversions = [call for executor, call in calls if executor != IN_ORDER and call.tool != DOCUMENT_TEXT]
    texts = [call for _, call in calls if call.tool == DOCUMENT_TEXT]
    jobs = [Job("000", "sandbox", commands)] if commands else []
    readings = _readings(texts, files)
    share = -(-len(conversions) // (MAX_JOBS - 1 - len(readings))) or 1
    shares = [conversions[first : first + share] for first in range(0, len(conversions), share)]
    for some in (*shares, *readings):
        jobs.append(Job(f"{len(jobs) + 1:03}", "convert", some))
    return Batch(f"{slot:05}-{writer}", jobs, opened([call for _, call in calls], files.files))


def _readings(texts: Sequence[JobCall], files: Snapshot) -> list[list[JobCall]]:
    """The texts that each job makes."""
    share = min(MOST_TEXTS, max(FEWEST_TEXTS, -(-len(texts) // AT_A_TIME)))
    shares: list[list[JobCall]] = []
    room = 0
    for call in texts:
        size = sum(files.files[path].size for path in call.reads or () if path in files.files)
        if not shares or len(shares[-1]) == share or size > room:
            shares.append([])
            room = MOST_TEXT_BYTES
        shares[-1].append(call)
        room -= size
    return shares


def opened(calls: Sequence[JobCall], files: Mapping[str, FileEntry]) -> dict[str, FileEntry]:
    """The files that these calls may open, by path."""
    everything = any(call.reads is None for call in calls)
    named = {path for call in calls for path in call.reads or ()}
    images = any(call.reads_images for call in calls)
    return {
        path: entry
        for path, entry in sorted(files.items())
        if everything or path in named or (images and entry.type == "image")
    }


def refer(run: Run, batch: Batch, job: Job) -> JobRef:
    """What the state machine is told of a job."""
    return JobRef(place=job.executor, run_id=run.run_id, job_id=job.id, slot=batch.id)


def store_batch(store: ObjectStore, run: Run, batch: Batch) -> str:
    """Store the batch; its key."""
    key = _key(run, batch.id, "batch.json")
    store.put(key, adapter(Batch).dump_json(batch))
    return key


def load_batch(store: ObjectStore, key: str) -> Batch:
    """The stored batch."""
    return adapter(Batch).validate_json(store.get(key))


def store_outcome(store: ObjectStore, run: Run, batch_id: str, job_id: str, outcome: JobOutcome) -> bool:
    """Store what a job came to, once and for all; false when it was there already."""
    return store.put_new(_key(run, batch_id, f"{job_id}.outcome.json"), adapter(JobOutcome).dump_json(outcome))


def load_outcome(store: ObjectStore, run: Run, batch_id: str, job_id: str) -> JobOutcome | None:
    """What a job came to, or None while it has not."""
    try:
        return adapter(JobOutcome).validate_json(store.get(_key(run, batch_id, f"{job_id}.outcome.json")))
    except ObjectMissing:
        return None


def job_key(run: Run, batch_id: str, job_id: str) -> str:
    """Where the job's document is."""
    return _key(run, batch_id, f"{job_id}.job.json")


def result_key(run: Run, batch_id: str, job_id: str) -> str:
    """Where the untrusted function puts what it made."""
    return _key(run, batch_id, f"{job_id}.result.tar")


def _key(run: Run, batch_id: str, name: str) -> str:
    return area_of(run.key).of_run(run.run_id, "calls", f"{batch_id}/{name}")
