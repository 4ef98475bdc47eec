"""Runs tasks through the public API, several at a time, and grades what came of them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import CodexSwarmError
from codex_swarm.models import RunLimits, RunRead
from evals.task import Files, Outcome, Task

LIMITS = RunLimits(max_turns=60, timeout_seconds=900)
SECONDS = 1_800.0
"""For a run, with its wait for its turn."""


@dataclass(frozen=True)
class Attempt:
    """One try at a task: what was wrong, by the name of the grader, and what it took.

    `prompt` tells versions of the instructions apart: the beginning of the SHA-256 of what the agent was told.
    `seconds` are from the start of the work to its end.
    """

    task: str
    type: str
    faults: dict[str, str] = field(default_factory=dict)
    run_id: str = ""
    prompt: str = ""
    turns: int = 0
    tokens: int = 0
    cached_tokens: int = 0
    cost_usd: float | None = None
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


@dataclass(frozen=True)
class Ended:
    """A run at its end with the files that it began with and those that it left; without a run, why there is none."""

    task: Task
    given: Files
    run: RunRead | None = None
    files: Files = field(default_factory=dict)
    problem: str = ""


def attempts(
    client: CodexSwarmClient, tasks: Sequence[Task], tries: int, at_once: int, told: Callable[[Attempt], None]
) -> list[Attempt]:
    """So many attempts at each task, `at_once` of them at a time; `told` hears of each as it ends.

    All are in a project of their own, which is deleted at the end.
    """
    project, done = f"evals-{uuid.uuid4().hex[:12]}", []
    with _deleted(client, project), ThreadPoolExecutor(at_once) as pool:
        # Graders that run code take the sandbox for themselves, so they work in this thread, one after the other.
        for ended in pool.map(lambda task: _ended(client, task, project), [*tasks] * tries):
            done.append(graded(ended))
            told(done[-1])
    return done


@contextmanager
def _deleted(client: CodexSwarmClient, project: str) -> Iterator[None]:
    """The project is gone at the end; where the service does not answer any more, there is nothing to be done."""
    try:
        yield
    finally:
        with suppress(CodexSwarmError):
            client.delete_project(project)


def graded(ended: Ended) -> Attempt:
    """The attempt that this run was."""
    task, run = ended.task, ended.run
    if run is None:
        return Attempt(task.name, task.type.value, {"the run can be started and watched": ended.problem})
    outcome = Outcome(ended.given, ended.files, run.status.value, run.closing_words or "")
    used, began = run.usage, run.started_at or run.created_at
    return Attempt(
        task=task.name,
        type=task.type.value,
        faults=task.faults(outcome),
        run_id=run.id,
        prompt=hashlib.sha256((run.system_instructions or "").encode()).hexdigest()[:8],
        turns=used.model_calls,
        tokens=used.input_tokens + used.output_tokens,
        cached_tokens=used.cached_tokens,
        cost_usd=used.cost_usd,
        seconds=((run.ended_at or began) - began) / timedelta(seconds=1),
    )


def _ended(client: CodexSwarmClient, task: Task, project: str) -> Ended:
    given = task.files()
    try:
        uploads = [client.upload_files(project, given)] if given else []
        # `none`: what an earlier run taught would make the tries unlike each other.
        run = client.start_run(
            project, task.instructions, task.type, task.name, reference_run_id="none", uploads=uploads, limits=LIMITS
        )
        run = client.wait(run.id, SECONDS)
        files = {file.path: client.get_file(run.id, file.path) for file in client.iter_files(run.id)}
    except CodexSwarmError as error:
        return Ended(task, given, problem=str(error))
    return Ended(task, given, run, files)
