"""A model behind a provider, by either protocol, against a server that speaks both: what comes of every fault."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from itertools import chain, repeat
from threading import Event, Thread

import pytest

from codex_swarm.models import DeltaEvent
from swarm.agent.model import ModelRequest, ToolCall
from swarm.agent.openai.provider import LARGEST_BODY, MAX_ATTEMPTS, Endpoint, OpenAIModel, retry_after
from swarm.errors import ModelFailure
from swarm.runs.error_types import ErrorType
from swarm.runs.usage import TokenUsage
from tests.provider.asking import APIS, HELLO, SPECS, Start, asked_by
from tests.provider.script import (
    Reply,
    call,
    calls,
    cut,
    error,
    failed,
    hangs_up,
    held,
    incomplete,
    not_json,
    outputs,
    plain,
    rate_limited,
    raw_call,
    refuses,
    says,
)
from tests.provider.server import ScriptedProvider


@pytest.fixture(params=APIS)
def provider(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts a provider with a script, asked by each of the protocols."""
    with asked_by(request.param) as start:
        yield start


def test_a_text_is_a_turn_with_its_usage(provider: Start) -> None:
    turn = provider(says("Hello.")).respond()
    assert (turn.text, turn.calls) == ("Hello.", ())
    assert turn.usage == TokenUsage(input=100, cached=40, output=20, reasoning=5)


def test_parallel_calls_come_in_order_with_their_own_words(provider: Start) -> None:
    turn = provider(
        calls(call("list_files", prefix=None), raw_call("write_file", '{"path": '), text="Let me see.")
    ).respond()
    assert turn.text == "Let me see."
    assert turn.calls == (
        ToolCall("call_1_2", "list_files", '{"prefix": null}'),
        ToolCall("call_1_3", "write_file", '{"path": '),
    )


LASTING = [
    pytest.param(error(403, "model_not_allowed", "No access"), ErrorType.PERMISSION, "may not use", id="permission"),
    pytest.param(error(404, "model_not_found", "No such model"), ErrorType.PROVIDER_REQUEST, "No such", id="model"),
    pytest.param(error(429, "insufficient_quota", "Pay"), ErrorType.QUOTA, "quota is used up: Pay", id="quota"),
    pytest.param(error(429, None, "Pay", "insufficient_quota"), ErrorType.QUOTA, "quota", id="quota by type"),
    pytest.param(error(400, "context_length_exceeded", "Long"), ErrorType.CONTEXT_LENGTH, "longer", id="context"),
    pytest.param(error(400, "content_policy_violation", "No"), ErrorType.CONTENT, "refused", id="content policy"),
    pytest.param(
        error(400, "unknown_parameter", "Eh?"), ErrorType.PROVIDER_REQUEST, "rejected the request: Eh?", id="400"
    ),
    pytest.param(error(422), ErrorType.PROVIDER_REQUEST, "rejected the request", id="422 without a message"),
    pytest.param(Reply(status=400, raw=b"<html>"), ErrorType.PROVIDER_REQUEST, "rejected", id="400 without JSON"),
    pytest.param(refuses("I cannot help."), ErrorType.CONTENT, "declined: I cannot help.", id="refusal"),
    pytest.param(incomplete("content_filter"), ErrorType.CONTENT, "refused", id="content filter"),
    pytest.param(failed("invalid_prompt", "Flagged"), ErrorType.CONTENT, "Flagged", id="failed: prompt"),
    pytest.param(failed("invalid_image", "Bad"), ErrorType.PROVIDER_REQUEST, "Bad", id="failed: request"),
]


@pytest.mark.parametrize(("reply", "kind", "says_so"), LASTING)
def test_what_will_not_pass_fails_at_once(provider: Start, reply: Reply, kind: ErrorType, says_so: str) -> None:
    server = provider(reply)
    failure = server.fail()
    assert failure.error_type == kind
    assert says_so in failure.message
    assert failure.suggestion
    assert not failure.retryable
    assert len(server.requests) == 1


PASSING = [
    pytest.param(rate_limited(), ErrorType.RATE_LIMITED, id="rate limit"),
    pytest.param(error(500, "server_error", "Oops"), ErrorType.PROVIDER, id="500"),
    pytest.param(error(503, None, "Overloaded"), ErrorType.PROVIDER, id="503"),
    pytest.param(Reply(status=502, raw=b"<html>Bad gateway", content_type="text/html"), ErrorType.PROVIDER, id="502"),
    pytest.param(error(408), ErrorType.PROVIDER, id="408"),
    pytest.param(hangs_up(), ErrorType.PROVIDER, id="connection dropped"),
    pytest.param(cut(says("Hello.")), ErrorType.PROVIDER, id="connection dropped in the body"),
    pytest.param(failed("server_error", "Oops"), ErrorType.PROVIDER, id="failed: server"),
    pytest.param(failed("rate_limit_exceeded", "Slow"), ErrorType.RATE_LIMITED, id="failed: rate limit"),
]


NO_ANSWERS = [
    pytest.param(not_json(), id="not JSON"),
    pytest.param(not_json('{"output": [', "application/json"), id="cut JSON"),
    pytest.param(not_json("{}", "application/json"), id="JSON without output"),
    pytest.param(outputs("what"), id="output that is no item"),
    pytest.param(outputs(), id="empty output"),
    pytest.param(calls(), id="reasoning only"),
    pytest.param(says(" \n"), id="blank text"),
    pytest.param(outputs({"type": "function_call", "arguments": "{}"}), id="half a call"),
    pytest.param(outputs(*[{**call("finish"), "call_id": "c"}] * 2), id="two calls, one id"),
]


@pytest.mark.parametrize("reply", NO_ANSWERS)
def test_an_answer_that_is_none_is_asked_for_three_times(provider: Start, reply: Reply) -> None:
    server = provider(reply, reply, says("Hello."))
    assert server.respond().text == "Hello."
    server = provider(*[reply] * 4)
    failure = server.fail()
    assert (failure.error_type, failure.retryable) == (ErrorType.PROVIDER_ANSWER, False)
    assert len(server.requests) == 3


def test_nothing_of_an_answer_that_was_cut_off_is_taken(provider: Start) -> None:
    turn = provider(incomplete("max_output_tokens")).respond()
    assert (turn.items, turn.text, turn.calls, turn.cut_off) == ((), "", (), "max_output_tokens")
    assert turn.usage.output > 0


@pytest.mark.parametrize(("reply", "kind"), PASSING)
def test_what_may_pass_is_tried_again(provider: Start, reply: Reply, kind: ErrorType) -> None:
    server = provider(reply, reply, says("Hello."))
    assert server.respond().text == "Hello."
    assert server.pauses == [0.375, 0.75]
    assert server.requests[0].body == server.requests[2].body


@pytest.mark.parametrize(("reply", "kind"), PASSING)
def test_what_does_not_pass_ends_as_a_failure_that_may(provider: Start, reply: Reply, kind: ErrorType) -> None:
    server = provider(*[reply] * (MAX_ATTEMPTS + 1))
    failure = server.fail()
    assert failure.error_type == kind
    assert failure.retryable
    assert len(server.requests) == MAX_ATTEMPTS
    assert server.pauses == sorted(server.pauses)
    assert sum(server.pauses) < 60


def test_retry_after_is_honoured(provider: Start) -> None:
    server = provider(rate_limited(retry_after="7"), rate_limited(retry_after_ms="1500"), says("Hello."))
    server.respond()
    assert server.pauses == [7.25, 1.75]


def test_a_wait_longer_than_the_time_left_is_the_callers_to_make(provider: Start) -> None:
    server = provider(rate_limited(retry_after="120"), says("Hello."))
    failure = server.fail(seconds=100)
    assert (failure.error_type, failure.retry_after) == (ErrorType.RATE_LIMITED, 120)
    assert server.pauses == []


def test_no_attempt_begins_after_the_deadline(provider: Start) -> None:
    server = provider(error(500), error(500), says("Hello."))
    # Read at the start, before the first request, and then after its failure: nothing is left.
    server.model = server.model_with(clock=chain([0.0, 0.0], repeat(9.9)).__next__)
    assert server.fail(seconds=10).error_type == ErrorType.PROVIDER
    assert len(server.requests) == 1


def test_an_answer_that_trickles_in_past_the_deadline_is_given_up(provider: Start) -> None:
    server = provider(says("Hello."))
    server.model = server.model_with(clock=chain([0.0, 0.0], repeat(11.0)).__next__)
    assert server.fail(seconds=10).message == "the provider did not answer in time"


def test_an_answer_that_does_not_come_is_given_up(provider: Start) -> None:
    never = Event()
    server = provider(held(says("Hello."), until=never))
    failure = server.fail(seconds=0.5)
    assert (failure.error_type, failure.message) == (ErrorType.PROVIDER, "the provider did not answer in time")
    never.set()


def test_a_slow_answer_in_time_is_an_answer(provider: Start) -> None:
    release = Event()
    server = provider(held(says("Hello."), until=release))

    def release_once_asked() -> None:
        server.wait_for_requests(1)
        release.set()

    helper = Thread(target=release_once_asked)
    helper.start()
    assert server.respond().text == "Hello."
    helper.join()


def test_an_endless_answer_is_cut_off(provider: Start) -> None:
    flood = Reply(raw=b" " * (LARGEST_BODY + 1))
    assert "too large" in provider(flood).fail(seconds=1.2).message


def test_what_is_being_written_is_shown_as_it_grows(provider: Start) -> None:
    server = provider(calls(call("write_file", path="a.md", content="# Gru\u00df\n" * 9), text="I write it."))
    drafts: list[DeltaEvent] = []
    request = ModelRequest("", HELLO, SPECS, "run-1", 60.0, wrote=lambda draft: drafts.append(draft()))
    turn = server.model.respond(request)
    assert drafts[-1] == DeltaEvent(text="I write it.", path="a.md", content="# Gru\u00df\n" * 9)
    assert json.loads(turn.calls[0].arguments)["content"] == drafts[-1].content


def test_a_server_that_does_not_know_of_streams_gives_the_whole_answer(provider: Start) -> None:
    assert provider(plain(says("Hello."))).respond().text == "Hello."


def test_a_server_that_refuses_to_stream_is_asked_the_plain_way_from_then_on(provider: Start) -> None:
    server = provider(error(400, None, "Streaming is not supported"), plain(says("Hello.")), plain(says("Bye.")))
    assert (server.respond().text, server.respond().text) == ("Hello.", "Bye.")
    assert ["stream" in request.body for request in server.requests] == [True, False, False]
    assert server.pauses == []


def test_no_provider_at_that_address_is_unavailable() -> None:
    with ScriptedProvider([]) as gone:
        model = OpenAIModel("test-model", Endpoint(gone.api_key, "test-model", gone.base_url))
    with pytest.raises(ModelFailure) as failure:
        model.respond(ModelRequest("", HELLO, (), "run-1", 1.0))
    assert failure.value.message == "the connection to the provider failed"


def test_a_wrong_key_is_told_without_showing_it(provider: Start) -> None:
    server = provider()
    wrong = "sk-wrong-6d1c"
    model = server.model_with(api_key=wrong)
    with pytest.raises(ModelFailure) as failure:
        model.respond(ModelRequest("", HELLO, (), "run-1", 10))
    assert failure.value.error_type == ErrorType.AUTHENTICATION
    assert "OPENAI_API_KEY" in failure.value.suggestion
    assert wrong not in "".join(traceback.format_exception(failure.value))


def test_a_key_in_the_providers_own_words_is_blotted_out(provider: Start) -> None:
    server = provider(error(400, None, "bad header Bearer sk-test-4f9a " + "x" * 1_000))
    failure = server.fail()
    assert "Bearer [key]" in failure.message
    assert len(failure.message) < 400
    assert server.api_key not in "".join(traceback.format_exception(failure))


def test_the_environment_does_not_choose_the_provider(provider: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    server = provider(says("Hello."))
    server.model = server.model_with()
    assert server.respond().text == "Hello."


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"retry-after": "2.5"}, 2.5, id="seconds"),
        pytest.param({"retry-after-ms": "250", "retry-after": "9"}, 0.25, id="milliseconds first"),
        pytest.param({"retry-after": "-3"}, 0.0, id="past"),
        pytest.param({"retry-after": "soon"}, None, id="nonsense"),
        pytest.param({"retry-after": "nan"}, None, id="not a number"),
        pytest.param({"retry-after": "inf"}, None, id="for ever"),
        pytest.param(
            {"retry-after": "Fri, 01 May 2026 10:00:30 GMT", "date": "Fri, 01 May 2026 10:00:00 GMT"}, 30.0, id="date"
        ),
        pytest.param({"retry-after": "Fri, 01 May 2026 10:00:30 GMT"}, None, id="date without the server's"),
    ],
)
def test_retry_after_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
