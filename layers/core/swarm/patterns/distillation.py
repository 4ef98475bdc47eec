"""From the steps of a run that succeeds, what is worth telling the next one."""

from __future__ import annotations

from collections.abc import Sequence

from codex_swarm.models import PatternRead, PatternStep, StepEvent
from swarm.patterns.one_line import one_line
from swarm.patterns.steps import pattern_steps
from swarm.patterns.variables import variables_in
from swarm.runs.run import Run

MAX_NAME = 80
MAX_SUMMARY = 160

_MAX_GOAL = 100


def distil(run: Run, steps: Sequence[StepEvent]) -> PatternRead | None:
    """What the run taught; None when no step is worth keeping, as of a conversion.

    The same run always teaches the same.

    `steps` are the run's, in order. Variables are looked for in the user's instructions, then
    in the steps that are kept.
    """
    kept = pattern_steps(steps)
    if run.conversion is not None or not kept:
        return None
    texts = [run.instructions, *(step.instruction for step in kept)]
    return PatternRead(
        id=f"pat-{run.run_id}",
        source_run_id=run.run_id,
        name=one_line(run.name, MAX_NAME),
        summary=_summary(run, kept),
        steps=kept,
        variables=variables_in(texts, run.task_type),
    )


def _summary(run: Run, steps: Sequence[PatternStep]) -> str:
    """The goal, and by what kinds of step it was reached."""
    goal = one_line(run.instructions, _MAX_GOAL)
    count = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
    intents = ", ".join(dict.fromkeys(step.intent for step in steps if step.intent))
    return one_line(f"{goal} ({count}: {intents})" if intents else f"{goal} ({count})", MAX_SUMMARY)
