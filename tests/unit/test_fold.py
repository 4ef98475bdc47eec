"""The fold of a run's log: pure, repeatable, and never backwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from codex_swarm.models import MachineSummary, RunError, RunStatus, StepEvent, TaskType, Usage
from swarm.ids import RunKey
from swarm.runs.entries import Change, Claimed, Created, Ended, Entry, Prepared, TurnTaken
from swarm.runs.fold import apply
from swarm.runs.run import Run

NOW = datetime(2026, 1, 2, tzinfo=UTC)
RUN = Run(
    key=RunKey(tenant_id="t", project_id="p", run_id="r"),
    name="n",
    task_type=TaskType.CODE,
    instructions="touch a",
    created_at=NOW,
)
SUMMARY = MachineSummary(goal="touch a", execution_attempted=True, execution_succeeded=True)
ERROR = RunError(step="agent", tool="model", error_type="timeout", message="m")

CHANGES: list[tuple[Change, int]] = [
    (Created(run=RUN), 0),
    (Prepared(snapshot="s0", prompt="base"), 20),
    (Claimed(), 30),
    (TurnTaken(transcript="t1", snapshot="s1", usage=Usage(model_calls=1, input_tokens=5)), 36),
    (Claimed(), 30),
    (TurnTaken(transcript="t2", snapshot="s2", usage=Usage(model_calls=1, input_tokens=7), final=True), 70),
    (Ended(status=RunStatus.FAILED, summary=SUMMARY, errors=(ERROR,)), 100),
]
STEP = StepEvent(step_id="r-00000", role="user", content="touch a", t=NOW)
LOG = [
    Entry(slot=slot, writer="w", at=NOW, change=change, progress=progress, events=(STEP,) if slot else ())
    for slot, (change, progress) in enumerate(CHANGES)
]


def fold(log: list[Entry], run: Run | None = None) -> Run:
    for entry in log:
        run = apply(run, entry)
    assert run is not None
    return run


def test_the_whole_log_gives_the_run() -> None:
    run = fold(LOG)
    assert (run.status, run.progress, run.version) == (RunStatus.FAILED, 100, 6)
    assert (run.first_snapshot, run.snapshot, run.transcript) == ("s0", "s2", "t2")
    assert (run.turns, run.steps, run.finished_turns) == (2, 6, True)
    assert (run.usage.model_calls, run.usage.input_tokens) == (2, 12)
    assert run.errors == (ERROR,)
    assert run.system_instructions == "base\n\ntouch a"


@given(st.integers(min_value=1, max_value=len(LOG)), st.integers(min_value=0, max_value=len(LOG)))
def test_folding_entries_again_changes_nothing(upto: int, again_from: int) -> None:
    run = fold(LOG[:upto])
    assert fold(LOG[again_from:upto], run) == run


@given(st.integers(min_value=1, max_value=len(LOG)))
def test_progress_never_falls_and_is_100_only_at_the_end(upto: int) -> None:
    before = fold(LOG[: upto - 1]).progress if upto > 1 else 0
    run = fold(LOG[:upto])
    assert run.progress >= before
    assert (run.progress == 100) == run.status.final


def test_a_gap_is_never_folded_over() -> None:
    with pytest.raises(ValueError, match="gap before slot 3"):
        apply(fold(LOG[:2]), LOG[3])


def test_a_run_is_created_by_its_first_entry_alone() -> None:
    with pytest.raises(ValueError, match="only slot 0"):
        apply(fold(LOG[:2]), replace(LOG[0], slot=2))


def test_entries_and_runs_survive_being_stored() -> None:
    entries = TypeAdapter(list[Entry])
    assert entries.validate_json(entries.dump_json(LOG)) == LOG
    runs = TypeAdapter(Run)
    assert runs.validate_json(runs.dump_json(fold(LOG))) == fold(LOG)
