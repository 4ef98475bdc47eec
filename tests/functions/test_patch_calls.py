"""Models that have `apply_patch` as a type of their own: what they are offered, what is done, and how it goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from swarm.agent.context import tokens_in
from swarm.agent.openai.patch_calls import as_function_call
from tests.provider.script import Reply, call, calls, finishes, patches
from tests.provider.server import Received
from tests.support.driving import dying_at_each_call
from tests.support.moments import Moment, When
from tests.support.provider_runs import Runs
from tests.support.story import flaws, records_of, story_of_work

MODELS = json.dumps({"test-model": {"apply_patch": True}, "plain": {}})
MADE = patches("create_file", "a.md", "+one\n+two\n")
CHANGED = patches("update_file", "a.md", "@@\n one\n-two\n+three\n")
WRONG = patches("update_file", "a.md", "@@\n-nowhere\n+x\n")
GONE = patches("delete_file", "b.md")


def test_files_are_changed_by_the_providers_own_type_and_what_failed_is_said(runs: Runs) -> None:
    writes = call("write_file", path="b.md", content="x", append=None)
    provider, stack = runs.of(calls(MADE, writes), calls(CHANGED, WRONG, GONE), finishes("Done."), MODELS=MODELS)
    run = stack.run(stack.finish("Write."))
    assert (run["status"], run["errors"], provider.faults) == ("succeeded", [], [])
    assert stack.request("GET", f"/runs/{run['id']}/workspace/files/a.md").text == "one\nthree\n"
    assert stack.request("GET", f"/runs/{run['id']}/workspace/files/b.md").status == 404
    for request in provider.requests:
        tools = request.body["tools"]
        assert {"type": "apply_patch"} in tools
        assert "apply_patch" not in [tool.get("name") for tool in tools]
    sent = provider.requests[2].body["input"]
    asked = [item["operation"] for item in sent if item["type"] == "apply_patch_call"]
    assert asked == [each["operation"] for each in (MADE, CHANGED, WRONG, GONE)]
    answers = [item["status"] for item in sent if item["type"] == "apply_patch_call_output"]
    assert answers == ["completed", "completed", "failed", "completed"]
    # What was sent before is the beginning of what is sent now.
    before = provider.requests[1].body["input"]
    assert sent[: len(before)] == before


def test_another_model_goes_on_with_them_as_calls_of_a_function(runs: Runs) -> None:
    provider, stack = runs.of(calls(MADE), finishes("Done."), finishes("Done."), MODELS=MODELS)
    begun = stack.finish("Write.")
    run = stack.run(stack.finish("Go on.", model="plain", from_run_id=begun, keep_conversation=True))
    assert (run["status"], provider.faults) == ("succeeded", [])
    last = provider.requests[-1].body
    assert "apply_patch" in [tool.get("name") for tool in last["tools"]]
    [asked] = [item for item in last["input"] if item.get("name") == "apply_patch"]
    assert json.loads(asked["arguments"])["patch"].startswith("*** Begin Patch\n*** Add File: a.md\n+one")


def test_a_patch_counts_once_in_the_context() -> None:
    sent = {**patches("create_file", "a.md", f"+{'word ' * 20}\n" * 100), "call_id": "c1"}
    assert tokens_in([as_function_call(sent)]) < 1.1 * len(json.dumps(sent)) / 4


def test_chat_completions_do_not_have_it(runs: Runs) -> None:
    providers = json.dumps({"chat": {"base_url": "http://127.0.0.1:1/v1", "api": "chat_completions"}})
    _, stack = runs.of(PROVIDERS=providers, MODELS=json.dumps({"m": {"provider": "chat", "apply_patch": True}}))
    answer = stack.request("GET", "/models")
    assert (answer.status, answer.json["code"]) == (503, "not_configured")
    assert "m has apply_patch, which chat completions do not have" in answer.json["detail"]


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"], ids=["before the call", "with its answer lost"])
def test_a_run_that_died_at_any_call_has_each_patch_once(runs: Runs, when: When) -> None:
    def answer(received: Received) -> Reply:
        done = sum("output" in item for item in received.body["input"])
        return [calls(MADE), calls(CHANGED), finishes("Done.")][done]

    provider, stack = runs.asking(answer, MODELS=MODELS)
    records = records_of(stack)

    def told(run_id: str) -> dict[str, Any]:
        file = stack.request("GET", f"/runs/{run_id}/workspace/files/a.md").text
        return {**story_of_work(records, run_id), "file": file}

    begun = stack.finish("Write.")
    expected = told(begun)
    assert (stack.run(begun)["status"], expected["file"]) == ("succeeded", "one\nthree\n")

    def check(run_id: str, moment: Moment) -> None:
        assert flaws(records, run_id) == [], moment.calls
        assert told(run_id) == expected, moment.calls

    assert dying_at_each_call(lambda: stack.start("Write."), check, when) > 10
    assert provider.faults == []
