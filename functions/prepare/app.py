"""Makes a run's first snapshot and its prompt: queued -> running, 0 -> 20."""

from __future__ import annotations

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from swarm.ids import new_id
from swarm.lifecycle import transitions
from swarm.lifecycle.answers import TaskState, answer, round_of, run_of
from swarm.records.backend import backend


def handler(event: object, context: LambdaContext) -> TaskState:
    """Outcome `ready`, or `ended` for a run that was cancelled meanwhile."""
    key = run_of(event, context)
    return answer(
        key, transitions.prepare(backend(), key, writer=new_id(), now=datetime.now(UTC)), round_=round_of(event)
    )
