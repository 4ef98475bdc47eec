"""What is said to a run: read at the right moment, once, in order; and what it begins once the run has ended."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from swarm.aws import clients
from swarm.runs.conversation import load_transcript
from tests.support.driving import after, beginning, drive, task
from tests.support.moments import Died, Moment, When, at_call, die, each_moment
from tests.support.stack import Answer, Stack
from tests.support.story import flaws, records_of

WAITS = "Create a file called a.md with a greeting. wait 2 seconds"


def say(stack: Stack, run_id: str, text: str, mode: str = "steer", **more: Any) -> Answer:
    headers = {"idempotency-key": more.pop("key")} if "key" in more else {}
    return stack.request("POST", f"/runs/{run_id}/messages", {"text": text, "mode": mode, **more}, headers=headers)


def said(stack: Stack, run_id: str, text: str, mode: str = "steer", **more: Any) -> str:
    answer = say(stack, run_id, text, mode, **more)
    assert answer.status == 202, answer.text
    assert answer.json["state"] == "waiting"
    return str(answer.json["id"])


def started(stack: Stack, instructions: str = WAITS) -> str:
    stack.project()
    return stack.start(instructions)


def files(stack: Stack, run_id: str) -> dict[str, str]:
    listing = stack.request("GET", f"/runs/{run_id}/workspace/files").json["files"]
    return {
        each["path"]: stack.request("GET", f"/runs/{run_id}/workspace/files/{each['path']}").text for each in listing
    }


def words_of_users(stack: Stack, run_id: str) -> list[str]:
    return [step["content"] for step in stack.request("GET", f"/runs/{run_id}/steps").json if step["role"] == "user"]


def states(stack: Stack, run_id: str) -> list[str]:
    return [message["state"] for message in stack.run(run_id)["messages"]]


def events_of(stack: Stack, run_id: str) -> list[Any]:
    events = stack.request("GET", f"/runs/{run_id}/events").json["events"]
    return [(event["message_id"], event["state"]) for event in events if event["type"] == "message"]


def test_a_message_to_a_queued_run_is_read_when_it_begins(stack: Stack) -> None:
    run_id = started(stack, "touch first.md")
    message = said(stack, run_id, "touch second.md")
    stack.drive(run_id)
    assert states(stack, run_id) == ["read"]
    assert events_of(stack, run_id) == [(message, "waiting"), (message, "read")]
    assert words_of_users(stack, run_id) == ["touch first.md", "touch second.md"]
    assert "second.md" in files(stack, run_id)


def test_followups_are_read_one_by_one_when_the_agent_would_finish(stack: Stack) -> None:
    run_id = started(stack, "touch first.md")
    for number in range(3):
        said(stack, run_id, f"touch followup-{number}.md", "followup")
    stack.drive(run_id)
    assert [*files(stack, run_id)] == ["first.md", "followup-0.md", "followup-1.md", "followup-2.md"]
    assert states(stack, run_id) == ["read"] * 3
    assert words_of_users(stack, run_id)[1:] == [f"touch followup-{number}.md" for number in range(3)]


def test_what_steers_is_read_before_an_earlier_followup(stack: Stack) -> None:
    run_id = started(stack, "touch first.md")
    said(stack, run_id, "touch last.md", "followup")
    said(stack, run_id, "touch middle.md", "steer")
    stack.drive(run_id)
    assert words_of_users(stack, run_id) == ["touch first.md", "touch middle.md", "touch last.md"]


def test_files_come_with_a_message(stack: Stack) -> None:
    run_id = started(stack)
    said(stack, run_id, "touch b.md", files=[{"path": "notes.txt", "content": "budget 4,200"}])
    stack.drive(run_id)
    assert files(stack, run_id)["notes.txt"] == "budget 4,200"


def test_an_upload_that_never_came_is_told_to_the_agent_and_ends_nothing(stack: Stack) -> None:
    run_id = started(stack)
    upload = stack.request("POST", "/projects/p1/uploads", {"files": [{"path": "x.txt", "size": 3}]}).json
    said(stack, run_id, "touch b.md", uploads=[upload["upload_id"]])
    stack.drive(run_id)
    run = stack.run(run_id)
    assert run["status"] == "succeeded"
    assert "x.txt was never uploaded" in words_of_users(stack, run_id)[1]


def test_a_withdrawn_message_is_never_read(stack: Stack) -> None:
    run_id = started(stack, "touch first.md")
    message = said(stack, run_id, "touch second.md")
    for _ in range(2):
        assert stack.request("DELETE", f"/runs/{run_id}/messages/{message}").status == 204
    stack.drive(run_id)
    assert states(stack, run_id) == ["withdrawn"]
    assert [*files(stack, run_id)] == ["first.md"]
    assert stack.request("DELETE", f"/runs/{run_id}/messages/{message}").status == 204


def test_what_was_read_cannot_be_withdrawn(stack: Stack) -> None:
    run_id = started(stack, "touch first.md")
    message = said(stack, run_id, "touch second.md")
    stack.drive(run_id)
    refused = stack.request("DELETE", f"/runs/{run_id}/messages/{message}")
    assert (refused.status, refused.json["code"]) == (409, "message_already_read")
    assert stack.request("DELETE", f"/runs/{run_id}/messages/{'0' * 32}").json["code"] == "message_not_found"


def test_a_message_with_a_key_is_said_once_also_when_the_run_has_ended_meanwhile(stack: Stack) -> None:
    run_id = started(stack, "touch first.md")
    message = said(stack, run_id, "touch second.md", key="k")
    assert said(stack, run_id, "touch second.md", key="k") == message
    assert say(stack, run_id, "touch third.md", key="k").json["code"] == "idempotency_key_reused"
    stack.drive(run_id)
    again = say(stack, run_id, "touch second.md", key="k")
    assert (again.status, again.json["id"], again.json["state"]) == (202, message, "read")
    assert words_of_users(stack, run_id) == ["touch first.md", "touch second.md"]


@pytest.mark.proof
def test_only_so_many_messages_wait_and_only_so_many_are_taken(stack: Stack) -> None:
    run_id = started(stack)
    waiting = [said(stack, run_id, f"touch {number}.md") for number in range(10)]
    refused = say(stack, run_id, "touch more.md")
    assert (refused.status, refused.json["code"]) == (429, "too_many_messages")
    assert refused.headers["retry-after"]
    for message in waiting:
        assert stack.request("DELETE", f"/runs/{run_id}/messages/{message}").status == 204
    for number in range(30):
        message = said(stack, run_id, f"touch {number}.md")
        stack.request("DELETE", f"/runs/{run_id}/messages/{message}")
    assert "40 messages" in say(stack, run_id, "touch more.md").json["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"text": " "}, 400, id="blank"),
        pytest.param({"text": "x" * 16_001}, 422, id="too long"),
        pytest.param({"text": "x", "mode": "shout"}, 422, id="unknown mode"),
        pytest.param({"text": "x", "txet": "x"}, 422, id="unknown field"),
        pytest.param({"text": "x", "uploads": ["0" * 32]}, 404, id="unknown upload"),
        pytest.param({"text": "x", "files": [{"path": "../x", "content": ""}]}, 403, id="hostile path"),
    ],
)
def test_what_cannot_be_said_is_refused_and_leaves_nothing(stack: Stack, body: object, status: int) -> None:
    run_id = started(stack)
    before = stack.run(run_id)
    assert stack.request("POST", f"/runs/{run_id}/messages", body).status == status
    assert stack.run(run_id) == before


def test_another_tenant_can_say_nothing_and_take_nothing_back(stack: Stack) -> None:
    run_id = started(stack)
    message = said(stack, run_id, "touch b.md")
    unknown = stack.request("POST", f"/runs/{'0' * 32}/messages", {"text": "x"}, tenant="tenant-b")
    refused = stack.request("POST", f"/runs/{run_id}/messages", {"text": "x"}, tenant="tenant-b")
    assert refused.status == unknown.status == 404
    assert refused.json["code"] == unknown.json["code"] == "run_not_found"
    assert stack.request("DELETE", f"/runs/{run_id}/messages/{message}", tenant="tenant-b").status == 404
    assert stack.request("GET", f"/threads/{run_id}", tenant="tenant-b").status == 404


@pytest.mark.parametrize(
    ("instructions", "end"),
    [
        pytest.param("touch first.md", "succeeded", id="succeeded"),
        pytest.param("touch first.md. fail with no paper", "failed", id="failed"),
        pytest.param("touch first.md", "cancelled", id="cancelled before it began"),
    ],
)
def test_a_message_to_an_ended_run_begins_one_that_goes_on(stack: Stack, instructions: str, end: str) -> None:
    run_id = started(stack, instructions)
    if end == "cancelled":
        assert stack.request("POST", f"/runs/{run_id}/cancel").status == 200
    else:
        stack.drive(run_id)
    answer = say(stack, run_id, "touch second.md", key="next")
    assert answer.status == 201, answer.text
    following = answer.json
    assert following["continues_run_id"] == following["workspace_from_run_id"] == run_id
    assert following["thread_id"] == run_id
    assert say(stack, run_id, "touch second.md", key="next").json["id"] == following["id"]
    stack.drive(following["id"])
    ended = stack.run(following["id"])
    assert ended["status"] == "succeeded"
    assert [*files(stack, following["id"])] == (["second.md"] if end == "cancelled" else ["first.md", "second.md"])
    third = say(stack, following["id"], "touch third.md").json
    stack.drive(third["id"])
    transcript = transcript_of(stack, third["id"])
    assert [word for word in transcript if word.startswith("touch")] == [
        instructions,
        "touch second.md",
        "touch third.md",
    ]
    thread = stack.request("GET", f"/threads/{run_id}").json
    assert isinstance(thread, list), thread
    assert [run["id"] for run in thread] == [third["id"], following["id"], run_id]
    assert {run["thread_id"] for run in thread} == {run_id}


def transcript_of(stack: Stack, run_id: str) -> list[str]:
    """What users said, as the model has it."""
    run = stack.backend.runs.current("tenant-a", run_id)
    assert run.transcript
    items = load_transcript(stack.backend.objects, run.transcript)
    return [str(item["content"]) for item in items if item.get("role") == "user"]


def test_what_an_ended_run_did_not_read_is_read_by_the_one_that_goes_on(stack: Stack) -> None:
    run_id = started(stack)
    message = said(stack, run_id, "touch second.md", files=[{"path": "notes.txt", "content": "n"}])
    assert stack.request("POST", f"/runs/{run_id}/cancel").status == 200
    assert states(stack, run_id) == ["unread"]
    assert stack.request("DELETE", f"/runs/{run_id}/messages/{message}").status == 409
    following = say(stack, run_id, "touch third.md").json["id"]
    stack.drive(following)
    assert transcript_of(stack, following) == [WAITS, "touch second.md", "touch third.md"]
    assert files(stack, following)["notes.txt"] == "n"


def test_what_is_said_while_a_run_is_ending_is_refused_with_when_to_come_again(stack: Stack) -> None:
    run_id = started(stack, "touch first.md")
    state = drive(beginning(run_id), until="finish")
    refused = say(stack, run_id, "touch second.md")
    assert (refused.status, refused.json["code"], refused.headers["retry-after"]) == (409, "run_is_ending", "1")
    drive(state, after(state))
    assert say(stack, run_id, "touch second.md").status == 201


def test_a_thread_has_the_run_that_began_it_also_where_an_earlier_version_stored_it(stack: Stack) -> None:
    run_id = started(stack, "touch first.md")
    stack.drive(run_id)
    following = say(stack, run_id, "touch second.md").json["id"]
    assert stack.start("touch other.md")
    key = {"PK": {"S": f"T#tenant-a#R#{run_id}"}, "SK": {"S": "META"}}
    clients.dynamodb().update_item(TableName="table", Key=key, UpdateExpression="REMOVE thread_id")
    assert [run["id"] for run in stack.request("GET", f"/threads/{run_id}").json] == [following, run_id]


def test_an_unknown_thread_is_not_there(stack: Stack) -> None:
    assert stack.request("GET", "/threads/nothing").json["code"] == "thread_not_found"


@pytest.mark.proof
@pytest.mark.parametrize("mode", ["steer", "followup"])
def test_a_message_that_meets_any_call_of_the_agent_is_read_once_or_begins_a_new_run(stack: Stack, mode: str) -> None:
    records, met = records_of(stack), set[int]()
    stack.project()

    def meets(number: int) -> Moment:
        run_id = stack.start("touch first.md")
        state = drive(beginning(run_id), until="agent")
        answers: list[Answer] = []
        with at_call(number, lambda: answers.append(say(stack, run_id, "touch second.md", mode))) as moment:
            state = task("agent", state)
        drive(state, after(state))
        assert flaws(records, run_id) == [], moment.calls
        assert stack.run(run_id)["status"] == "succeeded"
        statuses = {answer.status for answer in answers}
        met.update(statuses)
        heard = ["touch second.md"] if statuses == {202} else []
        assert words_of_users(stack, run_id) == ["touch first.md", *heard], moment.calls
        # What steers the offline model takes the place of what it was at.
        assert ("second.md" in files(stack, run_id)) == bool(heard)
        return moment

    assert each_moment(meets) > 10
    assert {201, 202} <= met <= {201, 202, 409}


@pytest.mark.proof
def test_a_message_withdrawn_at_any_call_of_the_agent_is_read_or_not_but_never_both(stack: Stack) -> None:
    records, met = records_of(stack), set[int]()
    stack.project()

    def meets(number: int) -> Moment:
        run_id = stack.start("touch first.md")
        message = said(stack, run_id, "touch second.md")
        state = drive(beginning(run_id), until="agent")
        answers: list[Answer] = []
        path = f"/runs/{run_id}/messages/{message}"
        with at_call(number, lambda: answers.append(stack.request("DELETE", path))) as moment:
            state = task("agent", state)
        drive(state, after(state))
        assert flaws(records, run_id) == [], moment.calls
        statuses = {answer.status for answer in answers}
        met.update(statuses)
        read = statuses != {204}
        assert ("touch second.md" in words_of_users(stack, run_id)) == read, moment.calls
        assert ("second.md" in files(stack, run_id)) == read
        return moment

    each_moment(meets)
    assert met == {204, 409}


@pytest.mark.proof
def test_an_agent_that_dies_at_any_call_leaves_each_message_read_once(stack: Stack) -> None:
    records, words = records_of(stack), ["touch first.md", "touch second.md", "touch third.md"]
    stack.project()

    def dies(number: int) -> Moment:
        run_id = stack.start(words[0])
        said(stack, run_id, words[1])
        said(stack, run_id, words[2], "followup")
        state = drive(beginning(run_id), until="agent")
        with at_call(number, die, "after") as moment:
            drive(state, "agent")
        assert flaws(records, run_id) == [], moment.calls
        assert words_of_users(stack, run_id) == transcript_of(stack, run_id) == words, moment.calls
        assert states(stack, run_id) == ["read", "read"]
        return moment

    assert each_moment(dies) > 20


@pytest.mark.proof
def test_two_messages_at_once_are_both_read(stack: Stack) -> None:
    stack.project()

    def meets(number: int) -> Moment:
        run_id = stack.start("touch first.md")
        with at_call(number, lambda: said(stack, run_id, "touch second.md")) as moment:
            said(stack, run_id, "touch third.md")
        stack.drive(run_id)
        expected = ["touch first.md", *(["touch second.md"] if moment.happened else []), "touch third.md"]
        assert sorted(words_of_users(stack, run_id)) == expected
        return moment

    assert each_moment(meets) > 2


@pytest.mark.proof
def test_a_message_that_meets_a_cancellation_is_unread_or_begins_a_new_run(stack: Stack) -> None:
    records, met = records_of(stack), set[int]()
    stack.project()

    def meets(number: int) -> Moment:
        run_id = stack.start("touch first.md")
        answers: list[Answer] = []
        with at_call(number, lambda: answers.append(say(stack, run_id, "touch second.md"))) as moment:
            assert stack.request("POST", f"/runs/{run_id}/cancel").status == 200
        stack.drive(run_id)
        assert flaws(records, run_id) == [], moment.calls
        met.update(answer.status for answer in answers)
        assert states(stack, run_id) == ["unread" for answer in answers if answer.status == 202]
        return moment

    each_moment(meets)
    assert met == {201, 202}


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_message_whose_request_died_is_said_once_when_it_is_sent_again(stack: Stack, when: When) -> None:
    records = records_of(stack)
    stack.project()

    def dies(number: int) -> Moment:
        run_id = stack.start("touch first.md")
        with at_call(number, die, when) as moment, suppress(Died):
            say(stack, run_id, "touch second.md", key="k")
        said(stack, run_id, "touch second.md", key="k")
        stack.drive(run_id)
        assert words_of_users(stack, run_id) == ["touch first.md", "touch second.md"], moment.calls
        assert flaws(records, run_id) == [], moment.calls
        return moment

    assert each_moment(dies) > 2
