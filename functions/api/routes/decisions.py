"""What people decide about runs that wait for them."""

from __future__ import annotations

from datetime import UTC, datetime

from api.requests import tenant_of
from api.resolver import Router
from api.views import run_read
from codex_swarm.models import DecisionCreate, RunRead
from swarm.lifecycle import decisions
from swarm.records.backend import backend
from swarm.runs.requests import Decision

SOMEBODY = "somebody"

router = Router()


@router.post("/runs/<run_id>/decisions/<request_id>", summary="Decide what a run waits for", tags=["runs"])
def decide(run_id: str, request_id: str, body: DecisionCreate) -> RunRead:
    """The run, which goes on once everything that it waits for is decided. A request is decided once: 409 after."""
    decision = Decision(
        kind=body.decision, text=body.text, by=body.decided_by.strip() or SOMEBODY, at=datetime.now(UTC)
    )
    return run_read(decisions.decide(backend(), tenant_of(router), run_id, request_id, decision))
