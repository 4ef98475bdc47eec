"""Long conversations that the provider shortens itself, and how they go on where it cannot, or with another model."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from swarm.agent.context import ASK_FOR_HANDOVER, COMPACTED, tokens_in
from swarm.aws import clients
from tests.provider.script import Reply, call, calls, compacts, error, finishes, outputs, says
from tests.provider.server import Received
from tests.support.driving import dying_at_each_call
from tests.support.moments import Moment, When
from tests.support.provider_runs import Runs
from tests.support.story import flaws, records_of, story_of_work

CONTEXT = 30_000
MODEL = {"context": CONTEXT, "compaction": True}
MODELS = json.dumps({"test-model": MODEL})
INSTRUCTIONS = "Write a book."


def writes(number: int, words: int = 3) -> Reply:
    return calls(call("write_file", path=f"{number}.md", content=f"Part {number}. " + "word " * words, append=None))


def items_of(received: Received) -> Any:
    return received.body["input"]


def refusing(
    what: Callable[[Received], bool], reply: Reply, script: Iterable[Reply]
) -> tuple[list[Received], Callable[[Received], Reply]]:
    """A provider that refuses some requests in its own way; and those requests."""
    refused: list[Received] = []
    replies = iter(script)

    def answer(received: Received) -> Reply:
        if what(received):
            refused.append(received)
            return reply
        return next(replies)

    return refused, answer


def test_the_providers_compaction_is_carried_and_what_it_replaces_is_not_sent_again(runs: Runs) -> None:
    provider, stack = runs.of(writes(1), writes(2), compacts(writes(3)), writes(4), finishes("Done."), MODELS=MODELS)
    run = stack.run(stack.finish(INSTRUCTIONS))
    assert (run["status"], run["errors"], provider.faults) == ("succeeded", [], [])
    bodies = [request.body for request in provider.requests]
    threshold = int(COMPACTED * CONTEXT)
    asked_for = [{"type": "compaction", "compact_threshold": threshold}]
    assert all((body["context_management"], body["store"]) == (asked_for, False) for body in bodies)
    kinds = [[item["type"] for item in body["input"]] for body in bodies]
    turn = ["reasoning", "function_call", "function_call_output"]
    assert kinds[2:] == [
        ["message", *turn, *turn],
        ["message", "compaction", *turn],
        ["message", "compaction", *turn, *turn],
    ]
    assert bodies[3]["input"][0]["content"] == INSTRUCTIONS
    # Behind it, too, each request is the one before and what is new.
    assert bodies[4]["input"][:5] == bodies[3]["input"]
    # For people the transcript is whole.
    transcript = stack.request("GET", f"/runs/{run['id']}/artifacts").json
    [link] = [each["id"] for each in transcript if each["kind"] == "codex-jsonl"]
    lines = stack.request("GET", f"/runs/{run['id']}/artifacts/{link}/download").text.splitlines()
    assert [json.loads(line)["name"] for line in lines if '"function_call"' in line] == ["write_file"] * 4 + ["finish"]


def long_task(refusal: Reply | None = None) -> Callable[[Received], Reply]:
    """A provider that knows of no compaction, and perhaps refuses to be asked for one; its model hands over."""
    replies = iter([*(writes(number, 2_500) for number in range(10)), finishes("Done.")])

    def answer(received: Received) -> Reply:
        items = items_of(received)
        if refusal is not None and "context_management" in received.body:
            return refusal
        if tokens_in(items) > CONTEXT:
            return error(400, "context_length_exceeded", "Too long")
        return says("Parts are written.") if items[-1].get("content") == ASK_FOR_HANDOVER else next(replies)

    return answer


@pytest.mark.parametrize(
    ("refusal", "refused"),
    [
        pytest.param(error(400, None, "Unknown parameter: 'context_management'."), 1, id="refused by the API"),
        pytest.param(error(422, None, "context_management: Extra inputs are not permitted"), 1, id="by a framework"),
        pytest.param(None, 0, id="taken, and nothing is done"),
    ],
)
def test_where_the_server_does_not_compact_the_model_hands_over(
    runs: Runs, refusal: Reply | None, refused: int
) -> None:
    provider, stack = runs.asking(long_task(refusal), MODELS=MODELS)
    run = stack.run(stack.finish(INSTRUCTIONS))
    assert (run["status"], run["errors"], provider.faults) == ("succeeded", [], [])
    handovers = sum(items_of(each)[-1].get("content") == ASK_FOR_HANDOVER for each in provider.requests)
    assert handovers >= 1
    assert len(provider.requests) == 11 + handovers + refused
    assert max(tokens_in(items_of(each)) for each in provider.requests) < CONTEXT


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(error(400, "invalid_encrypted_content", "It could not be verified."), id="another key"),
        pytest.param(error(400, None, "Invalid value: 'compaction' for 'input[1].type'."), id="an older server"),
        pytest.param(error(422, None, "tag 'compaction' found using 'type' does not match"), id="another server"),
    ],
)
def test_a_server_that_cannot_take_the_item_is_sent_what_it_replaced(runs: Runs, refusal: Reply) -> None:
    script = [writes(1), compacts(writes(2)), finishes("Done."), finishes("Done again.")]
    broken: list[int] = []
    refused, answer = refusing(
        lambda it: bool(broken) and any(item["type"] == "compaction" for item in items_of(it)), refusal, script
    )
    provider, stack = runs.asking(answer, MODELS=MODELS)
    first = stack.finish(INSTRUCTIONS)
    broken.append(1)
    following = stack.request("POST", f"/runs/{first}/messages", {"text": "Shorter."}).json["id"]
    stack.drive(following)
    run = stack.run(following)
    assert (run["status"], run["errors"], provider.faults, len(refused)) == ("succeeded", [], [], 1)
    sent = items_of(provider.requests[-1])
    assert [json.loads(item["arguments"])["path"] for item in sent if item.get("name") == "write_file"] == [
        "1.md",
        "2.md",
    ]


def test_what_goes_on_with_the_same_model_carries_it_and_with_another_model_what_it_replaced(runs: Runs) -> None:
    second = runs.further(lambda _: says("done"), "sk-second")
    first, stack = runs.of(
        writes(1),
        compacts(writes(2)),
        *[finishes("Done.")] * 3,
        MODELS=json.dumps({"one": MODEL, "two": {}, "chat": {"provider": "chat"}}),
        PROVIDERS=json.dumps({"chat": {"base_url": second.base_url, "api": "chat_completions"}}),
        SECRET_PREFIX="swarm",
    )
    clients.secrets().create_secret(Name="swarm/providers/chat", SecretString="sk-second")
    begun = stack.finish(INSTRUCTIONS, model="one")
    ends = {
        model: stack.finish("Go on.", model=model, from_run_id=begun, keep_conversation=True)
        for model in ("one", "two", "chat")
    }
    assert {stack.run(run_id)["status"] for run_id in ends.values()} == {"succeeded"}
    assert first.faults == second.faults == []
    same, other = first.requests[-2:]
    assert [item["type"] for item in items_of(same)][:2] == ["message", "compaction"]
    assert "compaction" not in json.dumps(items_of(other))
    made = ["call_1_1", "call_2_2"]
    assert [item["call_id"] for item in items_of(other) if item["type"] == "function_call"][:2] == made
    [chat] = second.requests
    assert [call["id"] for each in chat.body["messages"] for call in each.get("tool_calls", [])][:2] == made


def test_an_answer_that_is_only_a_compaction_is_asked_for_again(runs: Runs) -> None:
    only = outputs({"type": "compaction", "encrypted_content": ""})
    provider, stack = runs.of(only, finishes("Done."), MODELS=MODELS)
    assert stack.run(stack.finish(INSTRUCTIONS))["status"] == "succeeded"
    assert provider.faults == []


def test_a_model_without_the_field_is_not_asked_to_compact(runs: Runs) -> None:
    provider, stack = runs.of(finishes("Done."), MODELS=json.dumps({"test-model": {"context": CONTEXT}}))
    stack.finish(INSTRUCTIONS)
    assert "context_management" not in provider.requests[0].body


@pytest.mark.proof
def test_a_task_of_sixty_turns_is_compacted_by_the_provider_and_its_requests_extend_each_other(runs: Runs) -> None:
    compactions: list[int] = []

    def answer(received: Received) -> Reply:
        items = items_of(received)
        assert tokens_in(items) < CONTEXT
        reply = next(replies)
        if tokens_in(items) > received.body["context_management"][0]["compact_threshold"]:
            compactions.append(len(provider.requests))
            return compacts(reply)
        return reply

    replies = iter([*(writes(number, 600) for number in range(59)), finishes("Done.")])
    provider, stack = runs.asking(answer, MODELS=MODELS)
    run = stack.run(stack.finish(INSTRUCTIONS))
    assert (run["status"], run["errors"], provider.faults) == ("succeeded", [], [])
    assert run["usage"]["model_calls"] == len(provider.requests) == 60
    sent = [json.dumps(items_of(each)) for each in provider.requests]
    cuts = [n for n, (before, after) in enumerate(itertools.pairwise(sent), 1) if not after.startswith(before[:-1])]
    assert cuts == compactions
    assert 1 <= len(cuts) <= 4


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"], ids=["before the call", "with its answer lost"])
def test_a_run_with_a_compaction_that_died_at_any_call_ends_as_if_it_had_not(runs: Runs, when: When) -> None:
    def answer(received: Received) -> Reply:
        items = items_of(received)
        if any(item["type"] == "compaction" for item in items):
            return finishes("Done.")
        return compacts(writes(2)) if any("output" in item for item in items) else writes(1)

    provider, stack = runs.asking(answer, MODELS=MODELS)
    records = records_of(stack)

    expected = story_of_work(records, stack.finish(INSTRUCTIONS))

    def check(run_id: str, moment: Moment) -> None:
        assert flaws(records, run_id) == [], moment.calls
        assert story_of_work(records, run_id) == expected, moment.calls

    assert dying_at_each_call(lambda: stack.start(INSTRUCTIONS), check, when) > 10
    assert provider.faults == []
