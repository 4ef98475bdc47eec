"""Chat completions: what is sent, what is carried along, and what other servers make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from swarm.agent.openai.chat_stream import StreamedCompletion
from swarm.agent.openai.provider import MAX_ATTEMPTS
from swarm.runs.conversation import Item, assistant_message, tool_output, user_message
from swarm.runs.error_types import ErrorType
from swarm.runs.usage import TokenUsage
from tests.provider.asking import HELLO, WRITTEN, Start, asked_by, shows_what_it_writes
from tests.provider.chat import as_chunks
from tests.provider.script import Reply, call, calls, finishes, plain, raw_call, says
from tests.support.tools import AGENT_TOOLS

PICTURE = "data:image/png;base64,AAAA"


@pytest.fixture
def provider() -> Iterator[Start]:
    with asked_by("chat_completions") as start:
        yield start


def test_what_is_sent_the_first_time(provider: Start) -> None:
    server = provider(says("Hello."))
    server.respond()
    [request] = server.requests
    assert request.headers["authorization"] == f"Bearer {server.api_key}"
    tools = request.body.pop("tools")
    assert request.body == {
        "model": "test-model",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello."}],
        "parallel_tool_calls": True,
        "store": False,
        "stream": True,
        "stream_options": {"include_usage": True},
        "prompt_cache_key": "run-1",
    }
    assert [tool["function"]["name"] for tool in tools] == list(AGENT_TOOLS)
    assert all(tool["function"]["strict"] is True for tool in tools)


def test_what_a_turn_says_and_calls_is_one_message_and_nothing_before_it_changes(provider: Start) -> None:
    server = provider(calls(call("list_files", prefix=None), text="Let me see."), finishes("Done."), says("Bye."))
    server.converse(3)
    sent = server.requests[2].body["messages"]
    assert sent[2:4] == [
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [
                {
                    "id": "call_1_2",
                    "type": "function",
                    "function": {"name": "list_files", "arguments": '{"prefix": null}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1_2", "content": "the workspace is empty"},
    ]
    assert sent[:4] == server.requests[1].body["messages"]


def test_a_conversation_of_another_protocol_goes_on(provider: Start) -> None:
    """What only the other one knows is left out, and a malformed history is mended as there."""
    server = provider(says("Yes."))
    server.respond(
        [
            *HELLO,
            {"type": "reasoning", "summary": [], "encrypted_content": "gAAAA"},
            {"type": "hologram", "id": "holo_1"},
            {"type": "function_call", "call_id": "c1", "name": "list_files", "arguments": "{oh"},
            {"type": "function_call", "call_id": "c2", "name": "list_files", "arguments": "{}"},
            tool_output("c1", "bad call"),
            tool_output("c2", "nothing"),
            assistant_message("There is nothing."),
            user_message("Sure?"),
        ]
    )
    [request] = server.requests
    told = [(each["role"], each["content"]) for each in request.body["messages"]]
    assert told == [
        ("system", "Be brief."),
        ("user", "Say hello."),
        ("assistant", None),
        ("tool", "bad call"),
        ("tool", "nothing"),
        ("assistant", "There is nothing."),
        ("user", "Sure?"),
    ]
    assert [each["function"]["arguments"] for each in request.body["messages"][2]["tool_calls"]] == ["{}", "{}"]


def test_pictures_follow_the_answers_to_all_calls_of_the_turn(provider: Start) -> None:
    server = provider(says("A cat."))
    asked: list[Item] = [
        {"type": "function_call", "call_id": name, "name": "view_image", "arguments": "{}"} for name in ("c1", "c2")
    ]
    server.respond([*HELLO, *asked, tool_output("c1", "one", [PICTURE]), tool_output("c2", "two", [PICTURE])])
    messages = server.requests[0].body["messages"]
    assert [each["role"] for each in messages] == ["system", "user", "assistant", "tool", "tool", "user"]
    assert [part["image_url"]["url"] for part in messages[-1]["content"]] == [PICTURE, PICTURE]


@pytest.mark.parametrize(
    ("body", "left_out"),
    [
        pytest.param(
            {"error": {"message": "property 'prompt_cache_key' is unsupported", "type": "invalid_request_error"}},
            {"prompt_cache_key"},
            id="in words",
        ),
        pytest.param(
            {
                "detail": [
                    {"type": "extra_forbidden", "loc": ["body", "store"], "msg": "Extra inputs are not permitted"}
                ]
            },
            {"store"},
            id="by a framework",
        ),
        pytest.param(
            {"error": {"message": "No.", "param": "parallel_tool_calls"}}, {"parallel_tool_calls"}, id="named"
        ),
        pytest.param({"error": {"message": "no streaming"}}, {"stream", "stream_options"}, id="streams"),
    ],
)
def test_a_parameter_that_a_server_does_not_know_is_left_out_from_then_on(
    provider: Start, body: Any, left_out: set[str]
) -> None:
    server = provider(Reply(status=422, raw=json.dumps(body).encode()), plain(says("Hello.")), plain(says("Bye.")))
    assert (server.respond().text, server.respond().text) == ("Hello.", "Bye.")
    first, second, third = (set(request.body) for request in server.requests)
    assert first - second == first - third == left_out
    assert server.pauses == []


def test_a_server_that_tells_no_usage_is_understood(provider: Start) -> None:
    said = {"choices": [{"message": {"content": "Hi"}}], "usage": None}
    turn = provider(Reply(raw=json.dumps(said).encode())).respond()
    assert (turn.text, turn.usage) == ("Hi", TokenUsage())


def test_calls_without_ids_and_with_arguments_as_an_object_are_understood(provider: Start) -> None:
    made = [{"id": "", "function": {"name": "list_files", "arguments": {"prefix": None}}}] * 2
    said = {"choices": [{"message": {"content": None, "tool_calls": made}, "finish_reason": "stop"}]}
    turn = provider(Reply(raw=json.dumps(said).encode())).respond()
    assert [each.arguments for each in turn.calls] == ['{"prefix": null}'] * 2
    assert len({each.call_id for each in turn.calls}) == 2


def test_content_in_parts_is_what_its_texts_say(provider: Start) -> None:
    parts = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hi"}]
    said = {"choices": [{"message": {"content": parts}, "finish_reason": "stop"}]}
    assert provider(Reply(raw=json.dumps(said).encode())).respond().text == "Hi"


def test_an_error_with_status_200_is_that_error(provider: Start) -> None:
    said = {"error": {"code": 400, "message": "This endpoint's maximum context length is 8192 tokens."}}
    assert provider(Reply(raw=json.dumps(said).encode())).fail().error_type == ErrorType.CONTEXT_LENGTH


def streamed(*events: Any, ends: str = "\n\n") -> Reply:
    raw = "".join(f"data: {json.dumps(event)}{ends}" for event in events).encode()
    return Reply(raw=raw, content_type="text/event-stream")


def test_calls_streamed_without_an_index_are_told_apart_by_their_ids(provider: Start) -> None:
    """And the stream ends without a mark, as some servers end it."""
    pieces = [{"id": name, "function": {"name": "list_files", "arguments": "{}"}} for name in ("c1", "c2")]
    chunks = [{"choices": [{"delta": {"tool_calls": [piece]}}]} for piece in pieces]
    turn = provider(
        streamed(*chunks, {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}, ends="\r\n\r\n")
    ).respond()
    assert [(each.call_id, each.arguments) for each in turn.calls] == [("c1", "{}"), ("c2", "{}")]


def test_a_stream_that_breaks_off_before_its_reason_to_stop_is_asked_for_again(provider: Start) -> None:
    broken = streamed({"choices": [{"delta": {"content": "Hel"}}]})
    assert provider(broken, says("Hello.")).respond().text == "Hello."


def test_an_error_in_the_middle_of_a_stream_is_that_error(provider: Start) -> None:
    begun = {"choices": [{"delta": {"content": "Hel"}}]}
    reply = streamed(begun, {"error": {"code": "rate_limit_exceeded", "message": "Slow"}})
    assert provider(*[reply] * MAX_ATTEMPTS).fail().error_type == ErrorType.RATE_LIMITED


def test_a_stream_cut_anywhere_shows_the_beginning_of_what_it_says_in_the_end() -> None:
    arguments = json.dumps({"path": "a.md", "content": WRITTEN})
    call_ = {"id": "c", "type": "function", "function": {"name": "write_file", "arguments": arguments}}
    message = {"content": "Hello.", "refusal": None, "tool_calls": [call_]}
    stream = as_chunks({"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": None})
    shows_what_it_writes(StreamedCompletion(), stream)


def test_how_much_a_model_is_to_reason_is_sent(provider: Start) -> None:
    server = provider(says("Hello."))
    server.model = server.model_with(effort="low")
    server.respond()
    assert server.requests[0].body["reasoning_effort"] == "low"


def test_arguments_that_are_no_json_are_the_models_to_mend(provider: Start) -> None:
    turn = provider(calls(raw_call("write_file", '{"path": '))).respond()
    assert turn.calls[0].arguments == '{"path": '
