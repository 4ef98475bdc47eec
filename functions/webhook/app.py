"""Tells a receiver on the internet that a run has ended, or waits for people, or that a batch has ended: one attempt a
call.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NotRequired, TypedDict

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from swarm.logs import log
from swarm.records.backend import backend
from swarm.webhooks.delivering import attempt


class Message(BaseModel):
    """Whose run has ended, and which; with `wait` which of its waits for people it is.

    With `batch_round` it is a batch of this id, of which that round has ended.
    """

    tenant_id: str
    run_id: str
    wait: int | None = None
    batch_round: int | None = None


class State(TypedDict):
    """What the state machine goes on with: `outcome` is `done` or `retry`."""

    tenant_id: str
    run_id: str
    outcome: str
    wait_seconds: int
    wait: NotRequired[int]
    batch_round: NotRequired[int]


@log.inject_lambda_context
def handler(event: object, context: LambdaContext) -> State:
    """What to do next, and when."""
    message = Message.model_validate(event)
    following = attempt(
        backend(),
        message.tenant_id,
        message.run_id,
        datetime.now(UTC),
        wait=message.wait,
        batch_round=message.batch_round,
    )
    state = State(
        tenant_id=message.tenant_id,
        run_id=message.run_id,
        outcome=following.outcome.value,
        wait_seconds=following.wait_seconds,
    )
    if message.batch_round is not None:
        return {**state, "batch_round": message.batch_round}
    return state if message.wait is None else {**state, "wait": message.wait}
