"""One key, one run: however often a request is sent, and however the copies meet."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import pytest

from tests.support.driving import beginning, drive
from tests.support.moments import Moment, at_call, each_moment
from tests.support.stack import Answer, Stack
from tests.support.stack import stack as deployed
from tests.support.story import records_of

BODY = {"instructions": "touch a.md", "name": "a run"}


def post(stack: Stack, key: str, body: Any = None, project_id: str = "p1", tenant: str = "tenant-a") -> Answer:
    headers = {"idempotency-key": key}
    return stack.request("POST", f"/projects/{project_id}/runs", body or BODY, headers=headers, tenant=tenant)


def replayed(answer: Answer) -> bool:
    assert answer.status == 201, answer.text
    return answer.headers.get("idempotent-replay") == "true"


def test_the_same_key_and_body_give_the_same_run(stack: Stack) -> None:
    stack.project()
    first, second = post(stack, "key"), post(stack, "key")
    assert (replayed(first), replayed(second)) == (False, True)
    assert second.json == first.json
    assert len(stack.request("GET", "/runs").json) == 1
    drive(beginning(first.json["id"]))
    third = post(stack, "key")
    assert replayed(third)
    assert third.json == stack.run(first.json["id"])
    assert records_of(stack).counted() == set()


def test_a_replay_is_two_reads_once_the_run_has_begun(stack: Stack) -> None:
    stack.project()
    drive(beginning(post(stack, "key").json["id"]))
    with stack.recorded() as calls:
        post(stack, "key")
    assert calls == ["dynamodb.GetItem"] * 2


@pytest.mark.parametrize(
    "change",
    [{"instructions": "touch b.md"}, {"name": "another"}, {"task_type": "writing"}, {"limits": {"max_turns": 3}}],
    ids=["instructions", "name", "task type", "limits"],
)
def test_the_same_key_with_another_body_is_a_conflict(stack: Stack, change: dict[str, Any]) -> None:
    stack.project()
    run_id = post(stack, "key").json["id"]
    answer = post(stack, "key", {**BODY, **change})
    assert (answer.status, answer.json["code"]) == (409, "idempotency_key_reused")
    assert run_id in answer.json["detail"]
    assert records_of(stack).counted() == {run_id}


def promised(stack: Stack, **contents: bytes) -> str:
    """An upload of these files; nothing has been sent yet."""
    files = [
        {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for path, data in contents.items()
    ]
    return str(stack.request("POST", "/projects/p1/uploads", {"files": files}).json["upload_id"])


def test_the_same_bytes_uploaded_again_are_the_same_request(stack: Stack) -> None:
    stack.project()
    first, again, other = (
        promised(stack, a=b"x", b=b"y"),
        promised(stack, b=b"y", a=b"x"),
        promised(stack, a=b"x", b=b"z"),
    )
    made = post(stack, "key", {**BODY, "uploads": [first]})
    repeated = post(stack, "key", {**BODY, "uploads": [again]})
    assert (replayed(made), replayed(repeated)) == (False, True)
    assert repeated.json["id"] == made.json["id"]
    refused = post(stack, "key", {**BODY, "uploads": [other]})
    assert (refused.status, refused.json["code"]) == (409, "idempotency_key_reused")
    # Without hashes nobody knows whether they are the same.
    blind = stack.request("POST", "/projects/p1/uploads", {"files": [{"path": "a", "size": 1}]}).json["upload_id"]
    assert post(stack, "other", {**BODY, "uploads": [blind]}).status == 201


def test_a_key_belongs_to_its_tenant_and_project(stack: Stack) -> None:
    stack.project("p1")
    stack.project("p2")
    stack.project("p1", tenant="tenant-b")
    answers = [post(stack, "key"), post(stack, "key", project_id="p2"), post(stack, "key", tenant="tenant-b")]
    assert [replayed(answer) for answer in answers] == [False, False, False]
    assert len({answer.json["id"] for answer in answers}) == 3


@pytest.mark.parametrize("key", ["", "  ", "x" * 256, "a\tb", "\u200b"], ids=["empty", "blank", "long", "tab", "zero"])
def test_a_key_that_cannot_be_one_is_refused(stack: Stack, key: str) -> None:
    stack.project()
    answer = post(stack, key)
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert stack.request("GET", "/runs").json == []


def test_a_replay_is_answered_when_the_quota_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(monkeypatch, MAX_ACTIVE_RUNS="1", MAX_QUEUED_RUNS="1") as stack:
        stack.project()
        first, second = post(stack, "key 0"), post(stack, "key 1")
        assert post(stack, "key 2").status == 429
        for key, answer in (("key 0", first), ("key 1", second)):
            assert replayed(post(stack, key))
            assert post(stack, key).json == answer.json


def test_two_requests_that_meet_at_any_call_make_one_run(stack: Stack) -> None:
    records = records_of(stack)
    stack.project()

    def both(number: int) -> Moment:
        key, inner = f"key {number}", list[Answer]()
        with at_call(number, lambda: inner.append(post(stack, key))) as moment:
            outer = post(stack, key)
        answers = [outer, *inner]
        assert [replayed(answer) for answer in answers].count(False) == 1, moment.calls
        (run_id,) = {answer.json["id"] for answer in answers}
        assert records.counted() == records.listed_as_active() == {run_id}
        drive(beginning(run_id))
        assert records.counted() == records.listed_as_active() == set()
        return moment

    assert each_moment(both) == 6


def test_a_request_that_was_held_up_until_its_twins_run_had_ended_leaves_nothing_counted(stack: Stack) -> None:
    records = records_of(stack)
    stack.project()
    statuses = Counter[str]()

    def both(number: int) -> Moment:
        key = f"key {number}"
        with at_call(number, lambda: drive(beginning(post(stack, key).json["id"]))) as moment:
            answer = post(stack, key)
        # From its slot 0 on the outer request is the one that made the run.
        assert replayed(answer) is (moment.happened and number < 4), moment.calls
        statuses[answer.json["status"]] += 1
        if not moment.happened:
            drive(beginning(answer.json["id"]))
        assert records.counted() == records.listed_as_active() == set(), moment.calls
        return moment

    assert each_moment(both) == 6
    assert statuses["succeeded"] > 3


def test_two_bodies_that_meet_at_any_call_are_one_run_and_one_conflict(stack: Stack) -> None:
    records = records_of(stack)
    stack.project()

    def both(number: int) -> Moment:
        key, inner = f"key {number}", list[Answer]()
        other = {**BODY, "instructions": "touch b.md"}
        with at_call(number, lambda: inner.append(post(stack, key, other))) as moment:
            outer = post(stack, key)
        by_status = {answer.status: answer for answer in [outer, *inner]}
        assert set(by_status) == ({201, 409} if moment.happened else {201})
        drive(beginning(by_status[201].json["id"]))
        assert records.counted() == records.listed_as_active() == set(), moment.calls
        return moment

    assert each_moment(both) == 6
