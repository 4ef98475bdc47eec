"""The Responses API: what is sent, what is carried along, and what other servers make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from swarm.agent.openai.provider import MAX_ATTEMPTS
from swarm.agent.openai.streaming import StreamedResponse
from swarm.agent.tools.toolbox import tool_named
from swarm.runs.error_types import ErrorType
from swarm.runs.usage import TokenUsage
from tests.provider.asking import HELLO, WRITTEN, Start, asked_by, shows_what_it_writes
from tests.provider.script import (
    Reply,
    call,
    calls,
    finishes,
    outputs,
    patches,
    says,
)
from tests.provider.stream import as_stream
from tests.support.tools import AGENT_TOOLS


@pytest.fixture
def provider() -> Iterator[Start]:
    with asked_by("responses") as start:
        yield start


def test_what_is_sent_the_first_time(provider: Start) -> None:
    server = provider(says("Hello."))
    server.respond()
    [request] = server.requests
    assert request.headers["authorization"] == f"Bearer {server.api_key}"
    tools = request.body.pop("tools")
    assert request.body == {
        "model": "test-model",
        "instructions": "Be brief.",
        "input": [{"type": "message", "role": "user", "content": "Say hello."}],
        "parallel_tool_calls": True,
        "store": False,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "run-1",
        "truncation": "disabled",
    }
    assert [tool["name"] for tool in tools] == list(AGENT_TOOLS)
    assert all(tool["strict"] is True for tool in tools)
    assert tools[0]["parameters"] == tool_named("list_files").spec.parameters


def test_a_conversation_carries_everything_by_content_and_nothing_by_id(provider: Start) -> None:
    server = provider(calls(call("list_files", prefix=None), text="Let me see."), finishes("Done."), says("Bye."))
    items = server.converse(3)
    sent = server.requests[2].body["input"]
    assert sent[1:5] == [
        {"type": "reasoning", "summary": [], "encrypted_content": "gAAAA-1_0"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]},
        {"type": "function_call", "call_id": "call_1_2", "name": "list_files", "arguments": '{"prefix": null}'},
        {"type": "function_call_output", "call_id": "call_1_2", "output": "the workspace is empty"},
    ]
    # Whatever was sent before is the beginning of what is sent now, so that the provider's cache can serve it.
    assert sent[:5] == server.requests[1].body["input"]
    assert items[1]["id"] == "item_1_0"


def test_items_of_unknown_types_are_carried_and_ignored(provider: Start) -> None:
    unknown = {"type": "hologram", "id": "holo_1", "pixels": [1, 2]}
    server = provider(outputs(unknown), says("Hello."))
    turn = server.respond()
    assert (turn.text, turn.calls) == ("", ())
    server.respond([*HELLO, *turn.items])
    assert server.requests[1].body["input"][1] == unknown


def test_a_patch_that_is_no_operation_on_a_file_is_asked_for_again(provider: Start) -> None:
    nameless = {"type": "apply_patch_call", "status": "completed", "operation": {"type": "delete_file"}}
    server = provider(outputs(patches("rename_file", "a.md")), outputs(nameless), says("Hello."))
    assert server.respond().text == "Hello."
    assert len(server.requests) == 3


def test_a_model_that_does_not_reason_is_not_asked_for_its_reasoning_again(provider: Start) -> None:
    body = {
        "error": {"message": "Encrypted content is not supported with this model.", "param": "include", "code": None}
    }
    server = provider(Reply(status=400, raw=json.dumps(body).encode()), says("Hello."), says("Hello."))
    server.respond()
    server.respond()
    assert ["include" in request.body for request in server.requests] == [True, False, False]
    assert server.pauses == []


def test_a_server_that_tells_no_usage_and_no_status_is_understood(provider: Start) -> None:
    turn = provider(
        Reply(raw=b'{"output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}]}')
    ).respond()
    assert (turn.text, turn.usage) == ("Hi", TokenUsage())


def test_a_stream_cut_anywhere_shows_the_beginning_of_what_it_says_in_the_end() -> None:
    said = calls(call("write_file", path="a.md", content=WRITTEN), text="Hello.").output
    stream = as_stream({"output": list(said or ()), "status": "completed"})
    shows_what_it_writes(StreamedResponse(), stream)


@pytest.mark.parametrize("ends", [b"\n\n", b"\r\n\r\n"], ids=["lf", "crlf"])
def test_streams_of_other_servers_are_understood(provider: Start, ends: bytes) -> None:
    """The items only in the events before the last, no names of events, and a mark behind the end."""
    item = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
    sent = (
        {"type": "response.output_item.done", "item": item},
        {"type": "response.completed", "response": {"output": []}},
    )
    raw = b"".join(b"data: " + json.dumps(event).encode() + ends for event in sent) + b"data: [DONE]" + ends
    assert provider(Reply(raw=raw, content_type="text/event-stream")).respond().text == "Hi"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        pytest.param({"code": "rate_limit_exceeded", "message": "Slow"}, ErrorType.RATE_LIMITED, id="of the event"),
        pytest.param({"error": {"code": "context_length_exceeded"}}, ErrorType.CONTEXT_LENGTH, id="in an object"),
        pytest.param({"message": "Oops"}, ErrorType.PROVIDER, id="without a code"),
    ],
)
def test_an_error_in_the_middle_of_a_stream_is_that_error(provider: Start, event: Any, kind: ErrorType) -> None:
    raw = b"data: " + json.dumps({"type": "error", **event}).encode() + b"\n\n"
    assert provider(*[Reply(raw=raw, content_type="text/event-stream")] * MAX_ATTEMPTS).fail().error_type == kind


def test_an_answer_that_has_not_ended_is_none(provider: Start) -> None:
    server = provider(outputs(status="in_progress"), says("Hello."))
    assert server.respond().text == "Hello."


def test_how_much_a_model_is_to_reason_is_sent(provider: Start) -> None:
    server = provider(says("Hello."))
    server.model = server.model_with(effort="low")
    turn = server.respond()
    assert server.requests[0].body["reasoning"] == {"effort": "low"}
    assert turn.answered_as == "test-model"
