"""A turn's calls are cut into jobs that fit: into a state, into an execution, and into what a function reads."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from swarm.agent.job_calls import run_calls
from swarm.agent.model import ToolCall
from swarm.agent.tools.toolbox import Toolbox
from swarm.aws.presigning import Credentials, Presigner
from swarm.jobs.batch import MAX_JOBS, Executor, JobCall, cut, job_key, load_batch, refer, store_batch
from swarm.jobs.issue import JobLimits, issue
from swarm.records.backend import Backend
from swarm.runs.run import Run
from swarm.tasks.registry import BATCHES
from swarm.workspace.file_types import file_type
from swarm.workspace.objects import MemoryObjects, ProjectArea
from swarm.workspace.snapshot import FileEntry, Snapshot
from swarm.workspace.working_copy import Workspace
from swarm_job import contract
from swarm_job.runner import JOB_BYTES
from tests.jobs.conftest import waiting
from tests.support.stack import Stack

STATE_LIMIT = 256 * 1024
ERROR_CAUSE = 32_768
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
# Of the form that Lambda gives its functions, and longer than those usually are; base64 doubles in a query.
TOKEN = "IQoJb3JpZ2luX2VjE" + "A+/b3" * 300


def calls(commands: int, conversions: int) -> list[tuple[Executor, JobCall]]:
    made: list[tuple[Executor, JobCall]] = []
    made += [("sandbox", JobCall(f"c{n}/0000", "run_command", {"command": "ls"})) for n in range(commands)]
    made += [("convert", JobCall(f"b/{n:04}", "convert_document", {"source": f"{n}.md"})) for n in range(conversions)]
    return made


@pytest.mark.parametrize(
    ("commands", "conversions", "jobs", "largest"),
    [(1, 0, 1, 1), (3, 0, 1, 3), (0, 1, 1, 1), (2, 2, 3, 2), (0, 99, 99, 1), (1, 200, 68, 3), (0, 1_000, 91, 11)],
    ids=str,
)
def test_commands_are_one_job_and_conversions_are_shared_out(
    commands: int, conversions: int, jobs: int, largest: int
) -> None:
    batch = cut(7, "writer", calls(commands, conversions), Snapshot())
    assert len(batch.jobs) == jobs <= MAX_JOBS
    assert max(len(job.calls) for job in batch.jobs) == largest
    assert [call.call_id for job in batch.jobs for call in job.calls] == [
        call.call_id for _, call in calls(commands, conversions)
    ]
    assert len({job.id for job in batch.jobs}) == jobs
    assert [job.id for job in batch.jobs] == sorted(job.id for job in batch.jobs)
    assert Counter(job.executor for job in batch.jobs)["sandbox"] == bool(commands)


class Bucket:
    """As much of the backend as handing out a job takes."""

    def __init__(self, files: Snapshot) -> None:
        self.objects = MemoryObjects()
        self._files = files

    def files_of(self, _run: Run) -> Snapshot:
        return self._files


@pytest.fixture
def run(stack: Stack) -> Run:
    return waiting(stack, "run `ls`").run


def signer() -> Presigner:
    endpoint = "https://s3.ap-southeast-2.amazonaws.com"
    name = "codex-swarm-production-bucket-1a2b3c4d5e6f"
    return Presigner(
        Credentials("ASIA" + "X" * 16, "s" * 40, TOKEN), "ap-southeast-2", endpoint, name, NOW, timedelta(hours=1)
    )


def test_a_hundred_jobs_fit_into_a_state(run: Run) -> None:
    batch = cut(7, "f" * 32, calls(1, 99), Snapshot())
    state = json.dumps({"jobs": [refer(run, batch, job) for job in batch.jobs]}).encode()
    assert len(batch.jobs) == MAX_JOBS
    assert len(state) < (STATE_LIMIT - ERROR_CAUSE) / 10


@pytest.mark.proof
def test_the_largest_workspace_fits_into_a_job(run: Run) -> None:
    random = [os.urandom(32).hex() for _ in range(20_000)]
    files = Snapshot(
        {f"a folder/of some depth/file number {n:05}.md": FileEntry(sha, 9, "markdown") for n, sha in enumerate(random)}
    )
    bucket = Bucket(files)
    key = store_batch(bucket.objects, run, cut(7, "w", calls(1, 0), files))
    tracemalloc.start()
    try:
        batch = load_batch(bucket.objects, key)
        issued = issue(cast("Backend", bucket), run, batch, batch.jobs[0], signer(), JobLimits())
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    document = bucket.objects.get(job_key(run, batch.id, batch.jobs[0].id))
    assert len(TOKEN) > 1_500
    assert len(document) < JOB_BYTES
    # The function that writes it mostly waits, and has little memory.
    assert most < 1.3 * len(document) + (16 << 20)
    job = contract.parse(document)
    assert (len(job.files), job.job_id) == (20_000, issued["job_id"])


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        pytest.param("run_command", {"command": "ls"}, ["a.md", "b.csv", "img/c.png", "r.bib"], id="command"),
        pytest.param(
            "convert_document",
            {"source": "./a.md", "target": "b.csv", "bibliography": "r.bib"},
            ["a.md", "img/c.png", "r.bib"],
            id="conversion",
        ),
        pytest.param("read_document", {"path": "b.csv"}, ["b.csv"], id="reading"),
    ],
)
def test_a_job_gets_the_files_that_its_calls_may_open(
    run: Run, tool: str, arguments: dict[str, str], expected: Sequence[str]
) -> None:
    files = Snapshot(
        {path: FileEntry("0" * 64, 1, file_type(path)) for path in ("a.md", "b.csv", "img/c.png", "r.bib")}
    )
    bucket = Bucket(files)
    turn = run_calls(
        Toolbox(BATCHES),
        [ToolCall("c", tool, json.dumps(arguments))],
        Workspace(files, bucket.objects, ProjectArea("t", "p")),
    )
    batch = cut(7, "w", [(each.executor, call) for each, call in turn.pending], files)
    issue(cast("Backend", bucket), run, batch, batch.jobs[0], signer(), JobLimits())
    [document] = bucket.objects.objects.values()
    assert [file.path for file in contract.parse(document).files] == expected


def test_a_batch_of_before_is_still_read(run: Run) -> None:
    """Its jobs had a `place`, it a `slot` and no files, and its calls did not say what they open: they get all."""
    call = {"call_id": "c/0000", "tool": "read_document", "arguments": {"path": "a.md"}}
    stored = {"slot": "00007-w", "jobs": [{"id": "001", "place": "convert", "calls": [call]}]}
    blobs = MemoryObjects()
    blobs.put("key", json.dumps(stored).encode())
    batch = load_batch(blobs, "key")
    assert (batch.id, batch.jobs[0].executor, batch.jobs[0].calls[0].reads) == ("00007-w", "convert", None)
    bucket = Bucket(Snapshot({"a.md": FileEntry("0" * 64, 1, "markdown")}))
    issue(cast("Backend", bucket), run, batch, batch.jobs[0], signer(), JobLimits())
    assert [file.path for file in contract.parse(bucket.objects.get(job_key(run, batch.id, "001"))).files] == ["a.md"]
