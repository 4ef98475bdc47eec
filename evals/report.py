"""What was found, as a table for people and as JSON for programs; two reports stand side by side."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.offline import OFFLINE
from evals.runs import Attempt

NAME, CELL = 46, 46
HEAD = f"{'pass':>8}{'turns':>9}{'1,000 tok.':>12}{'cost $':>9}{'seconds':>8}"
_LONGEST_FAULT = 200


@dataclass(frozen=True)
class Report:
    """All attempts by one model, or with one version of the prompts."""

    model: str
    at: str
    attempts: tuple[Attempt, ...]

    @classmethod
    def of(cls, model: str, attempts: Sequence[Attempt]) -> Report:
        return cls(model, datetime.now(UTC).isoformat(timespec="seconds"), tuple(attempts))

    @classmethod
    def read(cls, path: Path, only: str | None = None) -> Report:
        """A report as `as_json` wrote it, or one type of task of it. Raises `ValueError` for a file that is none."""
        try:
            made: dict[str, Any] = json.loads(path.read_bytes())["reports"][0]
            attempts = [Attempt(**each) for each in made["attempts"]]
            attempts = [each for each in attempts if only in {None, each.type}]
            return cls(f"{made['model']}, {made['at'][:10]}", made["at"], tuple(attempts))
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise ValueError(f"{path} is no report of `./run.sh evals --json`: {error!r}") from error


def as_json(reports: Sequence[Report]) -> str:
    """The reports as a JSON document, the pass rate of each with them."""
    shown = [{**asdict(report), "pass_rate": pass_rate(report.attempts)} for report in reports]
    return json.dumps({"reports": shown}, indent=2) + "\n"


def pass_rate(attempts: Sequence[Attempt]) -> float:
    """From 0 to 1; 0 of no attempt."""
    return sum(attempt.passed for attempt in attempts) / len(attempts) if attempts else 0.0


def table(reports: Sequence[Report]) -> Iterator[str]:
    """A line for each task, each type and everything, reports side by side; then what was not passed, and why.

    With several tries a figure is the median, with the least and the greatest behind it.
    """
    yield f"{'':{NAME}}" + "".join(f"{report.model[: CELL - 2]:>{CELL}}" for report in reports)
    yield f"{'':{NAME}}" + HEAD * len(reports)
    cannot = [report.model == OFFLINE for report in reports]
    types = dict.fromkeys(attempt.type for report in reports for attempt in report.attempts)
    for kind in types:
        of_kind = [[each for each in report.attempts if each.type == kind] for report in reports]
        for task in dict.fromkeys(attempt.task for attempts in of_kind for attempt in attempts):
            yield _row(f"  {task}", [[each for each in attempts if each.task == task] for attempts in of_kind], cannot)
        yield _row(kind, of_kind, [False] * len(reports))
    yield _row("all", [report.attempts for report in reports], [False] * len(reports))
    for report in reports:
        yield from _rounds(report)
        yield from _faults(report)


def _row(name: str, sides: Sequence[Sequence[Attempt]], cannot: Sequence[bool]) -> str:
    return f"{name[: NAME - 1]:{NAME}}" + "".join(map(_cells, sides, cannot))


def _cells(attempts: Sequence[Attempt], cannot: bool) -> str:
    """Figures of these attempts; `cannot` is said of what nobody expects to pass."""
    if not attempts:
        return f"{'-':>{CELL}}"
    costs = [attempt.cost_usd for attempt in attempts if attempt.cost_usd is not None]
    passed = f"{sum(attempt.passed for attempt in attempts)}/{len(attempts)}"
    passed = "cannot" if cannot and not any(attempt.passed for attempt in attempts) else passed
    cost = f"{statistics.median(costs):.3f}" if len(costs) == len(attempts) else "-"
    turns = _spread([attempt.turns for attempt in attempts])
    tokens = _spread([attempt.tokens / 1_000 for attempt in attempts])
    seconds = _spread([attempt.seconds for attempt in attempts])
    return f"{passed:>8}{turns:>9}{tokens:>12}{cost:>9}{seconds:>8}"


def _spread(values: Sequence[float]) -> str:
    """The median, and the range where it differs."""
    shown, least, most = (f"{value:.0f}" for value in (statistics.median(values), min(values), max(values)))
    return shown if least == most else f"{shown} {least}-{most}"


def _rounds(report: Report) -> Iterator[str]:
    """The pass rate, and how far it lies apart from one try at everything to the next."""
    tasks = len({attempt.task for attempt in report.attempts})
    rounds = [report.attempts[at : at + tasks] for at in range(0, len(report.attempts), tasks)]
    rates = [100 * pass_rate(each) for each in rounds]
    apart = f", {min(rates):.0f} to {max(rates):.0f} % in {len(rates)} tries at everything" if len(rates) > 1 else ""
    costs = [attempt.cost_usd for attempt in report.attempts if attempt.cost_usd is not None]
    paid = f", {sum(costs):.2f} US dollars in all" if costs else ""
    yield f"\n{report.model}: {100 * pass_rate(report.attempts):.0f} % passed{apart}{paid}"


def _faults(report: Report) -> Iterator[str]:
    if report.model == OFFLINE:
        yield "  It makes files and understands nothing; `cannot` is as evals/offline.json says of it."
        return
    for attempt in report.attempts:
        for grader, fault in attempt.faults.items():
            said = " ".join(fault.split())[:_LONGEST_FAULT]
            yield f"  {attempt.type}, {attempt.task} ({attempt.run_id or 'no run'}): {grader}: {said}"
