"""No error of the client has a signature or a secret in it, also not in what it came of: errors end up in logs."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from codex_swarm.errors import CodexSwarmError
from tests.client.fake_api import Answer, FakeApi, serving, told

SECRET = "0123abcdef"
SIGNED = f"https://bucket.example/key?X-Amz-Expires=900&X-Amz-Signature={SECRET}&x=1"
PAGE = f"<html>Blocked by policy: {SIGNED}</html>".encode()
ESCAPED = PAGE.replace(b"&", b"&amp;")


def told_of(caught: pytest.ExceptionInfo[CodexSwarmError]) -> str:
    """All that a log has of an error."""
    return "".join(traceback.format_exception(caught.value)) + repr(caught.value)


@pytest.mark.parametrize(
    ("call", "target", "answer"),
    [
        pytest.param("list_files", "/runs/run-1/workspace/files", told({"files": [{"url": SIGNED}]}), id="listing"),
        pytest.param("list_files", "/runs/run-1/workspace/files", Answer(502, PAGE), id="page-of-a-proxy"),
        pytest.param("list_files", "/runs/run-1/workspace/files", Answer(404, ESCAPED), id="not-found-page"),
        pytest.param("get_webhook_secret", "/webhooks/secret", told({"secret": [SECRET]}), id="secret"),
        pytest.param("create_run_token", "/runs/run-1/tokens", told({"token": [SECRET]}), id="token"),
        pytest.param("get_run", "/runs/run-1", told({"id": "run-1", "name": [SECRET]}), id="run"),
    ],
)
def test_an_answer_that_does_not_fit_is_not_quoted_with_its_secrets(
    api: FakeApi, either: Any, call: str, target: str, answer: Answer
) -> None:
    api.otherwise = answer
    with pytest.raises(CodexSwarmError) as caught:
        getattr(either, call)(*(["run-1"] if "run-1" in target else []))
    assert [each.target.partition("?")[0] for each in api.received[:1]] == [target]
    assert SECRET not in told_of(caught)


@pytest.mark.parametrize("status", [302, 403, 500])
def test_what_the_storage_says_is_told_without_the_signature(
    api: FakeApi, either: Any, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with serving() as storage, caplog.at_level(logging.DEBUG):
        there = f"{storage.url}/b?X-Amz-Signature={SECRET}"
        api.on("GET", "/runs/run-1/workspace/file?path=a.md", Answer(307, headers={"Location": there}))
        storage.otherwise = Answer(
            status, PAGE, {"Location": f"http://[?X-Amz-Signature={SECRET}"} if status == 302 else {}
        )
        with pytest.raises(CodexSwarmError) as caught:
            either.get_file("run-1", "a.md")
    assert SECRET not in told_of(caught) + caplog.text


def test_an_event_that_is_none_is_not_quoted(api: FakeApi, either: Any) -> None:
    data = f'id: 1\ndata: ["{SIGNED}"]\n\n'.encode()
    api.otherwise = Answer(200, data, {"Content-Type": "text/event-stream"})
    with pytest.raises(CodexSwarmError) as caught:
        list(either.events("run-1", timeout=5))
    assert SECRET not in told_of(caught)


def test_what_does_not_fit_a_request_is_not_quoted(api: FakeApi, either: Any) -> None:
    with pytest.raises(CodexSwarmError) as caught:
        either.start_run("p", "Go", metadata={"key": [SECRET]})
    assert SECRET not in told_of(caught)
    assert api.received == []
