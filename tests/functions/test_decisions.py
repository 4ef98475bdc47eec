"""What a run asks of people: it stops, costs nothing, is decided once, and goes on; whatever else happens meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from pydantic import JsonValue

from codex_swarm.models import TaskType
from swarm.agent.asking import Asking
from swarm.agent.job_calls import run_calls
from swarm.agent.model import ToolCall
from swarm.agent.tools.toolbox import Toolbox
from swarm.ids import RunKey
from swarm.lifecycle.reconciliation import GRACE, reconcile
from swarm.records.backend import area_of
from swarm.runs.own_tools import OwnTool
from swarm.runs.run import Run
from swarm.workspace.snapshot import Snapshot
from swarm.workspace.working_copy import Workspace
from tests.support.driving import beginning, drive, task, walk
from tests.support.moments import Died, Moment, When, at_call, die, each_moment
from tests.support.stack import Answer, Stack
from tests.support.story import flaws, records_of

ASKS = 'ask "Which budget?" of "1,000" or "2,000". touch second.md'
DAYS = timedelta(days=4)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def asking(stack: Stack, instructions: str = ASKS, **more: Any) -> str:
    """A run that waits for people."""
    stack.project()
    run_id = stack.start(instructions, **{"interactive": True, **more})
    assert stack.drive(run_id)[-1] == "asked"
    return run_id


def open_request(stack: Stack, run_id: str) -> Any:
    return stack.run(run_id)["waiting_for"]


def decide(stack: Stack, run_id: str, decision: str, text: str = "", request_id: str = "", **more: Any) -> Answer:
    request_id = request_id or open_request(stack, run_id)["request_id"]
    body = {"decision": decision, "text": text, **more}
    return stack.request("POST", f"/runs/{run_id}/decisions/{request_id}", body)


def go_on(stack: Stack, run_id: str, rounds: int = 1) -> list[str]:
    """Drive the execution of this round."""
    return [state["outcome"] for state in walk({**beginning(run_id), "round": rounds})]


def paths(stack: Stack, run_id: str) -> list[str]:
    return [each["path"] for each in stack.request("GET", f"/runs/{run_id}/workspace/files").json["files"]]


def told(stack: Stack, run_id: str) -> list[str]:
    events = stack.request("GET", f"/runs/{run_id}/events").json["events"]
    return [event["type"] for event in events if event["type"] in {"request", "decision"}]


def kinds(stack: Stack, run_id: str) -> Sequence[str]:
    return [kind for _, kind, _ in records_of(stack).slots(run_id)]


def test_a_question_stops_the_run_until_it_is_answered(stack: Stack) -> None:
    run_id = asking(stack)
    run = stack.run(run_id)
    waits = run["waiting_for"]
    assert (run["status"], waits["kind"], waits["question"]) == ("running", "question", "Which budget?")
    assert waits["options"] == ["1,000", "2,000"]
    assert [each["id"] for each in stack.request("GET", "/runs?waiting=true").json] == [run_id]
    assert stack.request("GET", "/runs?waiting=false").json == []
    assert paths(stack, run_id) == []
    answer = decide(stack, run_id, "answer", "3,000", decided_by="Maria")
    assert answer.status == 200, answer.text
    assert answer.json["waiting_for"] is None
    assert go_on(stack, run_id)[-1] == "ended"
    ended = stack.run(run_id)
    assert ended["status"] == "succeeded"
    assert paths(stack, run_id) == ["second.md"]
    (decided,) = ended["requests"]
    assert (decided["decision"], decided["text"], decided["decided_by"]) == ("answer", "3,000", "Maria")
    steps = stack.request("GET", f"/runs/{run_id}/steps").json
    assert "answered by Maria: 3,000" in [step["content"] for step in steps]
    assert told(stack, run_id) == ["request", "decision"]
    assert stack.request("GET", "/runs?waiting=true").json == []
    assert flaws(records_of(stack), run_id) == []


def test_a_run_that_waits_has_no_execution_and_counts_for_nothing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = asking(stack)
    assert run_id not in records_of(stack).counted()
    assert decide(stack, run_id, "answer", "3,000").status == 200
    assert run_id in records_of(stack).counted()
    key = stack.backend.runs.current("tenant-a", run_id).key
    assert stack.backend.executions.find(key, 1)
    assert go_on(stack, run_id)[-1] == "ended"
    assert run_id not in records_of(stack).counted()


def test_the_project_of_a_run_that_waits_is_in_use_and_so_is_the_run(stack: Stack) -> None:
    run_id = asking(stack)
    assert stack.request("DELETE", "/projects/p1").json["code"] == "project_in_use"
    assert stack.request("DELETE", f"/runs/{run_id}").status == 409
    assert stack.request("POST", f"/runs/{run_id}/cancel").status == 200
    assert decide(stack, run_id, "answer", "x", stack.run(run_id)["requests"][0]["request_id"]).status == 409
    assert flaws(records_of(stack), run_id) == []
    assert stack.request("DELETE", "/projects/p1").status == 202


def test_what_was_decided_is_decided_once(stack: Stack) -> None:
    run_id = asking(stack)
    request_id = open_request(stack, run_id)["request_id"]
    assert decide(stack, run_id, "answer", "3,000", decided_by="Maria").status == 200
    again = decide(stack, run_id, "answer", "4,000", request_id)
    assert (again.status, again.json["code"]) == (409, "already_decided")
    assert "Maria" in again.json["detail"]
    go_on(stack, run_id)
    assert decide(stack, run_id, "answer", "4,000", request_id).json["code"] == "already_decided"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"decision": "approve"}, 400, id="a question is not approved"),
        pytest.param({"decision": "answer", "text": " "}, 400, id="blank"),
        pytest.param({"decision": "maybe"}, 422, id="unknown decision"),
        pytest.param({"decision": "answer", "text": "x" * 4_001}, 422, id="too long"),
        pytest.param({"decision": "answer", "text": "x", "who": "me"}, 422, id="unknown field"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_leaves_nothing(stack: Stack, body: object, status: int) -> None:
    run_id = asking(stack)
    before = stack.run(run_id)
    request_id = before["waiting_for"]["request_id"]
    assert stack.request("POST", f"/runs/{run_id}/decisions/{request_id}", body).status == status
    assert stack.run(run_id) == before


def test_another_tenant_decides_nothing_and_nobody_decides_what_was_not_asked(stack: Stack) -> None:
    run_id = asking(stack)
    request_id = open_request(stack, run_id)["request_id"]
    path, body = f"/runs/{run_id}/decisions/{request_id}", {"decision": "answer", "text": "x"}
    unknown = stack.request("POST", f"/runs/{'0' * 32}/decisions/{request_id}", body, tenant="tenant-b")
    refused = stack.request("POST", path, body, tenant="tenant-b")
    assert (refused.status, refused.json["code"]) == (unknown.status, unknown.json["code"]) == (404, "run_not_found")
    assert decide(stack, run_id, "answer", "x", "0" * 32).json["code"] == "request_not_found"


@pytest.mark.parametrize(
    ("instructions", "approval", "proposal"),
    [
        pytest.param("touch a.md. delete a.md", "delete_file", {"path": "a.md"}, id="delete_file"),
        pytest.param("touch a.md", "finish", {"summary": "Done: create a.md."}, id="finish"),
        pytest.param("touch a.md", "plan", {"path": "a.md", "content": ""}, id="a first change without a plan"),
    ],
)
@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_the_agent_stops_before_what_has_to_be_approved(
    stack: Stack, instructions: str, approval: str, proposal: dict[str, str], decision: str
) -> None:
    run_id = asking(stack, instructions, require_approval=[approval], interactive=False)
    waits = open_request(stack, run_id)
    assert (waits["kind"], waits["name"]) == ("approval", approval)
    assert {name: waits["proposal"][name] for name in proposal} == proposal
    assert ("a.md" in paths(stack, run_id)) == (approval != "plan")
    assert decide(stack, run_id, decision, "as said").status == 200
    outcome = go_on(stack, run_id)[-1]
    if decision == "deny" and approval == "finish":
        # The offline model has nothing else to do, and says again that it is done.
        assert outcome == "asked"
        return
    assert stack.run(run_id)["status"] == "succeeded"
    assert ("a.md" in paths(stack, run_id)) == ((approval == "delete_file") == (decision == "deny"))


def test_code_in_a_document_is_approved_as_a_command_is(stack: Stack) -> None:
    run_id = asking(stack, "touch a.md. execute a.md", require_approval=["run_command"], interactive=False)
    waits = open_request(stack, run_id)
    assert (waits["name"], waits["proposal"]["path"]) == ("run_command", "a.md")
    assert decide(stack, run_id, "deny", "not now").status == 200
    go_on(stack, run_id)
    assert stack.run(run_id)["status"] == "succeeded"
    assert "Not done: run the code in a.md" in stack.run(run_id)["closing_words"]


def test_a_plan_is_approved_before_anything_is_done_and_not_again_for_its_progress(stack: Stack) -> None:
    run_id = asking(stack, "touch a.md. touch b.md. touch c.md", require_approval=["plan"])
    waits = open_request(stack, run_id)
    assert [step["title"] for step in waits["proposal"]["steps"]] == ["create a.md", "create b.md", "create c.md"]
    assert paths(stack, run_id) == []
    assert decide(stack, run_id, "approve").status == 200
    assert go_on(stack, run_id)[-1] == "ended"
    assert paths(stack, run_id) == ["a.md", "b.md", "c.md"]


TERM: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"term": {"type": "string"}},
    "required": ["term"],
}
LOOK_UP = {"name": "look_up", "description": "Looks a term up.", "parameters": TERM}
CALLS = 'call `look_up {"term": "budget"}`. touch second.md'


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        pytest.param({"output": {"sum": 4_200}}, '{"sum": 4200}', id="any JSON"),
        pytest.param({"output": "4,200"}, "4,200", id="a text"),
        pytest.param({"output": "x" * 30_000}, "x" * 1_000, id="a long text"),
        pytest.param({"error": "no such term"}, "no such term", id="an error"),
        pytest.param({"decision": "output", "text": "4,200"}, "4,200", id="in words"),
    ],
)
def test_a_tool_of_the_application_is_called_and_its_output_goes_to_the_agent(
    stack: Stack, body: dict[str, Any], shown: str
) -> None:
    run_id = asking(stack, CALLS, tools=[LOOK_UP], interactive=False)
    waits = open_request(stack, run_id)
    assert (waits["kind"], waits["name"], waits["arguments"]) == ("tool", "look_up", {"term": "budget"})
    path = f"/runs/{run_id}/decisions/{waits['request_id']}"
    answered = stack.request("POST", path, body)
    assert answered.status == 200, answered.text
    assert go_on(stack, run_id)[-1] == "ended"
    steps = stack.request("GET", f"/runs/{run_id}/steps").json
    (step,) = [step for step in steps if step["tool_name"] == "look_up"]
    assert shown in step["content"]
    assert step["outcome_ok"] == ("error" not in body)
    assert "second.md" in paths(stack, run_id)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"output": 1, "error": "x"}, id="both"),
        pytest.param({"error": " "}, id="blank"),
        pytest.param({"decision": "approve"}, id="approved"),
        pytest.param({"decision": "answer", "text": "x"}, id="answered"),
    ],
)
def test_what_is_no_output_of_a_tool_is_refused(stack: Stack, body: object) -> None:
    run_id = asking(stack, CALLS, tools=[LOOK_UP])
    path = f"/runs/{run_id}/decisions/{open_request(stack, run_id)['request_id']}"
    assert stack.request("POST", path, body).json["code"] == "invalid_request"
    assert open_request(stack, run_id)
    too_long = stack.request("POST", path, {"output": "x" * 30_001})
    assert (too_long.status, too_long.json["code"]) == (413, "too_large")


def test_arguments_that_do_not_fit_the_schema_go_back_to_the_agent_and_not_to_the_application(stack: Stack) -> None:
    stack.project()
    run_id = stack.start('call `look_up {"term": 1}`', tools=[LOOK_UP])
    assert stack.drive(run_id)[-1] == "ended"
    (step,) = [each for each in stack.request("GET", f"/runs/{run_id}/steps").json if each["tool_name"] == "look_up"]
    assert "$.term: has to be string" in step["content"]


@pytest.mark.parametrize(
    ("tools", "status"),
    [
        pytest.param([{**LOOK_UP, "name": "write_file"}], 400, id="one of ours"),
        pytest.param([{**LOOK_UP, "name": "ask_user"}], 400, id="one of ours that this run has not"),
        pytest.param([{**LOOK_UP, "name": "Write-File"}], 400, id="one that looks like ours"),
        pytest.param([LOOK_UP, LOOK_UP], 400, id="twice"),
        pytest.param([{**LOOK_UP, "parameters": {"type": "string"}}], 400, id="no object"),
        pytest.param([{**LOOK_UP, "parameters": {"type": "object", "oneOf": []}}], 400, id="unsupported schema"),
        pytest.param([{**LOOK_UP, "name": "a b"}], 422, id="no name"),
        pytest.param([{**LOOK_UP, "name": f"t{number}"} for number in range(17)], 422, id="too many"),
        pytest.param(
            [
                {**LOOK_UP, "name": f"t{number}", "parameters": {"type": "object", "description": "x" * 9_000}}
                for number in range(4)
            ],
            400,
            id="too large together",
        ),
    ],
)
def test_tools_that_cannot_be_offered_are_refused(stack: Stack, tools: object, status: int) -> None:
    stack.project()
    body = {"instructions": CALLS, "tools": tools}
    assert stack.request("POST", "/projects/p1/runs", body).status == status
    assert stack.request("GET", "/runs").json == []


def test_several_calls_of_one_turn_wait_at_once(stack: Stack) -> None:
    run = Run(
        key=RunKey(tenant_id="tenant-a", project_id="p1", run_id="0" * 32),
        name="",
        task_type=TaskType.CODE,
        instructions="",
        created_at=NOW,
    )
    box = Toolbox([], [OwnTool(name="look_up", description="x", parameters=TERM)])
    calls = [ToolCall(f"c{number}", "look_up", '{"term": "a"}') for number in range(6)]
    asking_for = Asking(run, NOW, stack.backend.objects)
    done = run_calls(box, calls, Workspace(Snapshot(), stack.backend.objects, area_of(run.key)), asking=asking_for)
    assert [request.call_id for request in done.requests] == ["c0", "c1", "c2", "c3", "c4"]
    assert "at most 5" in done.results[0].output


def test_what_is_said_while_the_run_waits_is_read_when_it_goes_on(stack: Stack) -> None:
    run_id = asking(stack)
    assert stack.request("POST", f"/runs/{run_id}/messages", {"text": "touch third.md"}).status == 202
    assert open_request(stack, run_id)
    decide(stack, run_id, "answer", "x")
    go_on(stack, run_id)
    assert "third.md" in paths(stack, run_id)


def test_a_run_that_goes_on_from_one_with_approvals_has_them_too(stack: Stack) -> None:
    run_id = asking(stack)
    decide(stack, run_id, "answer", "x")
    go_on(stack, run_id)
    following = stack.request("POST", f"/runs/{run_id}/messages", {"text": "touch third.md"}).json
    assert following["interactive"] is True


@pytest.mark.parametrize("default", [None, "1,000"])
def test_the_deadline_takes_the_default_or_ends_the_run_and_skips_nothing(stack: Stack, default: str | None) -> None:
    instructions = ASKS.replace('"2,000".', f'"2,000", by default "{default}".') if default else ASKS
    run_id = asking(stack, instructions)
    now = datetime.now(UTC)
    assert reconcile(stack.backend, now + timedelta(days=2)).decided == 0
    assert open_request(stack, run_id)["default"] == default
    assert reconcile(stack.backend, now + DAYS).decided == 1
    if default is None:
        run = stack.run(run_id)
        assert (run["status"], run["errors"][0]["error_type"]) == ("failed", "not_decided")
        assert paths(stack, run_id) == []
    else:
        assert go_on(stack, run_id)[-1] == "ended"
        run = stack.run(run_id)
        assert (run["status"], run["requests"][0]["decided_by"]) == ("succeeded", "deadline")
    assert flaws(records_of(stack), run_id) == []


def test_the_time_that_a_run_waits_is_no_limits(stack: Stack) -> None:
    run_id = asking(stack, f"{ASKS}", limits={"timeout_seconds": 60})
    later = datetime.now(UTC) + timedelta(days=1)
    run = stack.backend.runs.current("tenant-a", run_id)
    request_id = open_request(stack, run_id)["request_id"]
    assert decide(stack, run_id, "answer", "x").status == 200
    after = stack.backend.runs.current("tenant-a", run_id)
    assert request_id
    assert after.waited_seconds >= 0.0 == run.waited_seconds
    assert after.work_began is not None
    assert after.started_at is not None
    assert (after.work_began - after.started_at).total_seconds() == pytest.approx(after.waited_seconds, abs=0.001)
    assert later > after.started_at


def test_what_is_left_of_an_earlier_execution_does_nothing_to_a_run_that_went_on(stack: Stack) -> None:
    run_id = asking(stack)
    decide(stack, run_id, "answer", "x")
    before = kinds(stack, run_id)
    assert task("agent", beginning(run_id))["outcome"] == "ended"
    assert task("fail", {**beginning(run_id), "error": {"Error": "States.Timeout", "Cause": ""}})["outcome"] == "ended"
    assert kinds(stack, run_id) == before
    assert go_on(stack, run_id)[-1] == "ended"


def test_a_run_that_was_to_go_on_and_was_not_started_is_started(stack: Stack) -> None:
    run_id = asking(stack)

    def dies(number: int) -> Moment:
        request_id = stack.run(run_id)["requests"][0]["request_id"]
        with at_call(number, die) as moment, suppress(Died):
            decide(stack, run_id, "answer", "x", request_id)
        return moment

    number = 0
    while "decided" not in kinds(stack, run_id):
        dies(number)
        number += 1
    key = stack.backend.runs.current("tenant-a", run_id).key
    reconcile(stack.backend, datetime.now(UTC) + GRACE)
    assert stack.backend.executions.find(key, 1)
    assert go_on(stack, run_id)[-1] == "ended"


class Asked(NamedTuple):
    """A run that stops for somebody, and what lets it go on; it leaves `second.md` and nothing else."""

    instructions: str
    more: dict[str, Any]
    body: dict[str, Any]

    def start(self, stack: Stack) -> str:
        return stack.start(self.instructions, **self.more)

    def decide(self, stack: Stack, run_id: str, request_id: str = "") -> Answer:
        request_id = request_id or open_request(stack, run_id)["request_id"]
        return stack.request("POST", f"/runs/{run_id}/decisions/{request_id}", self.body)


KINDS = {
    "question": Asked(ASKS, {"interactive": True}, {"decision": "answer", "text": "x"}),
    "approval": Asked(
        "touch a.md. touch second.md. delete a.md", {"require_approval": ["delete_file"]}, {"decision": "approve"}
    ),
    "tool": Asked(CALLS, {"tools": [LOOK_UP]}, {"output": "4,200"}),
}
of_each_kind = pytest.mark.parametrize("asked", KINDS.values(), ids=KINDS)


@pytest.mark.proof
@of_each_kind
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_agent_that_dies_at_any_call_asks_once_and_goes_on_once(stack: Stack, asked: Asked, when: When) -> None:
    records = records_of(stack)
    stack.project()

    def dies(number: int) -> Moment:
        run_id = asked.start(stack)
        state = drive(beginning(run_id), until="agent")
        with at_call(number, die, when) as moment:
            drive(state, "agent")
        assert told(stack, run_id) == ["request"], moment.calls
        assert run_id not in records.counted(), moment.calls
        assert asked.decide(stack, run_id).status == 200
        with at_call(number, die, when) as second:
            drive({**beginning(run_id), "round": 1}, "agent")
        assert flaws(records, run_id) == [], (moment.calls, second.calls)
        assert told(stack, run_id) == ["request", "decision"]
        assert paths(stack, run_id) == ["second.md"]
        return moment if moment.happened else second

    assert each_moment(dies) > 15


@pytest.mark.proof
@of_each_kind
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_decision_whose_request_died_at_any_call_counts_once(stack: Stack, asked: Asked, when: When) -> None:
    records = records_of(stack)
    stack.project()

    def dies(number: int) -> Moment:
        run_id = asked.start(stack)
        stack.drive(run_id)
        request_id = open_request(stack, run_id)["request_id"]
        with at_call(number, die, when) as moment, suppress(Died):
            asked.decide(stack, run_id, request_id)
        again = asked.decide(stack, run_id, request_id)
        assert again.status in {200, 409}, again.text
        reconcile(stack.backend, datetime.now(UTC) + GRACE)
        key = stack.backend.runs.current("tenant-a", run_id).key
        assert stack.backend.executions.find(key, 1), moment.calls
        assert run_id in records.counted(), moment.calls
        go_on(stack, run_id)
        assert flaws(records, run_id) == [], moment.calls
        assert told(stack, run_id) == ["request", "decision"], moment.calls
        return moment

    assert each_moment(dies) > 4


@pytest.mark.proof
@of_each_kind
@pytest.mark.parametrize("other", ["decision", "cancellation", "deadline"])
def test_a_decision_that_meets_something_else_at_any_call_is_one_of_the_two(
    stack: Stack, asked: Asked, other: str
) -> None:
    records = records_of(stack)
    stack.project()

    def meets(number: int) -> Moment:
        run_id = asked.start(stack)
        stack.drive(run_id)
        request_id = open_request(stack, run_id)["request_id"]
        answers: list[int] = []

        def act() -> None:
            if other == "decision":
                answers.append(asked.decide(stack, run_id, request_id).status)
            elif other == "cancellation":
                answers.append(stack.request("POST", f"/runs/{run_id}/cancel").status)
            else:
                answers.append(reconcile(stack.backend, datetime.now(UTC) + DAYS).decided)

        with at_call(number, act) as moment:
            mine = asked.decide(stack, run_id, request_id)
        go_on(stack, run_id)
        decisions = told(stack, run_id).count("decision")
        if other == "decision":
            assert decisions == 1, moment.calls
            assert not moment.happened or sorted([mine.status, *answers]) == [200, 409], moment.calls
        else:
            assert decisions == (mine.status == 200), moment.calls
            assert mine.status in {200, 409}, mine.text
        assert flaws(records, run_id) == [], moment.calls
        return moment

    assert each_moment(meets) > 3
