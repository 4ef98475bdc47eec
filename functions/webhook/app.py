"""Tells a receiver on the internet that a run has ended: one attempt a call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypedDict

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from swarm.logs import log
from swarm.records.backend import backend
from swarm.webhooks.delivering import attempt


class Message(BaseModel):
    """Whose run has ended, and which."""

    tenant_id: str
    run_id: str


class State(TypedDict):
    """What the state machine goes on with: `outcome` is `done` or `retry`."""

    tenant_id: str
    run_id: str
    outcome: str
    wait_seconds: int


@log.inject_lambda_context
def handler(event: object, context: LambdaContext) -> State:
    """What to do next, and when."""
    message = Message.model_validate(event)
    following = attempt(backend(), message.tenant_id, message.run_id, datetime.now(UTC))
    return State(
        tenant_id=message.tenant_id,
        run_id=message.run_id,
        outcome=following.outcome.value,
        wait_seconds=following.wait_seconds,
    )
