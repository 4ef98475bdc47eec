"""A scripted service, a clock that only the client moves, and a client of both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from codex_swarm.async_client import AsyncCodexSwarmClient
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


class Awaited:
    """An asynchronous client, each of whose calls is awaited at once, so that the same test asks either client."""

    def __init__(self, client: AsyncCodexSwarmClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def awaited(*args: Any, **kwargs: Any) -> Any:
            given = method(*args, **kwargs)
            if isinstance(given, AsyncCodexSwarmClient):
                return Awaited(given, self._loop)
            if inspect.isasyncgen(given):
                return self._each(given)
            return self._loop.run_until_complete(given)

        return awaited

    def _each(self, items: Any) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._loop.run_until_complete(anext(items))
                except StopAsyncIteration:
                    return
        finally:
            self._loop.run_until_complete(items.aclose())


@pytest.fixture(params=["blocking", "asyncio"])
def either(request: pytest.FixtureRequest, api: FakeApi, clock: Clock) -> Iterator[Any]:
    """Each of the two clients in turn."""
    if request.param == "blocking":
        with CodexSwarmClient(api.url, "key-1", timeout=5, sleep=clock.sleep, clock=clock) as client:
            yield client
        return

    async def sleep(seconds: float) -> None:
        clock.sleep(seconds)

    with asyncio.Runner() as runner:
        awaited = AsyncCodexSwarmClient(api.url, "key-1", timeout=5, sleep=sleep, clock=clock)
        yield Awaited(awaited, runner.get_loop())
        runner.run(awaited.close())


@pytest.fixture
def client(api: FakeApi, clock: Clock) -> Iterator[CodexSwarmClient]:
    with CodexSwarmClient(api.url, "key-1", timeout=5, sleep=clock.sleep, clock=clock) as client:
        yield client
