"""Turns whatever ended a run's execution into a structured error, and ends the run as failed."""

from __future__ import annotations

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from swarm.ids import new_id
from swarm.lifecycle import transitions
from swarm.lifecycle.answers import TaskState, answer, round_of, run_of
from swarm.lifecycle.execution_errors import explain
from swarm.lifecycle.transitions import Outcome
from swarm.records.backend import backend


class Caught(BaseModel):
    """What `Catch` puts into the state."""

    error: str = Field(default="States.TaskFailed", alias="Error")
    cause: str = Field(default="", alias="Cause")


class Failure(BaseModel):
    """The part of the task's input that is about the failure."""

    error: Caught = Caught()


def handler(event: object, context: LambdaContext) -> TaskState:
    """Outcome `ended`."""
    key = run_of(event, context)
    caught = Failure.model_validate(event).error
    run, round_ = backend().runs.current(key.tenant_id, key.run_id), round_of(event)
    if run.rounds != round_:
        # What is left of an execution that is over: the run has gone on in another.
        return answer(key, Outcome.ENDED, round_=round_)
    error = explain(run, caught.error, caught.cause)
    return answer(key, transitions.fail(backend(), key, error, writer=new_id(), now=datetime.now(UTC)), round_=round_)
