"""A scripted service, a clock that only the client moves, and a client of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from codex_swarm.client import CodexSwarmClient
from tests.client.fake_api import FakeApi, serving


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    now: float = 0.0
    naps: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's own reaches a test."""
    monkeypatch.delenv("CODEX_SWARM_URL", raising=False)
    monkeypatch.delenv("CODEX_SWARM_API_KEY", raising=False)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serving() as api:
        yield api


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(api: FakeApi, clock: Clock) -> Iterator[CodexSwarmClient]:
    with CodexSwarmClient(api.url, "key-1", timeout=5, sleep=clock.sleep, clock=clock) as client:
        yield client
