"""Runs that nobody works on any more are started or ended, by whatever tells of them; the others are left alone."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.stepfunctions.models import stepfunctions_backends

from reconcile.app import handler
from swarm.aws import clients
from swarm.lifecycle.reconciliation import GRACE
from tests.support.driving import beginning, drive
from tests.support.lambda_context import lambda_context
from tests.support.moments import Died, at_call, die
from tests.support.stack import Stack
from tests.support.story import flaws, records_of

WORK = "Create a file called a.md with a greeting. touch b.md"
OVERDUE = GRACE + timedelta(seconds=2)
LAST = 1_000
"""A call that is never made."""


def scheduled(later: timedelta = timedelta()) -> dict[str, int]:
    """What the schedule's event has done about runs, as seen so much later."""
    time = (datetime.now(UTC) + later).strftime("%Y-%m-%dT%H:%M:%SZ")
    return did({"detail-type": "Scheduled Event", "source": "aws.events", "time": time, "detail": {}})


def told_of(run_id: str, status: str) -> dict[str, int]:
    """What the event of an execution's end has done."""
    key = json.dumps({"tenant_id": "tenant-a", "project_id": "p1", "run_id": run_id})
    detail = {"name": run_id, "status": status, "input": key, "error": None, "cause": None}
    return did({"detail-type": "Step Functions Execution Status Change", "source": "aws.states", "detail": detail})


def did(event: dict[str, Any]) -> dict[str, int]:
    return {what: number for what, number in handler(event, lambda_context()).items() if number}


def execution_ends(run_id: str, status: str, error: str = "", cause: str = "") -> None:
    """Step Functions ended the run's execution, and the run does not know."""
    (machine,) = stepfunctions_backends["123456789012"]["us-east-1"].state_machines
    execution = next(each for each in machine.executions if each.name == run_id)
    execution.status, execution.error, execution.cause = status, error, cause


def request_dies_at(stack: Stack, operation: str) -> None:
    """A POST whose process dies before its first call of this kind."""
    with at_call(LAST, die) as whole:
        stack.start(WORK)
    with at_call(whole.calls.index(operation), die), suppress(Died):
        stack.start(WORK)


# ---- started ------------------------------------------------------------------------------------------------


def test_a_run_whose_start_was_lost_is_started_once_it_is_overdue(stack: Stack) -> None:
    stack.project()
    request_dies_at(stack, "stepfunctions.StartExecution")
    lost = stack.backend.runs.get("tenant-a", stack.request("GET", "/runs").json[0]["id"])
    assert stack.backend.executions.find(lost.key) is None
    assert scheduled() == {"seen": 2}
    assert scheduled(OVERDUE) == {"seen": 2, "started": 1}
    assert stack.backend.executions.find(lost.key)
    assert scheduled(OVERDUE) == {"seen": 2}
    drive(beginning(lost.run_id))
    assert flaws(records_of(stack), lost.run_id) == []
    assert stack.run(lost.run_id)["status"] == "succeeded"


def test_a_run_that_was_written_down_but_not_shown_is_adopted(stack: Stack) -> None:
    stack.project()
    with at_call(LAST, die) as whole:
        shown = stack.start(WORK)
    # Slot 0 is the first item that is put, the run the second.
    with at_call(whole.calls.index("dynamodb.PutItem") + 1, die), suppress(Died):
        stack.start(WORK)
    records = records_of(stack)
    (hidden,) = records.counted() - {shown}
    assert stack.request("GET", f"/runs/{hidden}").status == 404
    assert scheduled() == {"seen": 1}
    # However often it is looked at meanwhile: the request might be in the midst of it.
    assert scheduled(GRACE / 2) == {"seen": 1}
    assert scheduled(OVERDUE) == {"seen": 1, "started": 1}
    drive(beginning(hidden))
    assert flaws(records, hidden) == []
    assert stack.run(hidden)["status"] == "succeeded"


def test_a_run_that_was_counted_and_never_written_down_is_forgotten(stack: Stack) -> None:
    stack.project()
    request_dies_at(stack, "dynamodb.PutItem")
    records = records_of(stack)
    assert len(records.counted()) == 2
    assert scheduled() == {"seen": 1}
    assert scheduled() == {"seen": 1}
    assert scheduled(OVERDUE) == {"seen": 1, "forgotten": 1}
    assert records.counted() == records.listed_as_active()
    assert scheduled(2 * OVERDUE) == {"seen": 1}


# ---- ended --------------------------------------------------------------------------------------------------

ENDS = [
    pytest.param("FAILED", "States.Runtime", "no such path", "runtime_error", "States.Runtime", id="failed"),
    pytest.param("TIMED_OUT", "", "", "timeout", "longer than it may", id="timed out"),
    pytest.param("ABORTED", "Operator.Stopped", "by hand", "runtime_error", "Operator.Stopped", id="aborted"),
    pytest.param("SUCCEEDED", "", "", "runtime_error", "Execution.SUCCEEDED", id="succeeded without it"),
]


@pytest.mark.parametrize("by", ["schedule", "event"])
@pytest.mark.parametrize(("status", "error", "cause", "kind", "words"), ENDS)
def test_a_run_whose_execution_ended_without_it_fails_with_the_cause(
    stack: Stack, by: str, status: str, error: str, cause: str, kind: str, words: str
) -> None:
    stack.project()
    run_id = stack.start(WORK)
    drive(beginning(run_id), until="agent")
    execution_ends(run_id, status, error, cause)
    expected = {"seen": 1, "failed": 1}
    assert (told_of(run_id, status) if by == "event" else scheduled()) == expected
    run = stack.run(run_id)
    [told] = run["errors"]
    assert (run["status"], told["step"], told["tool"], told["error_type"]) == ("failed", "agent", "service", kind)
    assert words in told["message"]
    assert told["suggestion"]
    assert run["machine_summary"]["reason_for_failure"] == kind
    assert flaws(records_of(stack), run_id) == []
    before = records_of(stack).slots(run_id)
    assert scheduled() == {}
    assert told_of(run_id, status) == {"seen": 1, "settled": 1}
    assert records_of(stack).slots(run_id) == before


def test_what_the_run_had_done_is_kept(stack: Stack) -> None:
    stack.project()
    run_id = stack.start(WORK)
    drive(beginning(run_id), until="finish")
    execution_ends(run_id, "TIMED_OUT")
    assert scheduled() == {"seen": 1, "failed": 1}
    assert stack.run(run_id)["errors"][0]["step"] == "finish"
    assert stack.run(run_id)["machine_summary"]["primary_artifact"] == "a.md"
    assert stack.request("GET", f"/runs/{run_id}/diff").status == 200


# ---- left alone ---------------------------------------------------------------------------------------------


def test_a_run_that_is_well_is_left_alone(stack: Stack) -> None:
    stack.project()
    run_id = stack.start(WORK)
    for until in ("agent", None):
        before = records_of(stack).slots(run_id)
        assert scheduled(10 * GRACE) == {"seen": 1}
        assert told_of(run_id, "FAILED") == {"seen": 1}
        assert records_of(stack).slots(run_id) == before
        drive(beginning(run_id), until=until)
    assert scheduled(10 * GRACE) == {}
    assert stack.run(run_id)["status"] == "succeeded"


def test_an_event_of_a_run_that_was_deleted_is_no_error(stack: Stack) -> None:
    assert told_of("0" * 32, "FAILED") == {}


def test_a_run_that_cannot_be_mended_does_not_keep_the_others_waiting(stack: Stack) -> None:
    stack.project()
    ids = sorted(stack.start(WORK) for _ in range(3))
    for run_id in ids:
        execution_ends(run_id, "FAILED", "Boom")
    # The first slot of the first of them is no entry any more.
    key = {"PK": {"S": f"T#tenant-a#R#{ids[0]}"}, "SK": {"S": "L#00000001"}}
    clients.dynamodb().put_item(TableName="table", Item={**key, "writer": {"S": "x"}, "body": {"S": "{}"}})
    assert scheduled() == {"seen": 3, "broken": 1, "failed": 2}
    assert [stack.run(run_id)["status"] for run_id in ids] == ["queued", "failed", "failed"]


def test_a_run_whose_files_are_lost_ends_all_the_same(stack: Stack) -> None:
    stack.project()
    run_id = stack.start(WORK)
    drive(beginning(run_id), until="finish")
    run = stack.backend.runs.get("tenant-a", run_id)
    assert run.snapshot
    clients.s3().delete_object(Bucket="bucket", Key=run.snapshot)
    execution_ends(run_id, "FAILED", "ObjectMissing")
    assert scheduled() == {"seen": 1, "failed": 1}
    ended = stack.run(run_id)
    assert (ended["status"], ended["artifacts"]) == ("failed", [])
    assert flaws(records_of(stack), run_id) == []


def test_an_event_is_about_its_own_run_only(stack: Stack) -> None:
    stack.project()
    one, other = stack.start(WORK), stack.start(WORK)
    for run_id in (one, other):
        execution_ends(run_id, "FAILED", "Boom")
    assert told_of(one, "FAILED") == {"seen": 1, "failed": 1}
    assert stack.run(other)["status"] == "queued"
