"""What the environment and the caller say of the way to the service: refused when it cannot be used, never quoted."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime
from typing import Any

import pytest

from codex_swarm import AsyncCodexSwarmClient, CodexSwarmClient, CodexSwarmError, Exchange, InvalidArgument, printable
from codex_swarm.errors import ApiError, NotFound, UnexpectedAnswer
from tests.client import bodies
from tests.client.fake_api import Answer, FakeApi, refused, serving, told

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("kind", [CodexSwarmClient, AsyncCodexSwarmClient])
@pytest.mark.parametrize(
    "key",
    ["top-secret\n", "top-secret\r\nX: y", "top secret", "top-secr\u00e9t", "top-secret\x00", "\u0645top-secret"],
    ids=ascii,
)
def test_a_key_that_no_header_can_carry_is_refused_and_not_quoted(kind: Any, key: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        kind("http://127.0.0.1:1", key)
    assert "top" not in f"{caught.value!r} {caught.value}"


def test_no_one_sees_the_key_of_a_client() -> None:
    with CodexSwarmClient("http://127.0.0.1:1", "top-secret") as client:
        assert "top-secret" not in repr(client)


@pytest.mark.parametrize(
    "url",
    [
        "api.example.com",
        "127.0.0.1:5050",
        "ftp://x",
        "https://",
        "http://[bad",
        "http://x:99999",
        "http://x y",
        "file:///x",
        "http://user:pass@host",
        "https://host?key=1",
        "https://host#x",
        "https://h\u00f6st",
        "http://x\n",
    ],
    ids=ascii,
)
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidArgument, match="base URL"):
        CodexSwarmClient(url)


@pytest.mark.parametrize(
    "options", [{"timeout": "3"}, {"retries": -1}, {"outage": float("nan")}, {"colour": 1}], ids=str
)
def test_options_that_are_none_are_refused(options: Any) -> None:
    with pytest.raises(InvalidArgument):
        CodexSwarmClient(**options)
    with CodexSwarmClient() as client, pytest.raises(InvalidArgument):
        client.with_options(**options)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_stands_between_a_machine_and_itself(api: FakeApi, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    api.on("GET", "/runs/run-1", told(bodies.run()))
    with CodexSwarmClient(f"http://{host}:{api.server_port}") as client:
        assert client.get_run("run-1").id == "run-1"


ODD = ["nonsense", "socks9://x:1", "http://[bad", "http://user:top-secret@[::1", "://", "ftp://x", "\u0645"]


@pytest.mark.parametrize("value", ODD, ids=ascii)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"])
def test_an_odd_proxy_variable_gives_our_error_or_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    said = "PROXY"
    try:
        CodexSwarmClient("https://api.example.com").close()
    except InvalidArgument as error:
        said = f"{error!r} {error}"
    assert "PROXY" in said
    assert "top-secret" not in said


def test_a_missing_file_of_certificates_gives_our_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    with pytest.raises(InvalidArgument, match="SSL_CERT_FILE"):
        CodexSwarmClient("https://api.example.com")


def test_a_time_without_an_offset_is_local_time(api: FakeApi, either: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    api.otherwise = told([])
    monkeypatch.setenv("TZ", "Asia/Riyadh")
    time.tzset()
    try:
        either.list_runs(created_after=datetime(2026, 1, 2, 3))  # noqa: DTZ001  that is what is tested
    finally:
        monkeypatch.undo()
        time.tzset()
    assert api.received[0].target == "/runs?created_after=2026-01-02T00%3A00%3A00%2B00%3A00"


def test_no_signature_and_no_key_reach_a_log(api: FakeApi, either: Any, caplog: pytest.LogCaptureFixture) -> None:
    with serving() as storage:
        api.on(
            "GET",
            "/runs/run-1/workspace/file?path=a.md",
            Answer(307, headers={"Location": f"{storage.url}/b?{SIGNED}"}),
        )
        storage.on("GET", f"/b?{SIGNED}", Answer(body=b"text"))
        with caplog.at_level(logging.DEBUG):
            assert either.get_file("run-1", "a.md") == b"text"
    assert "0123abc" not in caplog.text
    assert "key-1" not in caplog.text
    assert f"GET {storage.url}/b" in caplog.text
    told_by_us = [record for record in caplog.records if record.name == "codex_swarm"]
    assert [record.__dict__["exchange"]["status"] for record in told_by_us] == [307, 200]


SIGNED = "X-Amz-Expires=900&X-Amz-Signature=0123abc"


def test_an_application_is_told_of_each_exchange(api: FakeApi) -> None:
    seen: list[Exchange] = []
    api.on("GET", "/runs/run-1", refused(503, "unavailable"), told(bodies.run(), Apigw_Requestid="req-7"))
    with CodexSwarmClient(api.url, on_exchange=seen.append, sleep=lambda _: None) as client:
        client.get_run("run-1")
    assert [(one.request, one.attempt, one.status) for one in seen] == [
        (f"GET {api.url}/runs/run-1", 0, 503),
        (f"GET {api.url}/runs/run-1", 1, 200),
    ]
    assert seen[1].request_id == "req-7"
    nobody = CodexSwarmClient("http://127.0.0.1:9", on_exchange=seen.append, retries=0)
    with nobody, pytest.raises(CodexSwarmError):
        nobody.health()
    assert (seen[-1].error, seen[-1].status) == ("ConnectError", None)


def test_an_error_names_the_request(api: FakeApi, either: Any) -> None:
    api.on("GET", "/runs/run-1", refused(404, "run_not_found", Apigw_Requestid="req-8"))
    with pytest.raises(NotFound, match="req-8") as caught:
        either.get_run("run-1")
    assert caught.value.request_id == "req-8"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(404, b"<html>Not Found</html>"), id="page-of-a-proxy"),
        pytest.param(told({"message": "Not Found"}, 404), id="gateway-without-a-route"),
        pytest.param(told({"detail": "Not Found"}, 404), id="another-api"),
    ],
)
def test_a_wrong_host_is_no_deleted_run(api: FakeApi, either: Any, answer: Answer) -> None:
    api.on("GET", "/runs/run-1", answer)
    with pytest.raises(UnexpectedAnswer, match="base URL"):
        either.get_run("run-1")


def test_what_a_document_says_to_a_terminal_is_not_obeyed(api: FakeApi, either: Any) -> None:
    assert printable("a\x1b[2Jb\r\x07\x9b\u202e\n\tc \u0645") == "a\\x1b[2Jb\\r\\x07\\x9b\\u202e\n\tc \u0645"
    api.on("GET", "/runs/run-1", refused(400, "bad_request", "see \x1b]0;title\x07"))
    with pytest.raises(ApiError) as caught:
        either.get_run("run-1")
    assert "\x1b" not in str(caught.value)


def test_a_file_that_is_no_text_says_so_as_usual(api: FakeApi, either: Any) -> None:
    api.on("GET", "/runs/run-1/workspace/file?path=a.txt", Answer(body=b"\xff"))
    for encoding, kind in [("utf-8", UnicodeDecodeError), ("nonsense", InvalidArgument)]:
        with pytest.raises(kind) as caught:
            either.get_file_text("run-1", "a.txt", encoding)
        assert isinstance(caught.value, CodexSwarmError)


def test_a_task_that_is_cancelled_lets_go_of_its_connection(api: FakeApi) -> None:
    api.on("GET", "/runs/run-1", told(bodies.running(30)))

    async def cancelled() -> int:
        asked = asyncio.Event()
        async with AsyncCodexSwarmClient(api.url, on_exchange=lambda _: asked.set()) as client:
            waiting = asyncio.create_task(client.wait("run-1", poll=30))
            await asked.wait()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            return (await client.get_run("run-1")).progress

    assert asyncio.run(cancelled()) == 30
