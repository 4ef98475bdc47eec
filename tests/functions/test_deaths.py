"""A process may die at any AWS call: the run goes on as if nothing had been."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from swarm.ids import RunKey
from swarm.lifecycle.reconciliation import GRACE, reconcile
from tests.provider.script import Reply, call, calls, finishes
from tests.provider.server import Received
from tests.support.driving import beginning, drive, dying_at_each_call
from tests.support.moments import Died, Moment, When, at_call, die
from tests.support.provider_runs import Runs
from tests.support.stack import Stack
from tests.support.story import flaws, records_of, story, story_of_work

pytestmark = pytest.mark.proof

WORK = "Create a file called a.md with a greeting"
WHEN = pytest.mark.parametrize("when", ["before", "after"], ids=["before the call", "with its answer lost"])


@pytest.mark.parametrize(
    ("instructions", "when"),
    [
        pytest.param(WORK, "before", id="succeeds, before the call"),
        pytest.param(WORK, "after", id="succeeds, with its answer lost"),
        pytest.param("fail with no more paper", "after", id="fails, with its answer lost"),
    ],
)
def test_a_run_that_died_at_any_call_ends_as_if_it_had_not(stack: Stack, instructions: str, when: When) -> None:
    records = records_of(stack)
    expected = story(records, stack.finish(instructions))

    def check(run_id: str, moment: Moment) -> None:
        assert flaws(records, run_id) == [], moment.calls
        assert story(records, run_id) == expected, moment.calls

    assert dying_at_each_call(lambda: stack.start(instructions), check, when) > 10
    assert records.counted() == records.listed_as_active() == set()


def _writes_a_file(received: Received) -> Reply:
    """A provider that writes a file, and then ends, as often as it is asked."""
    if '"function_call_output"' in json.dumps(received.body["input"]):
        return finishes("Wrote a.md.")
    return calls(call("write_file", path="a.md", content="hello\n" * 50), text="I write it.")


def _key(run_id: str) -> RunKey:
    return RunKey(tenant_id="tenant-a", project_id="p1", run_id=run_id)


@WHEN
def test_a_watched_run_that_died_at_any_call_ends_as_one_that_nobody_watched(runs: Runs, when: When) -> None:
    """What it was writing is shown; no draft is taken for a turn, and none is seen once the run has ended."""
    _, stack = runs.asking(_writes_a_file)
    records = records_of(stack)
    expected = story_of_work(records, stack.finish(WORK))
    shown: list[str] = []

    def watched() -> str:
        run_id = stack.start(WORK)
        stack.backend.drafts.watch(_key(run_id), datetime.now(UTC))
        return run_id

    def check(run_id: str, moment: Moment) -> None:
        if stack.backend.drafts.look(_key(run_id), 0, draft=True).draft is not None:
            shown.append(run_id)
        assert flaws(records, run_id) == [], moment.calls
        assert story_of_work(records, run_id) == expected, moment.calls
        assert "event: delta" not in stack.request("GET", f"/runs/{run_id}/stream").text

    deaths = dying_at_each_call(watched, check, when)
    assert len(shown) > deaths / 2
    assert deaths > 20
    assert records.counted() == records.listed_as_active() == set()


@WHEN
def test_a_request_that_died_at_any_call_leaves_a_whole_run_or_none(stack: Stack, when: When) -> None:
    records, deaths = records_of(stack), 0
    stack.project()
    while True:
        with at_call(deaths, die, when) as moment, suppress(Died):
            stack.start("touch a.md")
        began = datetime.now(UTC)
        for rounds in range(3):
            reconcile(stack.backend, began + rounds * GRACE)
        assert len(records.counted()) <= 1, moment.calls
        assert records.counted() == records.listed_as_active(), moment.calls
        for run_id in records.counted():
            drive(beginning(run_id))
            assert flaws(records, run_id) == []
        if not moment.happened:
            break
        deaths += 1
    assert deaths == 5


@WHEN
def test_a_request_with_a_key_that_died_at_any_call_is_completed_by_being_sent_again(stack: Stack, when: When) -> None:
    records, deaths = records_of(stack), 0
    stack.project()
    while True:
        headers = {"idempotency-key": f"key {deaths}"}
        body = {"instructions": "touch a.md"}
        with at_call(deaths, die, when) as moment, suppress(Died):
            stack.request("POST", "/projects/p1/runs", body, headers=headers)
        answer = stack.request("POST", "/projects/p1/runs", body, headers=headers)
        assert answer.status == 201
        run_id = answer.json["id"]
        assert stack.backend.executions.find(stack.backend.runs.get("tenant-a", run_id).key)
        assert records.counted() == records.listed_as_active() == {run_id}
        drive(beginning(run_id))
        assert flaws(records, run_id) == []
        if not moment.happened:
            break
        deaths += 1
    assert deaths == 6


@WHEN
def test_a_cancellation_that_died_at_any_call_happened_or_did_not(stack: Stack, when: When) -> None:
    records, deaths = records_of(stack), 0
    stack.project()
    ends = set()
    while True:
        run_id = stack.start("Create a file called a.md with a greeting. touch b.md")
        state = drive(beginning(run_id), until="agent")
        with at_call(deaths, die, when) as moment, suppress(Died):
            stack.request("POST", f"/runs/{run_id}/cancel")
        drive(state, "agent")
        assert flaws(records, run_id) == [], moment.calls
        ends.add(stack.run(run_id)["status"])
        if not moment.happened:
            break
        deaths += 1
    assert ends == {"succeeded", "cancelled"}
    assert deaths >= 5


@WHEN
def test_a_reconciliation_that_died_at_any_call_is_completed_by_the_next(stack: Stack, when: When) -> None:
    records, deaths = records_of(stack), 0
    stack.project()
    while True:
        run_id = stack.start("touch a.md")
        run = stack.backend.runs.get("tenant-a", run_id)
        stack.backend.executions.stop(run.key, "by an operator")
        now = datetime.now(UTC) + timedelta(seconds=1)
        with at_call(deaths, die, when) as moment, suppress(Died):
            reconcile(stack.backend, now)
        reconcile(stack.backend, now)
        assert flaws(records, run_id) == [], moment.calls
        assert stack.run(run_id)["status"] == "failed"
        if not moment.happened:
            break
        deaths += 1
    assert deaths > 15
