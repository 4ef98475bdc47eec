"""What people decide about runs that wait for them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from api.access import RUN
from api.requests import tenant_of
from api.resolver import Router
from api.views import run_read
from codex_swarm.models import MAX_TOOL_OUTPUT, DecisionCreate, DecisionKind, RunRead
from swarm.errors import InvalidRequest, TooLarge
from swarm.lifecycle import decisions
from swarm.records.backend import backend
from swarm.runs.requests import Decision

SOMEBODY = "somebody"

router = Router()


@router.post(
    "/runs/<run_id>/decisions/<request_id>", summary="Decide what a run waits for", tags=["runs"], security=RUN
)
def decide(run_id: str, request_id: str, body: DecisionCreate) -> RunRead:
    """The run, which goes on once everything that it waits for is decided. A request is decided once: 409 after."""
    kind, text = _said(body)
    decision = Decision(kind=kind, text=text, by=body.decided_by.strip() or SOMEBODY, at=datetime.now(UTC))
    return run_read(decisions.decide(backend(), tenant_of(router), run_id, request_id, decision))


def _said(body: DecisionCreate) -> tuple[DecisionKind, str]:
    """What was decided, in which words: a tool's output and error may stand for themselves. Raises `InvalidRequest`."""
    given = [name for name in ("decision", "output", "error") if name in body.model_fields_set]
    if len(given) != 1:
        raise InvalidRequest("give exactly one of decision, output and error")
    if body.error is not None:
        return DecisionKind.ERROR, body.error
    if body.decision is not None:
        return body.decision, body.text
    output = body.output if isinstance(body.output, str) else json.dumps(body.output, ensure_ascii=False)
    if len(output) > MAX_TOOL_OUTPUT:
        raise TooLarge(
            f"output has {len(output)} characters; at most {MAX_TOOL_OUTPUT} are taken. Give the part that was asked"
            " for, or send the whole as a file of a message"
        )
    return DecisionKind.OUTPUT, output
