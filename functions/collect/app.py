"""Takes back what the sandbox or the convert function made for a run; the only way from there into a workspace."""

from __future__ import annotations

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from swarm.ids import new_id
from swarm.jobs.collect import collect
from swarm.lifecycle.answers import run_of
from swarm.records.backend import backend


class Issued(BaseModel):
    """The job, as it was handed out."""

    job_id: str
    slot: str


class Caught(BaseModel):
    """What `Catch` puts into the state when the untrusted function failed."""

    error: str = Field(alias="Error")


class Done(BaseModel):
    """The part of the task's input that is about the job."""

    job: Issued
    error: Caught | None = None


def handler(event: object, context: LambdaContext) -> dict[str, str]:
    """The job's id, once its outcome is stored."""
    key, done = run_of(event, context), Done.model_validate(event)
    failure = _words(done.error.error) if done.error else None
    collect(backend(), key, done.job.job_id, done.job.slot, failure, writer=new_id(), now=datetime.now(UTC))
    return {"job_id": done.job.job_id}


def _words(error: str) -> str:
    return "it ran out of time" if error in {"States.Timeout", "Sandbox.Timedout"} else f"it stopped ({error})"
