"""What a run has spent, by day and model: kept by the fold, so that writing it down twice gives the same."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from codex_swarm.models import Usage
from swarm.runs.usage import total

if TYPE_CHECKING:
    from swarm.runs.run import Run

MAX_SPENT = 200
"""Days and models of a run that are told apart; what is spent beyond is counted with the last of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one model was used for on one day (UTC). Without a model it is what tools did by themselves."""

    day: date
    model: str
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """What one run used of one model on one day, with what it is looked for by; `metadata` has chosen names only."""

    day: date
    run_id: str
    project_id: str
    task_type: str
    model: str
    usage: Usage
    metadata: dict[str, str]


def spent_after(run: Run, at: datetime, model: str | None, usage: Usage) -> tuple[Spent, ...]:
    """What the run has spent once a turn at this time has used this of this model, None for its own.

    A run that an earlier version began has not noted what it had used: that is counted with its next turn.
    """
    before = run.usage if not (run.spent or run.children) else Usage()
    if usage == Usage() and before == Usage():
        return run.spent
    used = Spent(day=at.astimezone(UTC).date(), model=run.model if model is None else model, usage=total(before, usage))
    for place, known in enumerate(run.spent):
        same = (known.day, known.model) == (used.day, used.model)
        if same or place == MAX_SPENT - 1:
            both = replace(known, usage=total(known.usage, used.usage))
            return (*run.spent[:place], both, *run.spent[place + 1 :])
    return (*run.spent, used)


def rows_of(run: Run, chosen: Collection[str]) -> list[UsageRow]:
    """The rows of the run as it stands; one with nothing used where it has ended and nothing was."""
    spent = run.spent
    if not spent and run.ended_at is not None:
        used = Usage() if run.children else run.usage
        spent = (Spent(day=run.ended_at.astimezone(UTC).date(), model=run.model, usage=used),)
    metadata = {name: value for name, value in run.metadata.items() if name in chosen}
    return [
        UsageRow(
            day=each.day,
            run_id=run.run_id,
            project_id=run.key.project_id,
            task_type=run.task_type.value,
            model=each.model,
            usage=each.usage,
            metadata=metadata,
        )
        for each in spent
    ]
