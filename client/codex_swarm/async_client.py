"""The client on asyncio: the same methods as `CodexSwarmClient`, to be awaited.

async with AsyncCodexSwarmClient() as swarm:
    run = await swarm.start_run("my-workspace", "Create a markdown file called hello.md with a greeting")
    async for event in swarm.events(run.run_id):
        print(event.type)
    print(await swarm.get_file_text(run.run_id, "hello.md"))
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import TracebackType
from typing import Self, Unpack

import httpx

from codex_swarm import settings
from codex_swarm.async_transport import AsyncTransport
from codex_swarm.calls.batches import BatchCalls
from codex_swarm.calls.conversions import ConversionCalls
from codex_swarm.calls.costs import CostCalls
from codex_swarm.calls.keys import KeyCalls
from codex_swarm.calls.schedules import ScheduleCalls
from codex_swarm.calls.searching import SearchCalls
from codex_swarm.calls.skills import SkillCalls
from codex_swarm.calls.tenants import TenantCalls
from codex_swarm.calls.webhooks import WebhookCalls
from codex_swarm.connection import Connection
from codex_swarm.hooks import Exchange
from codex_swarm.options import Options, call_policy


class AsyncCodexSwarmClient(
    SkillCalls,
    BatchCalls,
    ScheduleCalls,
    ConversionCalls,
    SearchCalls,
    WebhookCalls,
    KeyCalls,
    CostCalls,
    TenantCalls,
):
    """A connection to one service, and what can be asked of it, on asyncio. An asynchronous context manager.

    Its arguments are those of `CodexSwarmClient`. It may be used from several event loops, one after another or in
    threads of their own; each has connections of its own.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        on_exchange: Callable[[Exchange], None] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        **options: Unpack[Options],
    ) -> None:
        self.base_url = settings.base_url(base_url)
        self._connection = Connection(
            self.base_url,
            settings.api_key(api_key),
            AsyncTransport(proxies=not settings.is_loopback(self.base_url), transport=transport, sleep=sleep),
            call_policy(None, options),
            clock,
            on_exchange,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.base_url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections of this event loop; nothing can be asked any more."""
        await self._connection.transport.close()

    def with_options(self, **options: Unpack[Options]) -> Self:
        """A client of the same service, key and connections, with other timeouts and retries."""
        connection = replace(self._connection, policy=call_policy(self._connection.policy, options))
        other = copy.copy(self)
        vars(other).update(_connection=connection)
        return other
