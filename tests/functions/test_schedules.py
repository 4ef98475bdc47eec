"""What is due is run once for each time, whoever fires it how often, over changes of the clock, and whatever dies."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from swarm.aws import clients
from swarm.errors import InvalidRequest
from swarm.lifecycle.scheduling import run_due
from swarm.records.keys import schedule_key
from swarm.retention.cleaning import clean
from swarm.runs.due_times import DueTimes, checked
from swarm.runs.schedules import MAX_FAILURES, MAX_SCHEDULES, Overlap, Schedule
from tests.functions.test_usage import ADMIN, PRICES
from tests.support.moments import Died, Moment, When, at_call, die, each_moment
from tests.support.provider_runs import Runs
from tests.support.stack import Stack
from tests.support.stack import stack as deployed

BERLIN = "Europe/Berlin"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def kept(stack: Stack, instructions: str = "touch a.md", **more: Any) -> Schedule:
    """A schedule that is due every hour from now on."""
    tenant = more.pop("tenant", "tenant-a")
    stack.project(tenant=tenant)
    now = datetime.now(UTC)
    schedule = Schedule(
        tenant_id=tenant,
        project_id="p1",
        name=more.pop("name", "hourly"),
        times=DueTimes(since=now, rate=more.pop("rate", "1 hour")),
        run=f'{{"instructions": "{instructions}"}}',
        created_at=now,
        **more,
    )
    return stack.backend.schedules.store(schedule.resumed(now))


def now_is(stack: Stack, name: str = "hourly") -> Schedule:
    return stack.backend.schedules.get("tenant-a", "p1", name)


def runs_of(stack: Stack, name: str = "hourly") -> list[Any]:
    return list(reversed(stack.request("GET", f"/runs?metadata=schedule={name}").json))


def fired(stack: Stack, hours: float) -> Schedule:
    """The schedule once what is due so many hours after it was made has been done, by two who do it."""
    when = now_is(stack).created_at + timedelta(hours=hours)
    run_due(stack.backend, when)
    run_due(stack.backend, when)
    return now_is(stack)


def test_a_time_that_clocks_leave_out_is_due_right_behind_it() -> None:
    times = DueTimes(since=SINCE, cron="30 2 * * *", timezone=BERLIN)
    assert times.upcoming(at("2026-03-27T12:00"), 3) == [
        at("2026-03-28T01:30"),
        at("2026-03-29T01:00"),
        at("2026-03-30T00:30"),
    ]


def test_a_time_that_clocks_have_twice_is_due_once_and_every_hour_in_both() -> None:
    times = DueTimes(since=SINCE, cron="30 2 * * *", timezone=BERLIN)
    assert times.upcoming(at("2026-10-24T12:00"), 2) == [at("2026-10-25T00:30"), at("2026-10-26T01:30")]
    hourly = DueTimes(since=SINCE, cron="0 * * * *", timezone=BERLIN)
    assert hourly.upcoming(at("2026-10-24T23:30"), 3) == [at(f"2026-10-25T0{hour}:00") for hour in range(3)]


@pytest.mark.parametrize(
    ("given", "says_so"),
    [
        pytest.param({}, "either cron", id="neither"),
        pytest.param({"cron": "0 9 * * *", "rate": "2 hours"}, "either cron", id="both"),
        pytest.param({"cron": "0 9 * * ? *"}, "five fields", id="six fields"),
        pytest.param({"cron": "0 25 * * *"}, "Bad hour", id="hour"),
        pytest.param({"cron": "0 9 31 2 *"}, "day-of-month", id="never"),
        pytest.param({"rate": "0 hours"}, "30 minutes", id="rate"),
        pytest.param({"cron": "0 9 * * *", "timezone": "../etc/passwd"}, "Europe/Berlin", id="zone"),
    ],
)
def test_times_that_cannot_be_told_are_refused(given: dict[str, str], says_so: str) -> None:
    with pytest.raises(InvalidRequest, match=says_so):
        checked(DueTimes(since=SINCE, **given))


def test_each_time_has_one_run_however_often_it_fires(stack: Stack) -> None:
    kept(stack)
    assert fired(stack, 0.9).runs == 0
    first = fired(stack, 1.1)
    assert (first.runs, first.skipped) == (1, 0)
    (run,) = runs_of(stack)
    assert first.last_at is not None
    assert run["metadata"]["scheduled_at"] == first.last_at.isoformat()
    stack.drive(run["id"])
    assert fired(stack, 2.1).runs == 2
    assert len(runs_of(stack)) == 2


def test_a_time_that_meets_the_run_before_is_skipped_or_waits_for_its_end(stack: Stack) -> None:
    kept(stack)
    fired(stack, 1.1)
    assert (fired(stack, 2.1).skipped, len(runs_of(stack))) == (1, 1)
    stack.drive(runs_of(stack)[0]["id"])
    kept(stack, name="queued", overlap=Overlap.QUEUE)
    fired(stack, 1.5)
    queued = now_is(stack, "queued")
    run_due(stack.backend, queued.created_at + timedelta(hours=2.2))
    assert len(runs_of(stack, "queued")) == 1
    stack.drive(runs_of(stack, "queued")[0]["id"])
    run_due(stack.backend, queued.created_at + timedelta(hours=2.3))
    assert len(runs_of(stack, "queued")) == 2


def test_times_that_nobody_looked_at_for_long_are_counted_and_not_made_up_for(stack: Stack) -> None:
    kept(stack)
    after = fired(stack, 30.5)
    assert (after.missed, after.runs) == (29, 1)


def test_a_laptop_that_was_off_for_half_an_hour_is_not_late_with_each_minute_from_then_on(stack: Stack) -> None:
    schedule = kept(stack, rate="1 minute")
    after = fired(stack, 0.51)
    assert (after.runs, after.skipped, after.missed, len(runs_of(stack))) == (1, 29, 0, 1)
    assert after.next_at == schedule.created_at + timedelta(minutes=31)


def test_a_run_goes_on_with_the_files_of_the_one_before(stack: Stack) -> None:
    kept(stack, "write words to a.md", continue_workspace=True)
    fired(stack, 1.1)
    (first,) = runs_of(stack)
    stack.drive(first["id"])
    fired(stack, 2.1)
    assert [run["workspace_from_run_id"] for run in runs_of(stack)] == [None, first["id"]]


def test_five_failures_pause_it_and_whoever_resumes_it_begins_anew(stack: Stack) -> None:
    kept(stack, "fail with no paper")
    for hour in range(1, 7):
        fired(stack, hour + 0.1)
        for run in runs_of(stack):
            stack.drive(run["id"])
    paused = now_is(stack)
    assert (paused.paused_because, paused.next_at, len(runs_of(stack))) == ("failures", None, 5)
    assert list(stack.backend.schedules.due(paused.created_at + timedelta(days=1))) == []
    resumed = stack.backend.schedules.store(paused.resumed(paused.created_at + timedelta(hours=9)))
    assert (resumed.failures, resumed.next_at) == (0, paused.created_at + timedelta(hours=10))


def test_a_schedule_of_a_project_that_is_gone_is_due_no_more(stack: Stack) -> None:
    kept(stack)
    assert stack.request("DELETE", "/projects/p1").status == 202
    assert (fired(stack, 1.1).paused_because, stack.request("GET", "/runs").json) == ("project", [])


def test_a_run_whose_predecessor_was_deleted_begins_anew_and_the_schedule_says_so(stack: Stack) -> None:
    kept(stack, "write words to a.md", continue_workspace=True)
    fired(stack, 1.1)
    (first,) = runs_of(stack)
    stack.drive(first["id"])
    assert stack.request("DELETE", f"/runs/{first['id']}").status == 204
    assert f"run {first['id']}, the one before, was deleted" in (fired(stack, 2.1).last_error or "")
    (second,) = runs_of(stack)
    assert second["workspace_from_run_id"] is None
    stack.drive(second["id"])
    assert (fired(stack, 3.1).last_error, len(runs_of(stack))) == (None, 2)


def test_a_deleted_project_takes_its_schedules_and_its_id_begins_without_any(stack: Stack) -> None:
    kept(stack)
    assert stack.request("DELETE", "/projects/p1").status == 202
    assert stack.request("GET", PATH).json["code"] == "project_not_found"
    for hours in (1, 2):
        clean(stack.backend, datetime.now(UTC) + timedelta(hours=hours), lambda: 600.0)
    assert list(stack.backend.schedules.due(datetime.now(UTC) + timedelta(days=9))) == []
    stack.project()
    assert stack.request("GET", "/projects/p1/schedules").json == []
    assert stack.request("PUT", PATH, HOURLY).json["runs"] == 0


def test_a_time_without_budget_has_no_run_and_says_when_there_is_some_again(runs: Runs) -> None:
    _, stack = runs.of(MODEL_PRICES=PRICES)
    kept(stack)
    assert stack.request("PUT", "/budget", {"daily_usd": 0}, authorizer=ADMIN).status == 200
    for hour in range(1, 6):
        fired(stack, hour + 0.1)
    shown = stack.request("GET", PATH).json
    assert (shown["runs"], shown["failures"], shown["paused_because"]) == (0, 5, "failures")
    assert "T00:00:00Z" in shown["last_error"]


def test_a_time_that_meets_a_full_queue_is_tried_again_until_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(monkeypatch, MAX_ACTIVE_RUNS="1", MAX_QUEUED_RUNS="0") as stack:
        schedule = kept(stack)
        busy = stack.start("touch b.md")
        waits = fired(stack, 1.1)
        assert (waits.next_at, waits.failures, runs_of(stack)) == (schedule.next_at, 0, [])
        assert "wait for their turn already" in (waits.last_error or "")
        stack.drive(busy)
        began = fired(stack, 1.2)
        assert (began.runs, began.last_error) == (1, None)


def test_a_look_ends_with_its_time_and_tenants_take_turns_in_it(stack: Stack) -> None:
    for number in range(3):
        kept(stack, name=f"many-{number}")
    kept(stack, name="few", tenant="tenant-b")
    when = now_is(stack, "many-0").created_at + timedelta(hours=1.1)
    times = [1.0, 1.0]
    look = run_due(stack.backend, when, lambda: times.pop() if times else 0.0)
    assert (look.seen, look.left) == (2, 2)
    assert [now_is(stack, f"many-{number}").runs for number in range(3)] == [1, 0, 0]
    assert stack.backend.schedules.get("tenant-b", "p1", "few").runs == 1
    again = run_due(stack.backend, when)
    assert (again.seen, again.left) == (2, 0)
    assert [now_is(stack, f"many-{number}").runs for number in range(3)] == [1, 1, 1]


def test_many_tenants_are_served_at_a_time_and_each_time_has_one_run(stack: Stack) -> None:
    tenants = [f"tenant-{number:02}" for number in range(12)]
    for tenant in tenants:
        kept(stack, name="first", tenant=tenant)
        kept(stack, name="second", tenant=tenant)
    when = datetime.now(UTC) + timedelta(hours=1.1)
    assert (run_due(stack.backend, when).seen, run_due(stack.backend, when).seen) == (24, 0)
    for tenant in tenants:
        made = stack.request("GET", "/runs", tenant=tenant).json
        assert sorted(run["metadata"]["schedule"] for run in made) == ["first", "second"]


def test_a_schedule_that_cannot_be_read_keeps_no_other(stack: Stack) -> None:
    kept(stack, name="a-broken")
    kept(stack)
    clients.dynamodb().update_item(
        TableName="table",
        Key=schedule_key("tenant-a", "p1", "a-broken").attributes(),
        UpdateExpression="SET body = :none",
        ExpressionAttributeValues={":none": {"S": "{}"}},
    )
    assert fired(stack, 1.1).runs == 1


@pytest.mark.proof
def test_two_who_do_a_time_at_once_leave_it_one_run_wherever_one_of_them_dies(stack: Stack) -> None:
    """The second comes between any two calls of the first and dies at any call of its own; the first goes on."""

    def first(number: int) -> Moment:
        seconds = 0

        def second() -> None:
            nonlocal seconds
            with at_call(dies_at, die) as moment, suppress(Died):
                run_due(stack.backend, due)
            seconds += moment.happened

        dies_at = 0
        while True:
            schedule = kept(stack, name=f"two-{number}-{dies_at}")
            due, seconds = schedule.created_at + timedelta(hours=1.1), 0
            with at_call(number, second) as moment:
                run_due(stack.backend, due)
            run_due(stack.backend, due)
            (run,) = runs_of(stack, schedule.name)
            assert now_is(stack, schedule.name).runs == 1, (number, dies_at, moment.calls)
            stack.drive(run["id"])
            stack.backend.schedules.drop(now_is(stack, schedule.name), due)
            if not seconds:
                return moment
            dies_at += 1

    assert each_moment(first) > 8


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_who_dies_at_any_call_of_a_time_leaves_it_one_run(stack: Stack, when: When) -> None:
    def dies(number: int) -> Moment:
        schedule = kept(stack, name=f"s{number}{when}")
        due = schedule.created_at + timedelta(hours=1.1)
        with at_call(number, die, when) as moment:
            for _ in range(2):
                try:
                    run_due(stack.backend, due)
                except Died:
                    continue
        assert len(runs_of(stack, schedule.name)) == 1, moment.calls
        assert now_is(stack, schedule.name).runs == 1, moment.calls
        (run,) = runs_of(stack, schedule.name)
        stack.drive(run["id"])
        return moment

    assert each_moment(dies) > 8


HOURLY = {"rate": "1 hour", "run": {"instructions": "touch a.md"}}
PATH = "/projects/p1/schedules/hourly"


def refused(stack: Stack, body: Any, path: str = PATH) -> tuple[int, str]:
    answer = stack.request("PUT", path, body)
    return answer.status, answer.json["code"]


def test_a_schedule_is_put_shown_paused_resumed_and_deleted(stack: Stack) -> None:
    stack.project()
    body = {"cron": "0 9 * * MON", "timezone": BERLIN, "run": HOURLY["run"], "overlap": "queue"}
    made = stack.request("PUT", PATH, body).json
    assert (made["status"], made["run"], len(made["next_times"])) == ("active", HOURLY["run"], 5)
    assert stack.request("PUT", PATH, body).json == made
    assert [each["name"] for each in stack.request("GET", "/projects/p1/schedules").json] == ["hourly"]
    paused = stack.request("POST", f"{PATH}/pause").json
    assert (paused["paused_because"], paused["next_times"]) == ("asked", [])
    assert stack.request("PUT", PATH, HOURLY).json["status"] == "paused"
    resumed = stack.request("POST", f"{PATH}/resume").json
    assert (resumed["status"], resumed["rate"], resumed["cron"]) == ("active", "1 hour", None)
    assert stack.request("DELETE", PATH).status == 204
    assert stack.request("GET", PATH).json["code"] == "schedule_not_found"
    assert list(stack.backend.schedules.due(datetime.now(UTC) + timedelta(days=9))) == []
    assert stack.request("PUT", PATH, HOURLY).json["runs"] == 0


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({**HOURLY, "cron": "0 9 * * *"}, (400, "invalid_request"), id="cron and rate"),
        pytest.param({**HOURLY, "run": {"instructions": " "}}, (400, "invalid_request"), id="blank"),
        pytest.param(
            {**HOURLY, "run": {"instructions": "x", "uploads": ["u1"]}}, (400, "invalid_request"), id="uploads"
        ),
        pytest.param(
            {**HOURLY, "run": {"instructions": "x", "files": [{"path": "a.md", "content": "x" * 300_000}]}},
            (413, "too_large"),
            id="size",
        ),
        pytest.param({**HOURLY, "run": {"instructions": "x", "from_run_id": "gone"}}, (404, "run_not_found"), id="run"),
        pytest.param({**HOURLY, "run": {"instructions": "x", "model": "gone"}}, (400, "model_not_allowed"), id="model"),
    ],
)
def test_a_schedule_of_which_no_run_could_begin_is_refused(stack: Stack, body: Any, expected: tuple[int, str]) -> None:
    stack.project()
    assert refused(stack, body) == expected
    assert stack.request("GET", "/projects/p1/schedules").json == []


def test_a_name_a_project_and_the_number_of_schedules_are_checked(stack: Stack) -> None:
    assert refused(stack, HOURLY) == (404, "project_not_found")
    stack.project()
    assert refused(stack, HOURLY, "/projects/p1/schedules/%D9%83") == (400, "invalid_request")
    for number in range(MAX_SCHEDULES):
        kept(stack, name=f"s{number}")
    assert refused(stack, HOURLY) == (409, "too_many_schedules")
    assert stack.request("PUT", "/projects/p1/schedules/s7", HOURLY).status == 200


def test_another_tenant_sees_and_changes_nothing_of_it(stack: Stack) -> None:
    kept(stack)
    for method, path in (("GET", PATH), ("POST", f"{PATH}/pause"), ("DELETE", PATH), ("GET", "/projects/p1/schedules")):
        assert stack.request(method, path, tenant="tenant-b").json["code"] == "project_not_found"
    assert now_is(stack).paused_because is None


def test_a_pause_after_five_failures_is_told_once(stack: Stack) -> None:
    kept(stack, "fail with no paper", callback_url="https://example.com/hook")
    for hour in range(1, 7):
        fired(stack, hour + 0.1)
        for run in runs_of(stack):
            stack.drive(run["id"])
    told = [each for each in stack.request("GET", "/webhooks/deliveries").json if each["type"] == "schedule.paused"]
    assert [each["project_id"] for each in told] == ["p1"]


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_put_that_dies_at_any_call_leaves_the_old_schedule_or_the_new_one(stack: Stack, when: When) -> None:
    def dies(number: int) -> Moment:
        schedule = kept(stack, name=f"p{number}{when}")
        path = f"/projects/p1/schedules/{schedule.name}"
        with at_call(number, die, when) as moment, suppress(Died):
            stack.request("PUT", path, {"rate": "2 hours", "run": HOURLY["run"]})
        assert now_is(stack, schedule.name).times.rate in {"1 hour", "2 hours"}, moment.calls
        assert stack.request("PUT", path, {"rate": "2 hours", "run": HOURLY["run"]}).json["rate"] == "2 hours"
        return moment

    assert each_moment(dies) > 3


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_who_dies_at_any_call_of_a_pause_after_failures_tells_of_it_once(stack: Stack, when: When) -> None:
    def dies(number: int) -> Moment:
        schedule = kept(stack, "fail with no paper", name=f"f{number}{when}", callback_url="https://example.com/hook")
        run_due(stack.backend, schedule.created_at + timedelta(hours=1.1))
        (run,) = runs_of(stack, schedule.name)
        stack.drive(run["id"])
        stack.backend.schedules.store(replace(now_is(stack, schedule.name), failures=MAX_FAILURES - 1))
        with at_call(number, die, when) as moment:
            for _ in range(2):
                try:
                    run_due(stack.backend, schedule.created_at + timedelta(hours=2.1))
                except Died:
                    continue
        assert now_is(stack, schedule.name).paused_because == "failures", moment.calls
        told = [each for each in stack.request("GET", "/webhooks/deliveries").json if each["type"] == "schedule.paused"]
        assert len(told) == number + 1, moment.calls
        return moment

    assert each_moment(dies) > 3
