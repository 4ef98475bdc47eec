"""A cancelled run stops: after the answer there is no further model call, file write or event, whenever it came."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from swarm.aws import clients
from swarm.errors import RunAlreadyEnded
from swarm.lifecycle import transitions
from swarm.lifecycle.idempotency import key_for
from swarm.records.ownership import LOOK_SECONDS
from tests.provider.script import call, calls, error, finishes, held
from tests.support.driving import after, beginning, drive, task
from tests.support.moments import Moment, at_call, each_moment
from tests.support.provider_runs import Runs
from tests.support.stack import Stack
from tests.support.story import flaws, records_of, told

pytestmark = pytest.mark.proof

WORK = "Create a file called a.md with a greeting"


@pytest.mark.parametrize("name", ["prepare", "agent", "finish"])
def test_after_a_cancellation_at_any_moment_nothing_is_written(stack: Stack, name: str) -> None:
    records = records_of(stack)
    stack.project()

    def cancelled(number: int) -> Moment:
        run_id = stack.start(WORK)
        state = drive(beginning(run_id), until=name)
        in_time: list[bool] = []
        # The call itself was under way when the cancellation came.
        with at_call(number, lambda: in_time.append(cancel(stack, run_id)), "after") as moment:
            state = task(name, state)
        if in_time == [True]:
            assert "s3.PutObject" not in moment.afterwards, moment.calls
            told = records.slots(run_id)
            drive(state, after(state))
            assert records.slots(run_id) == told
            run = stack.run(run_id)
            assert (run["status"], run["machine_summary"]["reason_for_failure"]) == ("cancelled", "cancelled")
            assert stack.request("POST", f"/runs/{run_id}/cancel").status == 400
        else:
            drive(state, after(state))
            assert stack.run(run_id)["status"] == "succeeded"
        assert flaws(records, run_id) == [], moment.calls
        return moment

    assert each_moment(cancelled) >= 4


def cancel(stack: Stack, run_id: str) -> bool:
    """Cancel, waiting no longer than a look is good for, where the API waits longer; false when it was too late."""
    try:
        transitions.cancel(
            stack.backend, "tenant-a", run_id, now=datetime.now(UTC), sleep=lambda _: time.sleep(LOOK_SECONDS)
        )
    except RunAlreadyEnded:
        return False
    return True


def test_a_run_can_be_cancelled_while_it_is_being_created(stack: Stack) -> None:
    records = records_of(stack)
    project = stack.backend.projects.get("tenant-a", stack.project())
    statuses = set()

    def cancelled(number: int) -> Moment:
        headers, answers = {"idempotency-key": f"key {number}"}, []
        run_id = key_for("tenant-a", project, headers["idempotency-key"]).run_id
        with at_call(number, lambda: answers.append(stack.request("POST", f"/runs/{run_id}/cancel"))) as moment:
            answer = stack.request("POST", "/projects/p1/runs", {"instructions": WORK}, headers=headers)
        assert (answer.status, answer.json["id"]) == (201, run_id)
        drive(beginning(run_id))
        statuses.add((answers[0].status if answers else None, stack.run(run_id)["status"]))
        assert flaws(records, run_id) == []
        return moment

    assert each_moment(cancelled) == 6
    assert statuses == {(404, "succeeded"), (200, "cancelled"), (None, "succeeded")}


class Watched:
    """An agent in a thread of its own, asking a provider."""

    def __init__(self, stack: Stack, **more: Any) -> None:
        stack.project()
        self.run_id = stack.start("Write a greeting.", **more)
        self._state = drive(beginning(self.run_id), until="agent")
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def outcome(self) -> str:
        self._thread.join(30)
        return str(self._state["outcome"])

    def _work(self) -> None:
        self._state = task("agent", self._state)


def objects() -> dict[str, Any]:
    """Every object of the bucket, with its time."""
    return {each["Key"]: each["LastModified"] for each in clients.s3().list_objects_v2(Bucket="bucket")["Contents"]}


def test_a_cancellation_during_a_model_call_is_the_end_of_it(runs: Runs) -> None:
    answer_it = threading.Event()
    writes = calls(call("write_file", path="a.md", content="x"))
    provider, stack = runs.of(writes, held(writes, answer_it), finishes("done"))
    agent = Watched(stack)
    provider.wait_for_requests(2)
    answer = stack.request("POST", f"/runs/{agent.run_id}/cancel")
    assert (answer.status, answer.json) == (200, {"status": "cancelled", "process_killed": True})
    records = records_of(stack)
    before = (objects(), records.slots(agent.run_id), told(records, agent.run_id), stack.run(agent.run_id))
    answer_it.set()
    assert agent.outcome() == "ended"
    assert (objects(), records.slots(agent.run_id), told(records, agent.run_id), stack.run(agent.run_id)) == before
    assert len(provider.requests) == 2
    assert flaws(records, agent.run_id) == []
    refused = stack.request("POST", f"/runs/{agent.run_id}/cancel")
    assert (refused.status, refused.json["code"]) == (400, "run_already_ended")
    assert "cancelled" in refused.json["detail"]
    # What the run had done before is still there.
    assert stack.request("GET", f"/runs/{agent.run_id}/workspace/files/a.md").text == "x"


def test_after_a_cancellation_the_provider_is_not_asked_again(runs: Runs) -> None:
    """The agent waits, within one model call, to try again what the provider could not do."""
    provider, stack = runs.of(error(500, "server_error", "Oops", retry_after="2"), finishes("done"))
    agent = Watched(stack)
    provider.wait_for_requests(1)
    assert stack.request("POST", f"/runs/{agent.run_id}/cancel").status == 200
    assert agent.outcome() == "ended"
    assert len(provider.requests) == 1
    assert flaws(records_of(stack), agent.run_id) == []


def test_parallel_cancellations_cancel_once(stack: Stack) -> None:
    records = records_of(stack)
    stack.project()

    def twice(number: int) -> Moment:
        run_id = stack.start(WORK)
        drive(beginning(run_id), until="agent")
        first: list[bool] = []
        with at_call(number, lambda: first.append(cancel(stack, run_id))) as moment:
            second = cancel(stack, run_id)
        assert [*first, second].count(True) == 1
        assert flaws(records, run_id) == []
        return moment

    assert each_moment(twice) >= 5
