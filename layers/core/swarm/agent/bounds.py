"""What may be used up before an agent's next turn: the run's limits, its rounds of review, the budgets over it."""

from __future__ import annotations

from datetime import datetime

from swarm.agent.reviewing import unmet_in_words
from swarm.errors import BudgetExhausted, ModelFailure
from swarm.lifecycle import budgets
from swarm.records.backend import Backend
from swarm.runs.error_types import ErrorType
from swarm.runs.limits import MAX_STORED_BYTES
from swarm.runs.run import Run
from swarm.text import clip


def require_room(run: Run, now: datetime) -> None:
    """Raises `ModelFailure` where the run may take no other turn."""
    if run.rejected:
        raise _not_accepted(run)
    # A reviewer's turns are bounded by themselves.
    turns = run.turns if run.review is None else 0
    if used_up := run.limits.reached(turns, run.usage, run.work_began, now):
        raise _limit_reached(used_up)
    if run.stored_bytes >= MAX_STORED_BYTES:
        raise _limit_reached(f"stored bytes: its turns have stored {run.stored_bytes} of files")


class Spending:
    """Holds the turns of a model to budgets, and counts what they cost while there are any."""

    def __init__(self, backend: Backend, *, free: bool) -> None:
        self._backend = backend
        self._free = free
        # Whether a budget is over the run, as far as this process has looked.
        self._budgeted = False

    def require(self, run: Run, now: datetime) -> None:
        """Raises `ModelFailure` where the turn would cost something, and nothing more may be spent."""
        if self._free or not budgets.is_billable(self._backend, run, now):
            return
        if not self._budgeted:
            # A process before this one may not have lived to write down its last turn.
            self._backend.usage.record(run)
        try:
            self._budgeted = budgets.require(self._backend, run, now)
        except BudgetExhausted as exhausted:
            raise ModelFailure(
                ErrorType.BUDGET_EXHAUSTED,
                str(exhausted),
                f"Go on with POST /runs/{{id}}/resume from {exhausted.resets_at} on, or once the budget is raised. "
                "The files so far are kept.",
                tool="budgets",
            ) from None

    def record(self, run: Run) -> None:
        """Count what a turn has cost, once it is committed."""
        if self._budgeted:
            self._backend.usage.record(run)


def _not_accepted(run: Run) -> ModelFailure:
    why = unmet_in_words(run.acceptance, run.verdicts) if run.acceptance else ""
    return ModelFailure(
        ErrorType.NOT_ACCEPTED,
        f"the work was judged {'once' if run.reviews == 1 else f'{run.reviews} times'} and does not meet: "
        f"{clip(why, 1_500)}",
        "Look at `acceptance` of the run. Go on with POST /runs/{id}/messages or /resume, or mend the criteria. The"
        " files so far are kept.",
        tool="acceptance",
    )


def _limit_reached(used_up: str) -> ModelFailure:
    return ModelFailure(
        ErrorType.LIMIT_REACHED,
        f"the run reached its limit {used_up}",
        "Go on with POST /runs/{id}/resume and higher limits, or give a smaller task. The files so far are kept.",
        tool="limits",
    )
