"""Waiting: every change is told once and in order, and the end is the answer."""

from __future__ import annotations

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import RunFailed, WaitTimeout
from tests.client import bodies
from tests.client.conftest import Clock
from tests.client.fake_api import FakeApi, refused, told


def test_changes_are_told_once_and_in_order(api: FakeApi, client: CodexSwarmClient, clock: Clock) -> None:
    states = [
        bodies.run(status="queued", progress=0),
        *(bodies.running(p) for p in (0, 20, 20, 30, 70)),
        bodies.run(),
    ]
    api.on("GET", "/runs/run-1", *map(told, states))
    seen: list[tuple[str, int]] = []
    run = client.wait("run-1", poll=2, on_progress=lambda run: seen.append((run.status, run.progress)))
    assert run.status == "succeeded"
    assert seen == [
        ("queued", 0),
        ("running", 0),
        ("running", 20),
        ("running", 30),
        ("running", 70),
        ("succeeded", 100),
    ]
    assert clock.naps == [2] * 6


@pytest.mark.parametrize("body", [bodies.failed(), bodies.run(status="cancelled")], ids=["failed", "cancelled"])
def test_an_unhappy_end_is_an_answer_unless_checked(api: FakeApi, client: CodexSwarmClient, body: object) -> None:
    api.on("GET", "/runs/run-1", told(body))
    run = client.wait("run-1")
    with pytest.raises(RunFailed) as caught:
        client.wait("run-1", check=True)
    assert caught.value.run == run


def test_a_failure_tells_its_reasons(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", "/runs/run-1", told(bodies.failed()))
    with pytest.raises(RunFailed, match="the provider did not answer"):
        client.wait("run-1", check=True)


def test_a_checked_success_returns(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", "/runs/run-1", told(bodies.run()))
    assert client.wait("run-1", check=True).status == "succeeded"


@pytest.mark.parametrize(("timeout", "polls"), [(0, 1), (2.5, 4)], ids=["not-at-all", "for-a-while"])
def test_patience_ends(api: FakeApi, client: CodexSwarmClient, clock: Clock, timeout: float, polls: int) -> None:
    api.on("GET", "/runs/run-1", told(bodies.running(30)))
    with pytest.raises(WaitTimeout, match="30%") as caught:
        client.wait("run-1", timeout)
    assert (caught.value.run.progress, caught.value.seconds) == (30, timeout)
    assert len(api.received) == polls
    assert clock.now <= timeout


def test_a_service_that_pauses_does_not_end_the_wait(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", "/runs/run-1", told(bodies.running(30)), refused(503, "unavailable"), told(bodies.run()))
    assert client.wait("run-1").progress == 100
