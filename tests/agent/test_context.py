"""Room in a long conversation: made early and seldom, and what the model needs to know stays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from codex_swarm.models import PlanStep
from swarm.agent.compaction import REMOVED
from swarm.agent.context import (
    ASK_FOR_HANDOVER,
    FULL,
    HANDOVER,
    handed_over,
    tokens_in,
    without_outputs_to_be_had_again,
    worth_a_handover,
)
from swarm.runs.conversation import Item, tool_output, user_message
from tests.provider.rules import request_faults
from tests.provider.script import Reply, call, calls, error, finishes, says
from tests.provider.server import Received
from tests.support.provider_runs import Runs

CONTEXT = 30_000
PRICES = json.dumps({"test-model": {"input": 0, "output": 0, "context": CONTEXT}})
FACTS = "clause 4.2 of a.docx says 30 days; still open: the summary"


def turn(number: int, tool: str, size: int) -> list[Item]:
    asked: Item = {"type": "function_call", "call_id": f"c{number}", "name": tool, "arguments": "{}"}
    return [asked, tool_output(f"c{number}", "x" * size)]


def sound(items: Sequence[Item]) -> None:
    body = {"model": "m", "input": list(items), "store": False}
    assert request_faults(body, []) == []


def test_what_can_be_had_again_goes_first_and_only_as_much_as_is_needed() -> None:
    items = [user_message("Look.")]
    for number in range(20):
        items += turn(number, "run_command" if number % 2 else "read_file", 4_000)
    shorter = without_outputs_to_be_had_again(items, tokens_in(items) - 2_500)
    sound(shorter)
    gone = [number for number, item in enumerate(shorter[2::2]) if item["output"] == REMOVED]
    assert gone == [0, 2, 4]
    # Of the last turns nothing goes, however much is wanted; nor what a command printed.
    least = without_outputs_to_be_had_again(items, 0)
    kept = [item for item in least if item.get("output") not in {None, REMOVED}]
    assert kept == [item for number, item in enumerate(items[2::2]) if number % 2 or number >= 16]


def test_a_handover_stands_for_the_turns_before_the_last_and_names_itself() -> None:
    items = [user_message("Look."), *turn(0, "run_command", 9_000), user_message("Also compare.")]
    for number in range(1, 10):
        items += turn(number, "run_command", 4_000)
    plan = [PlanStep(title="read", status="done"), PlanStep(title="write", status="pending")]
    shorter = handed_over(items, FACTS, plan)
    sound(shorter)
    assert shorter[:2] == [user_message("Look."), user_message("Also compare.")]
    told = json.dumps(shorter[2])
    assert HANDOVER.strip() in told
    assert FACTS in told
    assert "read: done" in told
    assert shorter[3:] == items[-8:]


def test_a_picture_counts_as_one_however_large_it_is() -> None:
    items = [tool_output("c", "page 1", ["data:image/png;base64," + "A" * 1_000_000])]
    assert 1_000 < tokens_in(items) < 3_000


def test_a_conversation_whose_last_turns_are_all_of_it_is_not_worth_a_handover() -> None:
    items = [user_message("Look."), *turn(0, "run_command", 200_000)]
    assert not worth_a_handover(items, CONTEXT)


def long_task(turns: int) -> list[Reply]:
    """A big file, and a look at another part of it in each turn; every other turn by a tool that makes something."""
    book = "".join(f"Line {number:05} of the book, with some words.\n" for number in range(9_000))
    replies = [calls(call("write_file", path="book.md", content=book[:1_000], append=None))]
    for number in range(turns - 2):
        content = f"Part {number}. " + "word " * 600
        replies.append(calls(call("write_file", path=f"{number}.md", content=content, append=None)))
    return [*replies, finishes("Done.")]


class Long:
    """A provider with a small context, and the requests that it had."""

    def __init__(self, runs: Runs, turns: int, handover: Reply) -> None:
        self.handover, replies = handover, iter(long_task(turns))
        self.inputs: list[list[Any]] = []
        self.handovers = 0

        def answer(received: Received) -> Reply:
            items = received.body["input"]
            if tokens_in(items) > CONTEXT:
                return error(400, "context_length_exceeded", "Too long")
            if items[-1].get("content") == ASK_FOR_HANDOVER:
                self.handovers += 1
                return self.handover
            self.inputs.append(items)
            return next(replies)

        self.provider, self.stack = runs.asking(answer, MODEL_PRICES=PRICES)
        self.run = self.stack.run(self.stack.finish("Read book.md, then write."))

    @property
    def sizes(self) -> list[int]:
        return [len(json.dumps(items)) for items in self.inputs]

    @property
    def cuts(self) -> int:
        """How many requests are not the one before and something new."""
        pairs = zip(self.inputs, self.inputs[1:], strict=False)
        return sum(
            json.dumps(after)[: len(json.dumps(before)) - 1] != json.dumps(before)[:-1] for before, after in pairs
        )


@pytest.mark.proof
def test_a_task_of_sixty_turns_stays_small_and_its_requests_extend_each_other(runs: Runs) -> None:
    long = Long(runs, 60, says(FACTS))
    assert (long.run["status"], long.run["errors"], long.provider.faults) == ("succeeded", [], [])
    assert len(long.inputs) == 60
    assert long.run["usage"]["model_calls"] == 60 + long.handovers
    assert max(map(tokens_in, long.inputs)) < FULL * CONTEXT * 1.1
    # Between two handovers each request is the one before, byte for byte, and what is new.
    assert 1 <= long.cuts == long.handovers <= 4
    each = long.sizes[10] - long.sizes[9]
    unshortened = sum(long.sizes[0] + number * each for number in range(60))
    assert sum(long.sizes) < unshortened / 2
    for items in long.inputs[-20:]:
        assert items[0]["content"] == "Read book.md, then write."
        assert FACTS in json.dumps(items)


@pytest.mark.proof
@pytest.mark.parametrize(
    "handover",
    [
        pytest.param(calls(call("finish", summary="x")), id="a call"),
        pytest.param(error(400, None, "no"), id="refused"),
    ],
)
def test_without_a_handover_the_last_resort_still_makes_room(runs: Runs, handover: Reply) -> None:
    long = Long(runs, 30, handover)
    assert (long.run["status"], long.run["errors"]) == ("succeeded", [])
    # It is not asked for again in every turn.
    assert 1 <= long.handovers <= 4
    assert max(map(tokens_in, long.inputs)) < FULL * CONTEXT * 1.1
    assert "Earlier turns were removed" in json.dumps(long.inputs[-1])
