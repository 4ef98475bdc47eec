"""Records what a run made and learned, and ends it as succeeded: 70 -> 100."""

from __future__ import annotations

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from swarm.ids import new_id
from swarm.lifecycle import transitions
from swarm.lifecycle.answers import TaskState, answer, round_of, run_of
from swarm.lifecycle.transitions import Known
from swarm.records.backend import backend
from swarm.records.runlog import steps_in


def handler(event: object, context: LambdaContext) -> TaskState:
    """Outcome `ended`."""
    key = run_of(event, context)
    run, entries = backend().runs.history(key.tenant_id, key.run_id)
    known = Known(run, None if entries is None else steps_in(entries))
    return answer(
        key, transitions.finish(backend(), known, writer=new_id(), now=datetime.now(UTC)), round_=round_of(event)
    )
