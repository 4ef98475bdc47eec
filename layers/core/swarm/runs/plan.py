"""How far a run is by the plan that its agent made: between 30 and 69 percent, while it is executing."""

from __future__ import annotations

from collections.abc import Sequence

from codex_swarm.models import PlanStep

FIRST, LAST = 30, 69
_DONE = frozenset({"done", "skipped"})


def percent_of(plan: Sequence[PlanStep]) -> int:
    """Percent by what is done of the plan; what is being done counts half."""
    parts = sum(1.0 if step.status in _DONE else 0.5 * (step.status == "in_progress") for step in plan)
    return FIRST + round((LAST - FIRST) * parts / len(plan)) if plan else FIRST


def ceiling_of(plan: Sequence[PlanStep]) -> int:
    """The percent that the part which is being done may bring: jobs of one part are not the whole work."""
    done = sum(step.status in _DONE for step in plan)
    return FIRST + (LAST - FIRST) * min(done + 1, len(plan)) // len(plan) if plan else LAST
