"""Runs whose jobs nobody does: a test says what each call came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarm.jobs.batch import CallResult, JobOutcome, load_batch, store_outcome
from swarm.workspace.snapshot import FileEntry
from tests.support.driving import after, beginning, task
from tests.support.stack import Stack


def with_jobs(stack: Stack, run_id: str, *outcomes: CallResult, changed: Mapping[str, FileEntry] | None = None) -> Any:
    """Drive the run; untrusted functions came to these outcomes, one for each call, the last again and again."""
    left, state, name = list(outcomes), beginning(run_id), "prepare"
    asked: list[Any] = []
    following: str | None = name
    while following is not None:
        state = task(following, state)
        if state["outcome"] != "tools":
            following = after(state)
            continue
        run = stack.backend.runs.current("tenant-a", run_id)
        batch = load_batch(stack.backend.objects, str(run.batch))
        for job in batch.jobs:
            asked += job.calls
            results = [_outcome(left, each.call_id) for each in job.calls]
            store_outcome(stack.backend.objects, run, batch.id, job.id, JobOutcome(results, dict(changed or {})))
        following = "agent"
    return asked


def _outcome(left: list[CallResult], call_id: str) -> CallResult:
    given = left.pop(0) if len(left) > 1 else left[0]
    return CallResult(call_id, given.ok, given.output, exit_code=given.exit_code)
