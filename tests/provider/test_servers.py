"""Servers that speak the Responses API in their own way: what they say is taken as what they mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from swarm.agent.job_calls import run_calls
from swarm.agent.model import ModelRequest, ModelTurn
from swarm.agent.openai.provider import MAX_ATTEMPTS, Endpoint, OpenAIModel
from swarm.agent.tools.toolbox import Toolbox
from swarm.errors import ModelFailure
from swarm.runs.conversation import Item, tool_output, user_message
from swarm.runs.usage import TokenUsage
from swarm.workspace.objects import MemoryObjects, ProjectArea
from swarm.workspace.snapshot import Snapshot
from swarm.workspace.working_copy import Workspace
from tests.provider.asking import APIS
from tests.provider.script import Reply, calls, error, finishes, outputs, raw_call, says
from tests.provider.server import ScriptedProvider
from tests.support.paths import ROOT
from tests.support.tools import AGENT_TOOLS

TOOLBOX = Toolbox(AGENT_TOOLS)
PAGE = (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in PAGE.splitlines() if line.count("|") == 6]
SAID = [pytest.param(*row[1:4], id=row[0]) for row in ROWS if row[0] != "server" and "---" not in row[0]]


class Conversation:
    """A model that asks a server with this script, and what was said so far."""

    def __init__(self, opened: ExitStack, *script: Reply) -> None:
        self.server = opened.enter_context(ScriptedProvider(script))
        self.model = OpenAIModel(
            "test-model",
            Endpoint(self.server.api_key, "test-model", self.server.base_url),
            sleep=lambda _: None,
            jitter=lambda: 0.5,
        )
        self.items: list[Item] = [user_message("Say hello.")]
        self.workspace = Workspace(Snapshot(), MemoryObjects(), ProjectArea("tenant", "project"))

    def turn(self) -> ModelTurn:
        turn = self.model.respond(ModelRequest("Be brief.", self.items, TOOLBOX.specs, "run-1", 60))
        done = run_calls(TOOLBOX, turn.calls, self.workspace)
        self.items += [*turn.items, *(tool_output(result.call_id, result.output) for result in done.results)]
        return turn

    def sent(self, number: int) -> Any:
        """What of the conversation was in this request, from 0."""
        return self.server.requests[number].body["input"]


class Start:
    def __init__(self, opened: ExitStack) -> None:
        self._opened = opened
        self.started: list[Conversation] = []

    def __call__(self, *script: Reply) -> Conversation:
        self.started.append(Conversation(self._opened, *script))
        return self.started[-1]


@pytest.fixture
def conversation() -> Iterator[Start]:
    with ExitStack() as opened:
        start = Start(opened)
        yield start
        assert [fault for each in start.started for fault in each.server.faults] == []


def test_the_page_has_rows_for_overflow_limits_and_refusals_of_many_servers() -> None:
    assert len(SAID) >= 20
    assert {"context_length", "provider_rate_limited", "provider_quota", "content_refused"} <= {
        str(row.values[2]).strip("`") for row in SAID
    }
    assert all(len(row[4]) > len("docs.x.ai") for row in ROWS if row[0] != "server" and "---" not in row[0])


@pytest.fixture(scope="module", params=APIS)
def saying(request: pytest.FixtureRequest) -> Iterator[Callable[[Reply], tuple[ModelFailure, int]]]:
    """Has one server say this to every attempt: the failure that comes of it, and how many attempts were made."""
    said: list[Reply] = []
    with ScriptedProvider(lambda _: said[-1]) as server:
        endpoint = Endpoint(server.api_key, "test-model", server.base_url, request.param)
        model = OpenAIModel("test-model", endpoint, sleep=lambda _: None, jitter=lambda: 0.5)

        def fail(reply: Reply) -> tuple[ModelFailure, int]:
            said.append(reply)
            before = len(server.requests)
            with pytest.raises(ModelFailure) as failure:
                model.respond(ModelRequest("Be brief.", [user_message("Say hello.")], (), "run-1", 60))
            return failure.value, len(server.requests) - before

        yield fail


@pytest.mark.parametrize(("status", "body", "taken_as"), SAID)
def test_what_a_server_says_is_taken_as_what_it_means(
    saying: Callable[[Reply], tuple[ModelFailure, int]], status: str, body: str, taken_as: str
) -> None:
    error_body = {"error": json.loads(body.strip("`"))}
    failure, attempts = saying(Reply(status=int(status), raw=json.dumps(error_body).encode()))
    assert f"`{failure.error_type}`" == taken_as
    # What waiting does not mend is asked once; shortening and failing are for the caller.
    assert attempts == (MAX_ATTEMPTS if failure.retryable else 1)
    assert failure.retryable == (taken_as in {"`provider_rate_limited`", "`provider_unavailable`"})


def test_reasoning_that_cannot_be_read_any_more_is_left_out_once_and_for_all(conversation: Start) -> None:
    unreadable = error(400, "invalid_encrypted_content", "The encrypted content could not be verified.")
    asked = conversation(
        calls(raw_call("list_files", '{"prefix": null}')),
        unreadable,
        calls(raw_call("list_files", '{"prefix": null}')),
        finishes("Done."),
    )
    for _ in range(3):
        asked.turn()
    carried = [[item for item in asked.sent(number) if item["type"] == "reasoning"] for number in range(4)]
    # Refused with the first turn's; asked without it; the next turn's own reasoning is carried again.
    assert [len(each) for each in carried] == [0, 1, 0, 1]
    assert carried[3] != carried[1]


def test_a_server_that_can_read_no_reasoning_at_all_is_not_asked_for_ever(conversation: Start) -> None:
    unreadable = error(400, "invalid_encrypted_content", "The encrypted content could not be verified.")
    asked = conversation(calls(raw_call("list_files", '{"prefix": null}')), unreadable, unreadable)
    asked.turn()
    with pytest.raises(ModelFailure, match="could not be verified"):
        asked.turn()
    assert len(asked.server.requests) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param('{"path": ', id="cut JSON"),
        pytest.param("path=a.md", id="no JSON"),
        pytest.param('["a.md"]', id="no object"),
        pytest.param('{"prefix": NaN}', id="a number that JSON has not"),
    ],
)
def test_arguments_that_are_no_json_go_back_as_an_empty_object_beside_the_error(
    conversation: Start, arguments: str
) -> None:
    asked = conversation(calls(raw_call("list_files", arguments)), finishes("Done."))
    asked.turn()
    asked.turn()
    [called, answered] = asked.sent(1)[-2:]
    assert called["arguments"] == "{}"
    assert answered["output"].startswith("error: ")
    # What the model wrote stays in the record.
    assert next(item["arguments"] for item in asked.items if item["type"] == "function_call") == arguments


@pytest.mark.parametrize(
    "arguments", ["", " ", None, "null", {}], ids=["empty", "blank", "null", "null as text", "an object"]
)
def test_no_arguments_are_an_empty_object(conversation: Start, arguments: Any) -> None:
    asked = conversation(calls({**raw_call("list_files", ""), "arguments": arguments}), finishes("Done."))
    asked.turn()
    asked.turn()
    [called, answered] = asked.sent(1)[-2:]
    assert (called["arguments"], answered["output"]) == ("{}", "the workspace is empty")


def test_arguments_given_as_an_object_are_taken(conversation: Start) -> None:
    given = {**raw_call("write_file", ""), "arguments": {"path": "é.md", "content": "hi"}}
    asked = conversation(calls(given), finishes("Done."))
    asked.turn()
    assert asked.workspace.paths() == ["é.md"]


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        pytest.param({"input_tokens": None, "output_tokens": 7}, TokenUsage(output=7), id="null count"),
        pytest.param({"input_tokens": 9, "input_tokens_details": None}, TokenUsage(input=9), id="null details"),
        pytest.param(
            {"input_tokens": 9, "input_tokens_details": {"cached_tokens": None}}, TokenUsage(input=9), id="null cached"
        ),
        pytest.param(None, TokenUsage(), id="null"),
        pytest.param("unknown", TokenUsage(), id="a text"),
        pytest.param({"input_tokens": "9", "output_tokens": -1}, TokenUsage(), id="no numbers"),
        pytest.param(
            {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 90}}, TokenUsage(9, 9), id="more than all"
        ),
    ],
)
def test_a_usage_that_tells_nothing_counts_as_nothing(conversation: Start, usage: Any, counted: TokenUsage) -> None:
    asked = conversation(outputs(*(says("Hello.").output or ()), usage=usage))
    turn = asked.turn()
    assert (turn.text, turn.usage, len(asked.server.requests)) == ("Hello.", counted, 1)


def test_a_text_that_is_null_is_no_text(conversation: Start) -> None:
    nothing = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": None}]}
    asked = conversation(outputs(nothing, raw_call("list_files", '{"prefix": null}')), finishes("Done."))
    assert asked.turn().text == ""
    asked.turn()
    assert [item["type"] for item in asked.sent(1)] == ["message", "function_call", "function_call_output"]


def test_a_proxy_of_the_environment_is_used(conversation: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = conversation(says("Hello."))
    monkeypatch.setenv("HTTP_PROXY", asked.server.base_url.removesuffix("/v1"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    asked.model = OpenAIModel("test-model", Endpoint(asked.server.api_key, "test-model", "http://provider.example/v1"))
    assert asked.turn().text == "Hello."
    assert asked.server.requests[0].headers["host"] == "provider.example"
