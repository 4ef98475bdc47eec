"""A service that is away for a while ends nothing; one that stays away does, when it was agreed."""

from __future__ import annotations

from typing import Any

import pytest

from codex_swarm.errors import ApiError, CodexSwarmError, NotFound, TransportError, Unavailable, WaitTimeout
from tests.client import bodies
from tests.client.conftest import Clock
from tests.client.fake_api import HANG_UP, Answer, FakeApi, refused, told
from tests.client.test_events import END, STREAM, progress, status, stream

RUN = "/runs/run-1"

AWAY = [
    pytest.param(refused(503, "unavailable"), id="503"),
    pytest.param(refused(500, "internal_error"), id="500"),
    pytest.param(refused(429, "too_many_requests", Retry_After="2"), id="429"),
    pytest.param(HANG_UP, id="hung-up"),
]


@pytest.mark.parametrize("away", AWAY)
def test_waiting_outlives_an_outage(api: FakeApi, either: Any, clock: Clock, away: Answer) -> None:
    api.on("GET", RUN, told(bodies.running(30)), *[away] * 12, told(bodies.run()))
    assert either.wait("run-1", timeout=120).status == "succeeded"
    assert clock.now > 6


@pytest.mark.parametrize("away", AWAY)
def test_events_outlive_an_outage(api: FakeApi, either: Any, clock: Clock, away: Answer) -> None:
    api.on("GET", STREAM, stream(status("queued", "1")), *[away] * 12, stream(progress(20, "2"), END))
    assert [event.id for event in either.events("run-1")] == ["1", "2"]
    assert clock.now > 6


def test_a_service_that_is_not_there_yet_is_waited_for(either: Any, api: FakeApi, clock: Clock) -> None:
    api.on("GET", RUN, *[refused(503, "unavailable")] * 8, told(bodies.run()))
    assert either.wait("run-1").progress == 100
    assert clock.now > 6


@pytest.mark.parametrize(
    ("call", "path"),
    [
        pytest.param(lambda c: c.wait("run-1"), RUN, id="wait"),
        pytest.param(lambda c: list(c.events("run-1")), STREAM, id="events"),
    ],
)
def test_without_a_timeout_patience_is_that_of_the_client(
    api: FakeApi, either: Any, clock: Clock, call: Any, path: str
) -> None:
    api.on("GET", path, refused(503, "unavailable", "away"))
    with pytest.raises(Unavailable, match="away"):
        call(either.with_options(outage=40))
    assert clock.now == pytest.approx(40)


def test_at_the_deadline_the_run_is_told_as_it_was_last_seen(api: FakeApi, either: Any, clock: Clock) -> None:
    api.on("GET", RUN, told(bodies.running(30)), refused(503, "unavailable"))
    with pytest.raises(WaitTimeout, match="30%"):
        either.wait("run-1", timeout=60)
    assert clock.now == pytest.approx(60)


def test_at_the_deadline_a_service_that_never_answered_is_told(api: FakeApi, either: Any) -> None:
    api.server_close()
    with pytest.raises(TransportError):
        either.wait("run-1", timeout=10)


def test_a_timeout_is_used_up(api: FakeApi, either: Any, clock: Clock) -> None:
    api.on("GET", RUN, told(bodies.running(30)))
    with pytest.raises(WaitTimeout) as caught:
        either.wait("run-1", timeout=2)
    assert clock.now == 2
    assert isinstance(caught.value, TimeoutError)


def test_events_end_at_their_timeout(api: FakeApi, either: Any, clock: Clock) -> None:
    api.on("GET", STREAM, stream(status("running", "1")), stream(": nothing new\n\n"))
    api.on("GET", RUN, told(bodies.running(30)))
    events = either.events("run-1", timeout=7)
    assert next(events).id == "1"
    with pytest.raises(WaitTimeout, match="30%"):
        next(events)
    assert clock.now == 7


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(refused(404, "run_not_found"), NotFound, id="404"),
        pytest.param(refused(503, "not_configured"), Unavailable, id="not-configured"),
        pytest.param(refused(403, "forbidden"), ApiError, id="403"),
    ],
)
def test_what_time_does_not_mend_is_told_at_once(
    api: FakeApi, either: Any, clock: Clock, answer: Answer, kind: type[CodexSwarmError]
) -> None:
    api.on("GET", RUN, answer)
    api.on("GET", STREAM, answer)
    with pytest.raises(kind):
        either.wait("run-1", timeout=60)
    with pytest.raises(kind):
        list(either.events("run-1", timeout=60))
    assert clock.now == 0


def test_one_call_takes_no_longer_than_agreed(api: FakeApi, either: Any, clock: Clock) -> None:
    api.on("POST", "/projects/demo/runs", refused(503, "unavailable", Retry_After="4"))
    with pytest.raises(Unavailable):
        either.with_options(call_timeout=10, retries=9).start_run("demo", "Go")
    assert clock.now == 8
    assert len(api.received) == 3


def test_a_run_that_is_another_one_is_refused(api: FakeApi, either: Any) -> None:
    api.on("GET", RUN, told(bodies.run(id="run-2")))
    with pytest.raises(CodexSwarmError, match="another run"):
        either.get_run("run-1")
    with pytest.raises(CodexSwarmError, match="another run"):
        either.wait("run-1")
