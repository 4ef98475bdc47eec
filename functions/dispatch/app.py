"""Has a job done by the sandbox or the convert function; the only way from there into a workspace."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import cast

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from swarm.aws.clients import functions_that_take_long
from swarm.aws.functions import ask
from swarm.ids import new_id
from swarm.jobs.batch import Executor, JobRef
from swarm.jobs.dispatch import dispatch, give_up
from swarm.jobs.issue import IssuedJob
from swarm.lifecycle.answers import run_of
from swarm.records.backend import backend


class Job(BaseModel):
    """The job that is asked for. Executions that an earlier version began have more in it, which is left alone."""

    place: str
    run_id: str
    job_id: str
    slot: str


class Caught(BaseModel):
    """What `Catch` puts into the state when no attempt did the job."""

    error: str = Field(alias="Error")


class Asked(BaseModel):
    """The part of the task's input that is about the job; `attempt` is how often the state machine has tried again."""

    job: Job
    attempt: int = 0
    error: Caught | None = None


def handler(event: object, context: LambdaContext) -> dict[str, str]:
    """The job's id, once its outcome is stored."""
    key, asked = run_of(event, context), Asked.model_validate(event)
    job = cast("JobRef", asked.job.model_dump())
    writer, clock = new_id(), partial(datetime.now, UTC)
    if asked.error:
        give_up(backend(), key, job, asked.error.error, writer=writer, clock=clock)
    else:
        dispatch(backend(), key, job, _call, attempt=asked.attempt, writer=writer, clock=clock)
    return {"job_id": job["job_id"]}


def _call(executor: Executor, job: IssuedJob, tenant_id: str) -> None:
    settings = backend().settings
    name = {"sandbox": settings.sandbox_function, "convert": settings.convert_function}[executor]
    # What it answers is believed by nobody: what counts is what it delivered.
    ask(functions_that_take_long(), name, job, tenant_id)
