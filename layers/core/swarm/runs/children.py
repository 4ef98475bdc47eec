"""The runs that a run delegates parts of its task to: what it knows of each, and what it still waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from codex_swarm.models import ChildEvent, RunLimits, RunStatus, Usage
from swarm.runs.limits import Limits

MAX_AT_ONCE = 16
MAX_CHILDREN = 64
"""Of one run; each takes room in the run's item."""

MAX_TITLE = 100
MAX_TASK = 16_000
"""Characters of what a child is to do."""

MAX_TASK_FILES = 50

TIME_SHARE = 0.9
"""Of the time that a run has left, what each child has at most: the rest is for what comes of their work."""

_SHOWN = 300
"""Characters of what went wrong with a child that its parent keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a child is to do; `files` are those that it is about."""

    title: str
    instructions: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child as its parent knows it.

    `call_id` is the model's call that asked for it. What it is to do stands at `place` of the tasks stored at `tasks`.
    Once it has ended it has a `status`, the `error` of a failed one, and `seconds`, how long it worked. `taken` says
    that the parent has gone on with what came of it.
    """

    id: str
    title: str
    call_id: str
    tasks: str
    place: int
    asked_at: datetime
    status: RunStatus | None = None
    error: str | None = None
    seconds: float = 0.0
    taken: bool = False


def at_work(children: Sequence[Child]) -> list[Child]:
    """Those that have not ended."""
    return [child for child in children if child.status is None]


def untaken(children: Sequence[Child]) -> list[Child]:
    """Those whose work the parent has still to go on with."""
    return [child for child in children if not child.taken]


def ended(
    children: Sequence[Child], run_id: str, status: RunStatus, error: str | None, seconds: float
) -> tuple[Child, ...]:
    """The children, that one with its end."""
    return tuple(
        replace(child, status=status, error=error and error[:_SHOWN], seconds=seconds) if child.id == run_id else child
        for child in children
    )


def taken(children: Sequence[Child]) -> tuple[Child, ...]:
    """The children once the parent has gone on."""
    return tuple(child if child.taken else replace(child, taken=True) for child in children)


def share(limits: Limits, turns: int, usage: Usage, seconds_left: float, children: int) -> RunLimits:
    """What each of so many children may use of what their parent has left.

    Tokens and cost are divided, and one share stays with the parent. The turns and the time that are left each child
    may have for itself: they work side by side, and what their turns cost is bounded by the other two.
    """
    tokens = limits.max_tokens - usage.input_tokens - usage.output_tokens
    dollars = None if limits.max_cost_usd is None else limits.max_cost_usd - (usage.cost_usd or 0.0)
    return RunLimits(
        max_turns=max(1, limits.max_turns - turns),
        max_tokens=max(1, tokens // (children + 1)),
        max_cost_usd=None if dollars is None else max(0.000_001, dollars / (children + 1)),
        timeout_seconds=max(1, int(seconds_left * TIME_SHARE)),
    )


def told(child: Child, status: RunStatus) -> ChildEvent:
    """What watchers of the parent are told of a child."""
    return ChildEvent(child_run_id=child.id, title=child.title, status=status)
