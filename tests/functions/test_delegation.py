"""What a run delegates: children of its own that work side by side, their files merged, whatever happens meanwhile."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from swarm.lifecycle.reconciliation import GRACE, reconcile
from tests.support.driving import State, beginning, drive, task, walk
from tests.support.moments import Died, Moment, When, at_call, die, each_moment
from tests.support.stack import Stack, stack
from tests.support.story import flaws, records_of

TWO = "touch first.md. delegate `touch a.md` and `touch b.md`. touch last.md"
BOTH = "delegate `touch a.md` and `touch b.md`"
MERGED = ["a.md", "b.md", "first.md", "last.md"]


def delegating(stack: Stack, instructions: str = TWO, **more: Any) -> str:
    """A run that waits for its children."""
    stack.project()
    run_id = stack.start(instructions, **more)
    assert stack.drive(run_id)[-1] == "asked"
    return run_id


def children_of(stack: Stack, run_id: str) -> list[str]:
    return [child["run_id"] for child in stack.run(run_id)["children"]]


def state_of(stack: Stack, run_id: str) -> State:
    """The input of the run's newest execution."""
    return {**beginning(run_id), "round": stack.backend.runs.current("tenant-a", run_id).rounds}


def go_on(stack: Stack, run_id: str) -> str:
    """Drive the newest execution; how it ended."""
    return str([state["outcome"] for state in walk(state_of(stack, run_id))][-1])


def finish(stack: Stack, run_id: str) -> Any:
    """Drive the children, then their parent; the parent at its end."""
    for child in children_of(stack, run_id):
        go_on(stack, child)
    go_on(stack, run_id)
    return stack.run(run_id)


def paths(stack: Stack, run_id: str) -> list[str]:
    return [each["path"] for each in stack.request("GET", f"/runs/{run_id}/workspace/files").json["files"]]


def text(stack: Stack, run_id: str, path: str) -> str:
    return stack.request("GET", f"/runs/{run_id}/workspace/files/{path}").text


def said(stack: Stack, run_id: str) -> str:
    """What the last `delegate` came to."""
    steps = stack.request("GET", f"/runs/{run_id}/steps").json
    return str([step["content"] for step in steps if step["tool_name"] == "delegate"][-1])


def told(stack: Stack, run_id: str) -> list[str]:
    events = stack.request("GET", f"/runs/{run_id}/events?limit=1000").json["events"]
    return [event["status"] for event in events if event["type"] == "child"]


def test_children_work_on_clones_and_their_files_and_words_come_back(stack: Stack) -> None:
    run_id = delegating(stack)
    first, second = children_of(stack, run_id)
    assert run_id not in records_of(stack).counted()
    assert {first, second} <= records_of(stack).counted()
    assert stack.run(first)["parent_run_id"] == run_id
    go_on(stack, first)
    assert [child["status"] for child in stack.run(run_id)["children"]] == ["succeeded", None]
    assert paths(stack, first) == ["a.md", "first.md"]
    assert run_id not in records_of(stack).counted()
    go_on(stack, second)
    assert run_id in records_of(stack).counted()
    assert go_on(stack, run_id) == "ended"
    run = stack.run(run_id)
    assert (run["status"], paths(stack, run_id)) == ("succeeded", MERGED)
    assert "2 of 2 done" in said(stack, run_id)
    assert "Done: create a.md." in said(stack, run_id)
    assert told(stack, run_id) == ["queued", "queued", "succeeded", "succeeded"]
    used = [stack.run(child)["usage"]["model_calls"] for child in (first, second)]
    turns = len([kind for _, kind, _ in records_of(stack).slots(run_id) if kind == "turn"])
    # One turn of the parent was committed twice: with its call, and with what that came to.
    assert run["usage"]["model_calls"] == sum(used) + turns - 1
    for each in (run_id, first, second):
        assert flaws(records_of(stack), each) == []


def test_children_are_listed_under_their_parent_and_where_somebody_has_to_decide(stack: Stack) -> None:
    run_id = delegating(stack, "touch x.md. delegate `delete x.md` and `touch b.md`", require_approval=["delete_file"])
    first, second = children_of(stack, run_id)
    assert stack.drive(first)[-1] == "asked"
    assert [each["id"] for each in stack.request("GET", "/runs").json] == [run_id]
    listed = stack.request("GET", f"/runs?parent_run_id={run_id}").json
    assert {each["id"] for each in listed} == {first, second}
    assert [each["id"] for each in stack.request("GET", "/runs?waiting=true").json] == [first]
    assert stack.request("GET", f"/runs?parent_run_id={run_id}", tenant="tenant-b").json == []
    request_id = stack.run(first)["waiting_for"]["request_id"]
    path = f"/runs/{first}/decisions/{request_id}"
    assert stack.request("POST", path, {"decision": "approve"}).status == 200
    assert finish(stack, run_id)["status"] == "succeeded"
    assert paths(stack, run_id) == ["b.md"]


def test_a_child_that_fails_is_a_result_and_its_files_are_not_taken(stack: Stack) -> None:
    run_id = delegating(stack, "delegate `touch a.md` and `touch b.md. fail with no paper`. touch last.md")
    run = finish(stack, run_id)
    assert (run["status"], paths(stack, run_id)) == ("succeeded", ["a.md", "last.md"])
    assert "1 of 2 done" in said(stack, run_id)
    assert "no paper" in said(stack, run_id)
    assert [child["status"] for child in run["children"]] == ["succeeded", "failed"]
    assert "no paper" in run["children"][1]["error"]


def test_texts_that_two_children_changed_are_merged_by_lines_and_conflicts_keep_both(stack: Stack) -> None:
    files = [
        {"path": "list.md", "content": "one\ntwo\nthree\nfour\nfive\n"},
        {"path": "الميزانية.md", "content": "budget\n"},
    ]
    parts = [
        "replace one by 1 in list.md. replace budget by first in الميزانية.md",
        "replace five by 5 in list.md. replace budget by second in الميزانية.md",
    ]
    run_id = delegating(stack, f"delegate `{parts[0]}` and `{parts[1]}`", files=files)
    finish(stack, run_id)
    assert text(stack, run_id, "list.md") == "1\ntwo\nthree\nfour\n5\n"
    assert text(stack, run_id, "الميزانية.md") == "first\n"
    assert text(stack, run_id, "الميزانية.conflict-2.md") == "second\n"
    assert "الميزانية.conflict-2.md" in said(stack, run_id)


def test_what_one_child_deletes_and_another_changes_stays(stack: Stack) -> None:
    files = [{"path": "a.md", "content": "one\n"}, {"path": "b.md", "content": "one\n"}]
    first = "delete a.md. replace one by two in b.md"
    second = "replace one by two in a.md. delete b.md"
    run_id = delegating(stack, f"delegate `{first}` and `{second}`", files=files)
    finish(stack, run_id)
    assert (text(stack, run_id, "a.md"), text(stack, run_id, "b.md")) == ("two\n", "two\n")
    assert said(stack, run_id).count("deleted") == 2


def test_a_child_delegates_nothing_and_a_run_not_without_end(stack: Stack) -> None:
    run_id = delegating(stack, 'delegate `delegate "touch a.md"`')
    (child,) = children_of(stack, run_id)
    go_on(stack, child)
    assert stack.run(child)["children"] == []
    many = " and ".join(f"`touch {number}.md`" for number in range(17))
    stack.start(f"delegate {many}")
    too_many = stack.finish(f"delegate {many}")
    assert "at most 16 tasks at once" in said(stack, too_many)
    assert stack.run(too_many)["children"] == []


def test_limits_are_shared_and_what_children_use_counts(stack: Stack) -> None:
    run_id = delegating(stack, limits={"max_tokens": 900, "timeout_seconds": 100, "max_turns": 10})
    for child in children_of(stack, run_id):
        limits = stack.run(child)["limits"]
        assert limits["max_tokens"] == 300
        assert limits["max_turns"] == 8
        assert 80 <= limits["timeout_seconds"] <= 90


def test_the_time_of_the_slowest_child_counts_and_the_time_in_the_queue_does_not(stack: Stack) -> None:
    run_id = delegating(stack)
    finish(stack, run_id)
    run = stack.backend.runs.current("tenant-a", run_id)
    slowest = max(child.seconds for child in run.children)
    assert slowest > 0
    asked = run.children[0].asked_at
    assert run.went_on_at is not None
    assert run.waited_seconds == pytest.approx((run.went_on_at - asked).total_seconds() - slowest, abs=0.01)


def test_a_parent_that_waits_leaves_its_place_to_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    with stack(monkeypatch, MAX_ACTIVE_RUNS="1", MAX_QUEUED_RUNS="3") as small:
        run_id = delegating(small)
        other = small.start("touch other.md")
        first, second = children_of(small, run_id)
        # One at a time: whoever ends lets the next in, and the queue is full meanwhile.
        assert small.backend.tenants.get("tenant-a").active == {first}
        assert small.request("POST", "/projects/p1/runs", {"instructions": "touch x"}).status == 201
        assert small.request("POST", "/projects/p1/runs", {"instructions": "touch x"}).status == 429
        for _ in range(6):
            active = small.backend.tenants.get("tenant-a").active
            if run_id in active:
                break
            (running,) = active
            go_on(small, running)
        assert small.run(first)["status"] == small.run(second)["status"] == "succeeded"
        assert go_on(small, run_id) == "ended"
        assert small.run(run_id)["status"] == "succeeded"
        assert other not in {first, second}


def test_children_for_which_there_is_no_room_are_results(monkeypatch: pytest.MonkeyPatch) -> None:
    with stack(monkeypatch, MAX_ACTIVE_RUNS="1", MAX_QUEUED_RUNS="1") as small:
        run_id = delegating(small)
        first, second = children_of(small, run_id)
        assert small.run(run_id)["children"][1]["status"] == "failed"
        assert small.request("GET", f"/runs/{second}").status == 404
        go_on(small, first)
        assert go_on(small, run_id) == "ended"
        assert "not started" in said(small, run_id)
        assert paths(small, run_id) == ["a.md", "first.md", "last.md"]


def test_who_cancels_a_parent_cancels_its_children(stack: Stack) -> None:
    run_id = delegating(stack)
    first, second = children_of(stack, run_id)
    go_on(stack, first)
    assert task("prepare", beginning(second))["outcome"] == "ready"
    assert stack.request("POST", f"/runs/{run_id}/cancel").status == 200
    assert [stack.run(each)["status"] for each in (run_id, first, second)] == ["cancelled", "succeeded", "cancelled"]
    assert task("agent", beginning(second))["outcome"] == "ended"
    assert records_of(stack).counted() == set()
    for each in (run_id, first, second):
        assert flaws(records_of(stack), each) == []


def test_who_cancels_a_child_gives_its_parent_a_result(stack: Stack) -> None:
    run_id = delegating(stack)
    first, _ = children_of(stack, run_id)
    assert stack.request("POST", f"/runs/{first}/cancel").status == 200
    assert finish(stack, run_id)["status"] == "succeeded"
    assert paths(stack, run_id) == ["b.md", "first.md", "last.md"]


def test_no_part_of_a_run_at_work_is_deleted_and_all_go_with_it(stack: Stack) -> None:
    run_id = delegating(stack)
    first, second = children_of(stack, run_id)
    go_on(stack, first)
    refused = stack.request("DELETE", f"/runs/{first}")
    assert (refused.status, refused.json["code"]) == (409, "run_in_use")
    assert stack.request("DELETE", "/projects/p1").json["code"] == "project_in_use"
    finish(stack, run_id)
    assert stack.request("DELETE", f"/runs/{run_id}").status == 204
    assert [stack.request("GET", f"/runs/{each}").status for each in (run_id, first, second)] == [404] * 3


def test_children_and_questions_of_one_turn_are_waited_for_together(stack: Stack) -> None:
    stack.project()
    run_id = stack.start(TWO, interactive=True)
    stack.drive(run_id)
    message = stack.request("POST", f"/runs/{run_id}/messages", {"text": "touch more.md"})
    assert message.status == 202
    finish(stack, run_id)
    run = stack.run(run_id)
    assert (run["status"], run["messages"][0]["state"]) == ("succeeded", "read")
    assert "more.md" in paths(stack, run_id)


def test_nobody_is_told_of_the_end_of_a_child_but_its_parent(stack: Stack) -> None:
    run_id = delegating(stack, callback_url="https://example.com/hook")
    finish(stack, run_id)
    (delivery,) = stack.request("GET", "/webhooks/deliveries").json
    assert delivery["run_id"] == run_id


def dying(stack: Stack, run_id: str, name: str, state: State, number: int, when: When) -> Moment:
    """Do a task that dies at its n-th call, as often as the state machine would try it."""
    with at_call(number, die, when) as moment:
        drive(state, name)
    return moment


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_parent_that_dies_at_any_call_starts_each_child_once(stack: Stack, when: When) -> None:
    stack.project()

    def dies(number: int) -> Moment:
        run_id = stack.start(BOTH)
        moment = dying(stack, run_id, "agent", drive(beginning(run_id), until="agent"), number, when)
        children = children_of(stack, run_id)
        assert [stack.drive(child)[-1] for child in children] == ["ended", "ended"], moment.calls
        assert go_on(stack, run_id) == "ended"
        assert paths(stack, run_id) == ["a.md", "b.md"], moment.calls
        for each in (run_id, *children):
            assert flaws(records_of(stack), each) == [], moment.calls
        return moment

    assert each_moment(dies) > 15


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_parent_that_dies_at_any_call_merges_once(stack: Stack, when: When) -> None:
    stack.project()

    def dies(number: int) -> Moment:
        run_id = stack.start(BOTH)
        stack.drive(run_id)
        for child in children_of(stack, run_id):
            go_on(stack, child)
        moment = dying(stack, run_id, "agent", state_of(stack, run_id), number, when)
        assert paths(stack, run_id) == ["a.md", "b.md"], moment.calls
        assert told(stack, run_id) == ["queued", "queued", "succeeded", "succeeded"]
        assert flaws(records_of(stack), run_id) == [], moment.calls
        return moment

    assert each_moment(dies) > 15


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_child_that_dies_at_any_call_is_told_once_and_the_last_lets_its_parent_go_on(
    stack: Stack, when: When
) -> None:
    records = records_of(stack)
    stack.project()

    def dies(number: int) -> Moment:
        run_id = stack.start(BOTH)
        stack.drive(run_id)
        first, second = children_of(stack, run_id)
        go_on(stack, first)
        moment = dying(stack, second, "agent", drive(beginning(second), until="agent"), number, when)
        key = stack.backend.runs.current("tenant-a", run_id).key
        assert stack.backend.executions.find(key, 1), moment.calls
        assert run_id in records.counted(), moment.calls
        assert go_on(stack, run_id) == "ended"
        assert paths(stack, run_id) == ["a.md", "b.md"], moment.calls
        assert told(stack, run_id) == ["queued", "queued", "succeeded", "succeeded"], moment.calls
        for each in (run_id, first, second):
            assert flaws(records, each) == [], moment.calls
        return moment

    assert each_moment(dies) > 15


@pytest.mark.proof
def test_what_a_dead_process_left_of_a_delegation_is_mended_by_reconciliation(stack: Stack) -> None:
    """The state machine does not call again here: only the schedule is left."""
    records = records_of(stack)
    stack.project()

    def dies(number: int) -> Moment:
        run_id = stack.start(BOTH)
        state = drive(beginning(run_id), until="agent")
        with at_call(number, die, "after") as moment, suppress(Died):
            task("agent", state)
        if not children_of(stack, run_id):
            assert stack.request("POST", f"/runs/{run_id}/cancel").status == 200
            return moment
        later = datetime.now(UTC) + GRACE
        for _ in range(3):
            reconcile(stack.backend, later)
            later += GRACE
        children = children_of(stack, run_id)
        assert set(children) <= records.counted(), moment.calls
        with at_call(number, die, "after") as second, suppress(Died):
            for child in children:
                go_on(stack, child)
        for child in children:
            go_on(stack, child)
        reconcile(stack.backend, later)
        assert go_on(stack, run_id) == "ended", (moment.calls, second.calls)
        assert paths(stack, run_id) == ["a.md", "b.md"]
        reconcile(stack.backend, later + GRACE)
        for each in (run_id, *children):
            assert flaws(records, each) == [], (moment.calls, second.calls)
        return moment

    assert each_moment(dies) > 15


@pytest.mark.proof
@pytest.mark.parametrize("where", ["while children are started", "while a child ends", "while it merges"])
def test_a_cancellation_that_meets_a_delegation_at_any_call_leaves_nobody_at_work(stack: Stack, where: str) -> None:
    records = records_of(stack)
    stack.project()

    def meets(number: int) -> Moment:
        run_id = stack.start(BOTH)
        state = drive(beginning(run_id), until="agent")
        answers: list[int] = []

        def cancel() -> None:
            answers.append(stack.request("POST", f"/runs/{run_id}/cancel").status)

        if where == "while children are started":
            with at_call(number, cancel) as moment:
                drive(state, "agent")
        else:
            drive(state, "agent")
            first, second = children_of(stack, run_id)
            go_on(stack, first)
            if where == "while a child ends":
                prepared = drive(beginning(second), until="agent")
                with at_call(number, cancel) as moment:
                    drive(prepared, "agent")
            else:
                go_on(stack, second)
                with at_call(number, cancel) as moment:
                    drive(state_of(stack, run_id), "agent")
        if moment.happened and answers == [200]:
            # Whoever was at work goes on until it finds out.
            for child in children_of(stack, run_id):
                if stack.request("GET", f"/runs/{child}").status == 200:
                    go_on(stack, child)
            children = [
                each for each in children_of(stack, run_id) if stack.request("GET", f"/runs/{each}").status == 200
            ]
            assert stack.run(run_id)["status"] == "cancelled", moment.calls
            for each in (run_id, *children):
                assert flaws(records, each) == [], (each, moment.calls)
            assert not records.counted() & {run_id, *children}, moment.calls
        else:
            for each in (run_id, *children_of(stack, run_id)):
                stack.request("POST", f"/runs/{each}/cancel")
        return moment

    assert each_moment(meets) > 5
