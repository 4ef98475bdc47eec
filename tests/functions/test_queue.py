"""More runs than may be active wait for their turn: in order, fair over projects, whoever dies on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from swarm.aws import clients
from swarm.lifecycle.reconciliation import GRACE, reconcile
from swarm.records.tenant import Tenant, Waiting
from tests.support.driving import beginning, drive, task
from tests.support.moments import Died, Moment, at_call, die, each_moment
from tests.support.stack import Answer, Stack
from tests.support.stack import stack as deployed
from tests.support.story import flaws, records_of

WORK = "touch a.md"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """One run at a time, three that wait."""
    with deployed(monkeypatch, MAX_ACTIVE_RUNS="1", MAX_QUEUED_RUNS="3") as stack:
        for project in ("p1", "p2", "p3"):
            stack.project(project)
        yield stack


def post(stack: Stack, project: str = "p1", **headers: str) -> Answer:
    return stack.request("POST", f"/projects/{project}/runs", {"instructions": WORK}, headers=headers)


def started(stack: Stack) -> list[str]:
    """The runs that have an execution, in the order in which they got it."""
    machine = stack.backend.settings.state_machine_arn
    found = clients.states().list_executions(stateMachineArn=machine)["executions"]
    return [each["name"] for each in sorted(found, key=lambda each: each["startDate"])]


def finish(stack: Stack, run_id: str) -> None:
    drive(beginning(run_id, stack.run(run_id)["project_id"]))
    assert stack.run(run_id)["status"] == "succeeded"


def test_what_has_no_room_waits_and_begins_in_the_order_of_asking(narrow: Stack) -> None:
    runs = [narrow.start(WORK) for _ in range(4)]
    assert [narrow.run(run)["queue_position"] for run in runs] == [None, 1, 2, 3]
    listed = {run["id"]: run["queue_position"] for run in narrow.request("GET", "/runs").json}
    assert [listed[run] for run in runs] == [None, 1, 2, 3]
    for number, run in enumerate(runs):
        assert started(narrow) == runs[: number + 1]
        finish(narrow, run)
    assert records_of(narrow).counted() == set()


def test_a_request_for_a_run_that_waits_reads_its_tenant_once_and_is_answered_its_place(narrow: Stack) -> None:
    """The tenant's item is long where many wait."""
    narrow.start(WORK)
    assert post(narrow).json["queue_position"] == 1
    with narrow.recorded() as calls:
        assert post(narrow).json["queue_position"] == 2
    assert [call.partition(".")[2] for call in calls] == [
        *("GetItem", "UpdateItem", "UpdateItem", "PutItem", "PutItem", "GetItem"),
    ]


def test_a_queue_that_is_full_says_when_to_come_again(narrow: Stack) -> None:
    runs = [narrow.start(WORK) for _ in range(4)]
    answer = post(narrow)
    assert (answer.status, answer.json["code"]) == (429, "too_many_queued_runs")
    assert int(answer.headers["retry-after"]) > 0
    assert len(narrow.request("GET", "/runs").json) == 4
    assert narrow.request("POST", f"/runs/{runs[2]}/cancel").status == 200
    assert post(narrow).json["queue_position"] == 3


def test_a_run_that_is_cancelled_while_it_waits_makes_way_for_those_behind_it(narrow: Stack) -> None:
    first, second, third = (narrow.start(WORK) for _ in range(3))
    assert narrow.request("POST", f"/runs/{second}/cancel").json == {"status": "cancelled", "process_killed": False}
    assert narrow.run(third)["queue_position"] == 1
    finish(narrow, first)
    assert started(narrow) == [first, third]


ENDINGS: dict[str, Callable[[Stack, str], object]] = {
    "it succeeds": lambda _, run: drive(beginning(run)),
    "it is cancelled": lambda stack, run: stack.request("POST", f"/runs/{run}/cancel"),
    "its execution ended without it": lambda stack, run: (
        stack.backend.executions.stop(stack.backend.runs.get("tenant-a", run).key, "x"),
        reconcile(stack.backend, datetime.now(UTC)),
    ),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_whoever_ends_a_run_admits_the_next(narrow: Stack, ending: Callable[[Stack, str], object]) -> None:
    first, second = narrow.start(WORK), narrow.start(WORK)
    ending(narrow, first)
    assert started(narrow) == [first, second]


@pytest.mark.proof
def test_the_runs_of_one_project_starve_no_other(narrow: Stack) -> None:
    many = [narrow.start(WORK, "p1") for _ in range(3)]
    late = narrow.start(WORK, "p2")
    assert [narrow.run(run)["queue_position"] for run in [*many, late]] == [None, 1, 3, 2]
    finish(narrow, many[0])
    # One that keeps on asking stands behind what others ask for meanwhile.
    again = narrow.start(WORK, "p1")
    for run in (many[1], late, many[2], again):
        assert started(narrow)[-1] == run
        finish(narrow, run)


def waiting(*projects: str) -> dict[str, Waiting]:
    return {f"{project}{n:03}": Waiting(f"{n:03}", project) for n, project in enumerate(projects)}


@pytest.mark.parametrize(
    ("tenant", "order"),
    [
        pytest.param(Tenant("t", waiting=waiting(*"AAAB")), "A0 B3 A1 A2", id="by turns"),
        pytest.param(Tenant("t", waiting=waiting(*"AAB"), served={"A": 7}), "A0 B2 A1", id="a newcomer is no worse"),
        pytest.param(Tenant("t", waiting=waiting(*"AAB"), served={"A": 7, "B": 6}), "B2 A0 A1", id="who had less"),
        pytest.param(Tenant("t", waiting=waiting(*"ABCABC")), "A0 B1 C2 A3 B4 C5", id="alternating stays"),
    ],
)
def test_the_order_of_the_queue(tenant: Tenant, order: str) -> None:
    assert " ".join(f"{run[0]}{int(run[1:])}" for run in tenant.queue) == order


@contextmanager
def queued(stack: Stack) -> Iterator[list[str]]:
    """Two runs, one at work and one that waits; what is begun inside has ended afterwards."""
    runs = [stack.start(WORK), stack.start(WORK)]
    yield runs
    for run in runs:
        if stack.run(run)["status"] == "queued":
            finish(stack, run)


@pytest.mark.proof
def test_an_end_that_died_at_any_call_still_lets_the_next_begin(narrow: Stack) -> None:
    def died(number: int) -> Moment:
        with queued(narrow) as (first, second):
            state = drive(beginning(first), until="finish")
            with at_call(number, die, "after") as moment, suppress(Died):
                task("finish", state)
            # As the state machine does, and as reconciliation does after it.
            drive(state, "finish")
            now = datetime.now(UTC)
            reconcile(narrow.backend, now)
            reconcile(narrow.backend, now + 2 * GRACE)
            assert second in started(narrow), moment.calls
            assert flaws(records_of(narrow), first) == []
        assert records_of(narrow).counted() == set()
        return moment

    assert each_moment(died) > 10


@pytest.mark.proof
def test_a_request_for_a_run_that_waits_may_die_at_any_call(narrow: Stack) -> None:
    records = records_of(narrow)

    def died(number: int) -> Moment:
        first = narrow.start(WORK)
        with at_call(number, die, "after") as moment, suppress(Died):
            narrow.start(WORK)
        finish(narrow, first)
        began = datetime.now(UTC)
        for rounds in range(4):
            reconcile(narrow.backend, began + rounds * GRACE)
        assert len(records.counted()) <= 1, moment.calls
        assert records.counted() == records.listed_as_active(), moment.calls
        for run in records.counted():
            assert run in started(narrow), moment.calls
            finish(narrow, run)
        return moment

    assert each_moment(died) > 5


@pytest.mark.proof
def test_the_last_place_is_given_once_however_two_requests_meet(narrow: Stack) -> None:
    def both(number: int) -> Moment:
        answers: list[Answer] = []
        before = set(started(narrow))
        with at_call(number, lambda: answers.append(post(narrow))) as moment:
            answers.append(post(narrow))
        assert {answer.status for answer in answers} == {201}
        (first,) = set(started(narrow)) - before
        others = {answer.json["id"] for answer in answers} - {first}
        finish(narrow, first)
        assert set(started(narrow)) - before - {first} == others
        for run in others:
            finish(narrow, run)
        return moment

    assert each_moment(both) == 5


@pytest.mark.proof
def test_an_end_and_a_request_that_meet_leave_nobody_waiting(narrow: Stack) -> None:
    def met(number: int) -> Moment:
        first = narrow.start(WORK)
        state = drive(beginning(first), until="finish")
        answers: list[Answer] = []
        with at_call(number, lambda: drive(state, "finish")) as moment:
            answers.append(post(narrow))
        if not moment.happened:
            drive(state, "finish")
        run = answers[0].json["id"]
        assert run in started(narrow), moment.calls
        finish(narrow, run)
        return moment

    assert each_moment(met) > 5


def test_a_project_that_is_not_deleted_because_of_its_runs_is_left_as_it_is(narrow: Stack) -> None:
    """Whatever the refused deletion does: runs that come meanwhile are accepted, and all of them succeed."""
    first, second = narrow.start(WORK), narrow.start(WORK)

    def refused(number: int) -> Moment:
        answers: list[Any] = []
        with at_call(number, lambda: answers.extend([post(narrow), narrow.request("GET", "/projects/p1")])) as moment:
            assert narrow.request("DELETE", "/projects/p1").status == 409
        if moment.happened:
            assert [answer.status for answer in answers] == [201, 200], moment.calls
            narrow.request("POST", f"/runs/{answers[0].json['id']}/cancel")
        return moment

    assert each_moment(refused) > 1
    finish(narrow, first)
    assert narrow.request("DELETE", "/projects/p1").status == 409
    finish(narrow, second)
    assert narrow.request("DELETE", "/projects/p1").status == 202


def test_a_run_and_a_deletion_that_meet_are_decided_one_way(narrow: Stack) -> None:
    """Either the run is refused, or the deletion; a run that was accepted is worked on."""
    seen = set()

    def met(number: int) -> Moment:
        project = narrow.project(f"q{number}")
        answers: list[Answer] = []
        with at_call(number, lambda: answers.append(post(narrow, project))) as moment:
            deleted = narrow.request("DELETE", f"/projects/{project}")
        if answers and answers[0].status == 201:
            assert deleted.status == 409, moment.calls
            finish(narrow, answers[0].json["id"])
        elif answers:
            assert (deleted.status, answers[0].status in {404, 409}) == (202, True), moment.calls
        seen.add((deleted.status, answers[0].status if answers else None))
        return moment

    each_moment(met)
    assert {(409, 201), (202, 404)} <= seen


def test_a_deletion_that_died_once_it_was_decided_is_completed(narrow: Stack) -> None:
    left = 0

    def died(number: int) -> Moment:
        nonlocal left
        project = narrow.project(f"q{number}")
        with at_call(number, die) as moment, suppress(Died):
            narrow.request("DELETE", f"/projects/{project}")
        decided = project in narrow.backend.tenants.get("tenant-a").deleting
        reconcile(narrow.backend, datetime.now(UTC) + timedelta(seconds=1))
        gone = narrow.request("GET", f"/projects/{project}").status == 404
        assert gone == decided, moment.calls
        left += not gone
        return moment

    assert each_moment(died) > left > 0
