"""Requests on an event loop of asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import httpx
from httpx_sse import EventSource, ServerSentEvent

from codex_swarm.errors import ClientClosed
from codex_swarm.transports import Job, Outgoing, made

P = ParamSpec("P")
T = TypeVar("T")


class AsyncTransport:
    """On asyncio. Connections belong to the event loop that opened them: each has its own, also after a fork."""

    def __init__(
        self,
        *,
        proxies: bool,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._proxies = proxies
        self._transport = transport
        self._sleep = sleep
        self._closed = False
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()
        # A setting that cannot be used is told when the client is made, and not in the first call.
        made(httpx.AsyncClient, proxies, transport)

    def _client(self) -> httpx.AsyncClient:
        if self._closed:
            raise ClientClosed("this client has been closed; make another one")
        loop = asyncio.get_running_loop()
        if loop not in self._of_loop:
            self._of_loop[loop] = made(httpx.AsyncClient, self._proxies, self._transport)
        return self._of_loop[loop]

    async def send(self, request: Outgoing) -> httpx.Response:
        content: bytes | AsyncIterator[bytes] = (
            request.content if isinstance(request.content, bytes) else _read_aside(request.content(), request.on_sent)
        )
        client = self._client()
        made = client.build_request(
            request.method, request.url, headers=request.headers, content=content or None, timeout=request.timeout
        )
        return await client.send(made, stream=True)

    async def chunks(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        async for chunk in response.aiter_bytes():
            yield chunk

    async def messages(self, response: httpx.Response) -> AsyncGenerator[ServerSentEvent, None]:
        async with aclosing(EventSource(response).aiter_sse()) as messages:
            async for message in messages:
                yield message

    async def release(self, response: httpx.Response) -> None:
        await response.aclose()

    async def sleep(self, seconds: float) -> None:
        await self._sleep(seconds)

    async def in_thread(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(call, *args, **kwargs)

    async def gather(self, jobs: Iterable[Job], parallel: int) -> None:
        waiting = iter(jobs)

        async def work() -> None:
            for job in waiting:
                await job()

        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(parallel):
                    tasks.create_task(work())
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def close(self) -> None:
        self._closed = True
        mine = self._of_loop.pop(asyncio.get_running_loop(), None)
        if mine is not None:
            await mine.aclose()


async def _read_aside(chunks: Iterator[bytes], on_sent: Callable[[int], None]) -> AsyncIterator[bytes]:
    """As `_told`; only the reading is done in a thread."""
    while chunk := await asyncio.to_thread(next, chunks, b""):
        yield chunk
        on_sent(len(chunk))
