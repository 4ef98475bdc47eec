"""How far a run is while its agent is at work: by the plan that it made, or by its turns; from 30 to 69 percent."""

from __future__ import annotations

from collections.abc import Sequence

from codex_swarm.models import OVER, PlanStep
from swarm.runs.events import EXECUTING, PROCESSING_RESULTS

FIRST, LAST = EXECUTING.percent, PROCESSING_RESULTS.percent - 1


def percent_of(plan: Sequence[PlanStep]) -> int:
    """Percent by what is done of the plan; what is being done counts half."""
    parts = sum(1.0 if step.status in OVER else 0.5 * (step.status == "in_progress") for step in plan)
    return FIRST + round((LAST - FIRST) * parts / len(plan)) if plan else FIRST


def ceiling_of(plan: Sequence[PlanStep]) -> int:
    """The percent that the part which is being done may bring: jobs of one part are not the whole work."""
    done = sum(step.status in OVER for step in plan)
    return FIRST + (LAST - FIRST) * min(done + 1, len(plan)) // len(plan) if plan else LAST


def turn_progress(turns: int) -> int:
    """Percent after a number of turns, ever slower, since nobody knows how many will come."""
    return min(LAST, FIRST + round((LAST + 1 - FIRST) * (1 - 0.85**turns)))
