"""What the state machine passes from task to task: ids, and what to do next. Everything else is in the run log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from swarm.adapters import adapter
from swarm.ids import RunKey
from swarm.jobs.batch import JobRef
from swarm.lifecycle.transitions import Outcome
from swarm.logs import log


class TaskState(TypedDict):
    """Input and answer of every task; `outcome`, `wait_seconds` and `jobs` are what Choice, Wait and Map read.

    `round` says how often the run had waited for people when this execution began.
    """

    tenant_id: str
    project_id: str
    run_id: str
    outcome: str
    wait_seconds: int
    jobs: Sequence[JobRef]
    round: int


def run_of(event: object, context: LambdaContext) -> RunKey:
    """The run that a task is for. The log names it from here on."""
    key = adapter(RunKey).validate_python(event)
    log.append_keys(run_id=key.run_id, project_id=key.project_id, request_id=context.aws_request_id)
    return key


class _Rounds(BaseModel):
    round: int = 0


def round_of(event: object) -> int:
    """The round of the run that this execution is for. One that an earlier version began says nothing of it."""
    return _Rounds.model_validate(event).round


def answer(
    key: RunKey, outcome: Outcome, wait_seconds: int = 0, jobs: Sequence[JobRef] = (), *, round_: int = 0
) -> TaskState:
    """The answer of a task."""
    log.info("the task is done", outcome=outcome.value)
    return TaskState(
        tenant_id=key.tenant_id,
        project_id=key.project_id,
        run_id=key.run_id,
        outcome=outcome.value,
        wait_seconds=wait_seconds,
        jobs=list(jobs),
        round=round_,
    )
