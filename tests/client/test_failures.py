"""Refusals arrive as typed errors; what may be repeated is, and no more often than agreed."""

from __future__ import annotations

import json

import pytest

from codex_swarm import errors
from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import ApiError, RateLimited, TransportError, Unavailable, UnexpectedAnswer
from tests.client import bodies
from tests.client.conftest import Clock
from tests.client.fake_api import HANG_UP, Answer, FakeApi, refused, told


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        pytest.param(400, errors.BadRequest, id="400"),
        pytest.param(401, errors.AuthError, id="401"),
        pytest.param(402, errors.BudgetExhausted, id="402"),
        pytest.param(403, errors.Forbidden, id="403"),
        pytest.param(404, errors.NotFound, id="404"),
        pytest.param(409, errors.Conflict, id="409"),
        pytest.param(413, errors.TooLarge, id="413"),
        pytest.param(418, ApiError, id="418"),
        pytest.param(422, errors.BadRequest, id="422"),
        pytest.param(429, RateLimited, id="429"),
        pytest.param(500, ApiError, id="500"),
        pytest.param(503, Unavailable, id="503"),
    ],
)
def test_a_refusal_has_a_type_and_carries_what_was_said(
    api: FakeApi, client: CodexSwarmClient, status: int, kind: type[ApiError]
) -> None:
    api.on("POST", "/runs/run-1/cancel", refused(status, "some_code", "mend it so"))
    with pytest.raises(ApiError) as caught:
        client.cancel_run("run-1")
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.code, caught.value.detail) == (
        status,
        "some_code",
        "mend it so",
    )
    assert "mend it so" in str(caught.value)


def test_each_fault_of_an_invalid_request_is_told(api: FakeApi, client: CodexSwarmClient) -> None:
    faults = [{"loc": ["body", "instructions"], "msg": "must not be blank"}]
    api.on("POST", "/projects/demo/runs", told({"detail": "invalid", "code": "invalid", "errors": faults}, 400))
    with pytest.raises(errors.BadRequest) as caught:
        client.start_run("demo", " ")
    assert [(fault.loc, fault.msg) for fault in caught.value.errors] == [
        (["body", "instructions"], "must not be blank")
    ]


@pytest.mark.parametrize("status", [401, 403], ids=str)
def test_the_gateways_own_refusal_is_about_the_key(api: FakeApi, client: CodexSwarmClient, status: int) -> None:
    api.on("GET", "/projects", told({"message": "Forbidden"}, status))
    with pytest.raises(errors.AuthError, match="API key"):
        client.list_projects()


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        pytest.param(b"<html>Bad gateway</html>", "<html>Bad gateway</html>", id="a-page"),
        pytest.param(b"\xff", "�", id="no-text"),
        pytest.param(b"", "the service said nothing more", id="nothing"),
    ],
)
def test_a_body_that_is_not_ours_is_quoted(api: FakeApi, client: CodexSwarmClient, body: bytes, detail: str) -> None:
    api.on("POST", "/runs/run-1/cancel", Answer(502, body))
    with pytest.raises(Unavailable) as caught:
        client.cancel_run("run-1")
    assert caught.value.detail == detail


@pytest.mark.parametrize(
    "answer",
    [pytest.param(Answer(body=b"<html>"), id="a-page"), pytest.param(told({"id": 1}), id="other-json")],
)
def test_something_else_than_this_api_is_recognised(api: FakeApi, client: CodexSwarmClient, answer: Answer) -> None:
    api.on("GET", "/runs/run-1", answer)
    with pytest.raises(UnexpectedAnswer, match="base URL"):
        client.get_run("run-1")


@pytest.mark.parametrize(
    ("trouble", "naps"),
    [
        pytest.param([HANG_UP], [0.25], id="hung-up"),
        pytest.param([Answer(body=b"{", missing=9)], [0.25], id="broken-off"),
        pytest.param([refused(503, "unavailable")], [0.25], id="503"),
        pytest.param([refused(429, "too_many_requests", Retry_After="7")], [7.0], id="429-says-when"),
        pytest.param([refused(502, "x"), HANG_UP, refused(504, "x", Retry_After="0")], [0.25, 0.5, 0.0], id="three"),
        pytest.param([refused(429, "x", Retry_After="Wed, 01 Jan 2025 00:00:00 GMT")], [0.25], id="a-date"),
    ],
)
def test_passing_trouble_is_waited_out(
    api: FakeApi, client: CodexSwarmClient, clock: Clock, trouble: list[Answer], naps: list[float]
) -> None:
    api.on("GET", "/runs/run-1", *trouble, told(bodies.run()))
    assert client.get_run("run-1").id == "run-1"
    assert clock.naps == naps
    assert len(api.received) == len(trouble) + 1


def test_lasting_trouble_is_told_after_the_last_retry(api: FakeApi, client: CodexSwarmClient, clock: Clock) -> None:
    api.on("GET", "/runs/run-1", refused(503, "unavailable", "later"))
    with pytest.raises(Unavailable, match="later"):
        client.get_run("run-1")
    assert clock.naps == [0.25, 0.5, 1.0]
    assert len(api.received) == 4


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(refused(503, "not_configured"), id="not-configured"),
        pytest.param(refused(429, "x", Retry_After="31"), id="asked-to-wait-too-long"),
        pytest.param(refused(500, "internal"), id="500"),
        pytest.param(refused(404, "run_not_found"), id="404"),
    ],
)
def test_what_a_retry_cannot_mend_is_told_at_once(
    api: FakeApi, client: CodexSwarmClient, clock: Clock, answer: Answer
) -> None:
    api.on("GET", "/runs/run-1", answer)
    with pytest.raises(ApiError):
        client.get_run("run-1")
    assert (clock.naps, len(api.received)) == ([], 1)


@pytest.mark.parametrize(
    "lost", [pytest.param(HANG_UP, id="hung-up"), pytest.param(refused(503, "unavailable"), id="503")]
)
def test_a_lost_start_is_sent_again_under_the_same_key(api: FakeApi, client: CodexSwarmClient, lost: Answer) -> None:
    api.on("POST", "/projects/demo/runs", lost, told(bodies.run()))
    assert client.start_run("demo", "Go").id == "run-1"
    first, second = (request.headers["Idempotency-Key"] for request in api.received)
    assert first == second


def test_each_start_has_a_key_of_its_own(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("POST", "/projects/demo/runs", told(bodies.run()))
    client.start_run("demo", "Go")
    client.start_run("demo", "Go")
    client.start_run("demo", "Go", idempotency_key="mine")
    keys = [request.headers["Idempotency-Key"] for request in api.received]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(HANG_UP, TransportError, id="hung-up"),
        pytest.param(refused(503, "unavailable"), Unavailable, id="503"),
        pytest.param(refused(429, "too_many_requests", Retry_After="5"), RateLimited, id="429"),
    ],
)
def test_a_post_without_a_key_is_sent_once(
    api: FakeApi, client: CodexSwarmClient, answer: Answer, kind: type[Exception]
) -> None:
    api.on("POST", "/runs/run-1/cancel", answer)
    with pytest.raises(kind):
        client.cancel_run("run-1")
    assert len(api.received) == 1


def test_a_full_quota_says_when_to_come_back(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("POST", "/projects/demo/runs", refused(429, "too_many_active_runs", Retry_After="5"))
    with pytest.raises(RateLimited) as caught:
        client.start_run("demo", "Go")
    assert caught.value.retry_after == 5


def test_a_put_is_repeated_with_its_body(api: FakeApi, client: CodexSwarmClient) -> None:
    project = {"id": "demo", "created_at": "2025-01-13T10:00:00Z"}
    api.on("PUT", "/projects/demo", HANG_UP, told(project, 201))
    client.put_project("demo")
    first, second = (json.loads(request.body) for request in api.received)
    assert first == second


def test_nobody_there_is_a_transport_error_for_reads_and_starts(api: FakeApi, clock: Clock) -> None:
    api.server_close()
    with CodexSwarmClient(api.url, sleep=clock.sleep, retries=1) as client:
        with pytest.raises(TransportError, match="GET"):
            client.get_run("run-1")
        with pytest.raises(TransportError, match="POST"):
            client.start_run("demo", "Go")
    assert clock.naps == [0.25, 0.25]
