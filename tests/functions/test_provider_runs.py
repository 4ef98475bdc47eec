"""Runs against a provider that speaks the Responses API: what it is sent, and what becomes of whatever it answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from codex_swarm.models import TaskType
from swarm.runs.error_types import ErrorType
from swarm.tasks import TASKS
from tests.provider.script import (
    Reply,
    call,
    calls,
    cut,
    error,
    failed,
    finishes,
    hangs_up,
    incomplete,
    not_json,
    rate_limited,
    raw_call,
    refuses,
    says,
)
from tests.provider.server import Received, ScriptedProvider
from tests.support.provider_runs import Runs
from tests.support.stack import stack as deployed

WRITES = calls(call("write_file", path="hello.md", content="# Hello\n"))
DONE = finishes("Wrote hello.md.")
INSTRUCTIONS = "Write a greeting."


def asked(provider: ScriptedProvider) -> list[Any]:
    """The bodies that were sent; none of them broke the API's rules."""
    assert provider.faults == []
    return [request.body for request in provider.requests]


def outputs(body: Any) -> dict[str, str]:
    """What the model was told of its calls, by call id."""
    return {item["call_id"]: item["output"] for item in body["input"] if item["type"] == "function_call_output"}


def test_a_run_writes_its_file_and_says_what_it_used(runs: Runs) -> None:
    _, stack = runs.of(WRITES, DONE)
    run = stack.run(stack.finish(INSTRUCTIONS))
    assert (run["status"], run["progress"], run["had_errors"]) == ("succeeded", 100, False)
    assert run["machine_summary"]["primary_artifact"] == "hello.md"
    assert "offline" not in (run["machine_summary"]["notes"] or "")
    used = {name: value for name, value in run["usage"].items() if name != "seconds"}
    assert used == {
        "model_calls": 2,
        "input_tokens": 200,
        "cached_tokens": 80,
        "output_tokens": 40,
        "reasoning_tokens": 10,
        "tool_calls": 2,
        "hosted_tool_calls": 0,
        "cost_usd": None,
    }
    assert stack.request("GET", f"/runs/{run['id']}/workspace/files/hello.md").text == "# Hello\n"


def test_what_the_provider_is_sent(runs: Runs) -> None:
    provider, stack = runs.of(WRITES, DONE)
    run = stack.run(stack.finish(INSTRUCTIONS, task_type="writing"))
    first, second = asked(provider)
    assert provider.requests[0].headers["authorization"] == f"Bearer {provider.api_key}"
    for body in (first, second):
        assert (body["model"], body["store"], body["prompt_cache_key"]) == ("test-model", False, run["id"])
        assert body["include"] == ["reasoning.encrypted_content"]
        assert run["system_instructions"] == f"{body['instructions']}\n\n{INSTRUCTIONS}"
        assert [tool["name"] for tool in body["tools"]] == [*TASKS[TaskType.WRITING].tools, "delegate"]
        assert all(tool["strict"] and not tool["parameters"]["additionalProperties"] for tool in body["tools"])
    assert first["input"] == [{"type": "message", "role": "user", "content": INSTRUCTIONS}]
    # What came before is sent again as it was, so that the provider's cache has it, and then what is new.
    assert second["input"][:1] == first["input"]
    reasoning, asked_for, answer = second["input"][1:]
    assert reasoning == {"type": "reasoning", "summary": [], "encrypted_content": "gAAAA-1_0"}
    assert (asked_for["type"], asked_for["name"]) == ("function_call", "write_file")
    assert (answer["type"], answer["call_id"]) == ("function_call_output", asked_for["call_id"])


def test_calls_of_one_turn_are_done_in_order_and_each_is_answered(runs: Runs) -> None:
    provider, stack = runs.of(
        calls(
            call("write_file", path="a.md", content="one"),
            call("edit_file", path="a.md", old_text="one", new_text="two"),
            call("read_file", path="a.md", start_line=None, end_line=None),
        ),
        DONE,
    )
    run = stack.run(stack.finish(INSTRUCTIONS))
    assert run["status"] == "succeeded"
    assert stack.request("GET", f"/runs/{run['id']}/workspace/files/a.md").text == "two"
    told = outputs(asked(provider)[1])
    assert list(told) == ["call_1_1", "call_1_2", "call_1_3"]
    assert "two" in told["call_1_3"]


WRONG_CALLS = {
    "malformed arguments": (raw_call("write_file", '{"path": "a.md", "cont'), "JSON"),
    "arguments that are no object": (raw_call("write_file", '["a.md"]'), "object"),
    "missing argument": (call("write_file", path="a.md"), "content"),
    "unknown tool": (call("launch_rocket", to="moon"), "launch_rocket"),
    "path that leaves": (call("write_file", path="../a.md", content="x"), "relative path"),
    "file that is not there": (call("read_file", path="no.md", start_line=None, end_line=None), "no.md"),
}


def test_a_bad_call_is_the_models_to_mend(runs: Runs, subtests: pytest.Subtests) -> None:
    provider, stack = runs.of(calls(*(wrong for wrong, _ in WRONG_CALLS.values())), WRITES, DONE)
    run = stack.run(stack.finish(INSTRUCTIONS))
    assert (run["status"], run["errors"]) == ("succeeded", [])
    steps = [each for each in stack.request("GET", f"/runs/{run['id']}/steps").json if each["role"] == "tool"]
    told = outputs(asked(provider)[1]).values()
    for (what, (_, says_so)), output, step in zip(WRONG_CALLS.items(), told, steps, strict=False):
        with subtests.test(what):
            assert says_so in output
            assert step["outcome_ok"] is False
    assert len(told) == len(WRONG_CALLS) == len(steps) - 1


def test_a_text_without_a_call_ends_the_run(runs: Runs) -> None:
    _, stack = runs.of(says("There is nothing to do."))
    run = stack.run(stack.finish(INSTRUCTIONS))
    assert (run["status"], run["machine_summary"]["primary_artifact"]) == ("succeeded", None)
    assert run["closing_words"] == "There is nothing to do."


def test_what_nobody_changed_is_no_result(runs: Runs) -> None:
    _, stack = runs.of(finishes("I could not convert it."), DONE, WRITES, DONE, finishes("All is said."))
    given = stack.run(stack.finish("Convert old.docx to PDF", files=[{"path": "old.docx", "content": "x"}]))
    assert (given["status"], given["machine_summary"]["primary_artifact"]) == ("succeeded", None)
    assert given["closing_words"] == "I could not convert it."
    again = stack.run(stack.finish("Try again", from_run_id=given["id"]))
    assert again["machine_summary"]["primary_artifact"] is None
    # What an earlier run made is a result, also where nothing has to be done to it.
    made = stack.finish(INSTRUCTIONS)
    assert stack.run(stack.finish("Is it good?", from_run_id=made))["machine_summary"]["primary_artifact"] == "hello.md"


CUT_OFF = replace(WRITES, fields={"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}})


def test_an_answer_that_was_cut_off_is_not_done_and_the_run_goes_on(runs: Runs) -> None:
    provider, stack = runs.of(CUT_OFF, CUT_OFF, WRITES, CUT_OFF, DONE)
    run = stack.run(stack.finish(INSTRUCTIONS))
    assert (run["status"], run["usage"]["model_calls"], run["usage"]["tool_calls"]) == ("succeeded", 5, 2)
    second = asked(provider)[1]["input"]
    assert [item["role"] for item in second] == ["user", "user"]
    assert "cut off" in second[1]["content"]


def test_a_model_that_is_always_cut_off_ends_the_run_which_can_be_resumed(runs: Runs) -> None:
    _, stack = runs.of(WRITES, *[CUT_OFF] * 4, DONE)
    run = stack.run(stack.finish(INSTRUCTIONS))
    [told] = run["errors"]
    assert (told["error_type"], "max_output_tokens" in told["message"]) == (ErrorType.INCOMPLETE, True)
    resumed = stack.request("POST", f"/runs/{run['id']}/resume", {}).json["id"]
    stack.drive(resumed)
    assert stack.run(resumed)["status"] == "succeeded"


LASTING = [
    pytest.param(refuses("I cannot help with that."), ErrorType.CONTENT, "I cannot help", id="refusal"),
    pytest.param(incomplete("content_filter"), ErrorType.CONTENT, "content", id="content filter"),
    pytest.param(failed("invalid_prompt", "Flagged"), ErrorType.CONTENT, "Flagged", id="failed response"),
    pytest.param(error(401, "invalid_api_key", "Incorrect"), ErrorType.AUTHENTICATION, "API key", id="401"),
    pytest.param(error(404, "model_not_found", "No such model"), ErrorType.PROVIDER_REQUEST, "model", id="404"),
    pytest.param(error(429, "insufficient_quota", "Pay"), ErrorType.QUOTA, "quota", id="quota"),
]


@pytest.mark.parametrize(("reply", "kind", "says_so"), LASTING)
def test_what_will_not_pass_ends_the_run_and_keeps_its_files(
    runs: Runs, reply: Reply, kind: ErrorType, says_so: str
) -> None:
    provider, stack = runs.of(WRITES, reply)
    run = stack.run(stack.finish(INSTRUCTIONS))
    assert (run["status"], run["progress"], run["had_errors"]) == ("failed", 100, True)
    [told] = run["errors"]
    assert (told["step"], told["tool"], told["error_type"], told["retryable"]) == ("agent", "model", kind, False)
    assert says_so in told["message"]
    assert told["suggestion"]
    assert provider.api_key not in json.dumps(run)
    assert run["machine_summary"]["reason_for_failure"] == kind
    assert run["machine_summary"]["primary_artifact"] == "hello.md"
    assert len(asked(provider)) == 2


PASSING = [
    rate_limited(retry_after="0"),
    error(500, "server_error", "Oops", retry_after="0"),
    hangs_up(),
    cut(says("So f"), at=40),
    not_json(),
]


def test_what_passes_is_not_seen_in_the_run(runs: Runs) -> None:
    turns = [WRITES] * (len(PASSING) - 1) + [DONE]
    provider, stack = runs.of(*(each for turn in zip(PASSING, turns, strict=True) for each in turn))
    run = stack.run(stack.finish(INSTRUCTIONS))
    assert (run["status"], run["errors"], run["usage"]["model_calls"]) == ("succeeded", [], len(turns))
    bodies = asked(provider)
    assert bodies[::2] == bodies[1::2]


def test_a_long_wait_is_left_to_the_state_machine(runs: Runs) -> None:
    _, stack = runs.of(WRITES, rate_limited(retry_after="3000"), DONE)
    stack.project()
    run_id = stack.start(INSTRUCTIONS)
    assert stack.drive(run_id) == ["ready", "wait", "ended"]
    assert "waiting_for_provider" in stack.request("GET", f"/runs/{run_id}/stream").text
    assert stack.run(run_id)["status"] == "succeeded"


def test_without_key_and_offline_mode_a_run_is_refused_by_the_settings_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(monkeypatch, CROSS_RUN_FAKE_SWARM="") as stack:
        stack.project()
        body = {"project_id": "p1", "name": "n", "instructions": INSTRUCTIONS}
        answer = stack.request("POST", "/projects/p1/runs", body)
        assert (answer.status, answer.json["code"]) == (503, "not_configured")
        assert "OPENAI_API_KEY" in answer.json["detail"]
        assert stack.request("GET", "/runs").json == []


def test_what_is_said_is_read_behind_the_answers_and_the_conversation_goes_on_in_a_new_run(runs: Runs) -> None:
    replies = iter([WRITES, DONE, finishes("Made it shorter."), DONE])
    said: list[int] = []

    def say(text: str) -> Any:
        run_id = stack.request("GET", "/runs?project_id=p1&limit=1").json[0]["id"]
        answer = stack.request("POST", f"/runs/{run_id}/messages", {"text": text})
        said.append(answer.status)
        return answer.json

    def reply(_: Received) -> Reply:
        if not said:
            say("Shorter.")
        return next(replies)

    provider, stack = runs.asking(reply)
    run = stack.run(stack.finish(INSTRUCTIONS))
    following = say("And add the budget.")
    stack.drive(following["id"])
    assert said == [202, 201]
    first, second, third = asked(provider)
    assert run["messages"][0]["state"] == "read"
    assert [item["type"] for item in second["input"]] == [
        "message",
        "reasoning",
        "function_call",
        "function_call_output",
        "message",
    ]
    assert second["input"][-1]["content"] == "Shorter."
    # In one run and from run to run, a request begins with the one before.
    assert second["input"][: len(first["input"])] == first["input"]
    assert third["input"][: len(second["input"])] == second["input"]
    assert third["input"][-1] == {"type": "message", "role": "user", "content": "And add the budget."}
