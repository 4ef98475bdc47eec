"""How requests travel: by blocking calls, or on an event loop. All else of the client is written once, over either.

The client's own code is coroutines throughout. On an event loop they are awaited as usual. `BlockingTransport` does
everything at once and never suspends, so a coroutine over it runs from start to end in one step: `drive` is all that
the blocking client needs.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ParamSpec, Protocol, TypeVar
from weakref import WeakSet

import httpx
from httpx_sse import EventSource, ServerSentEvent

from codex_swarm import settings
from codex_swarm.errors import ClientClosed, InvalidArgument

P = ParamSpec("P")
T = TypeVar("T")

Job = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request, ready to go. `content` is called once for each time that it is sent; `on_sent` is told its bytes."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    content: bytes | Callable[[], Iterator[bytes]] = b""
    on_sent: Callable[[int], None] = lambda _: None
    connect_seconds: float = 30.0
    read_seconds: float = 30.0

    @property
    def timeout(self) -> httpx.Timeout:
        """The longest waits for a connection and for the next bytes."""
        return httpx.Timeout(self.connect_seconds, read=self.read_seconds)


class Transport(Protocol):
    """What differs between blocking calls and an event loop."""

    async def send(self, request: Outgoing) -> httpx.Response:
        """The answer, its body still to come. Redirects are not followed. Raises `httpx.RequestError`."""

    def chunks(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        """The body, as it comes. Raises `httpx.RequestError`."""

    def messages(self, response: httpx.Response) -> AsyncGenerator[ServerSentEvent, None]:
        """The body as Server-Sent Events. Raises `httpx.RequestError` and `SSEError`."""

    async def release(self, response: httpx.Response) -> None:
        """Gives the connection back, whether the body was read or not."""

    async def sleep(self, seconds: float) -> None:
        """Waits."""

    async def in_thread(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a call that may take a while, such as reading a file."""

    async def gather(self, jobs: Iterable[Job], parallel: int) -> None:
        """Does all jobs, `parallel` at a time. Raises what the first one that fails raises, and begins no more."""

    async def close(self) -> None:
        """Gives all connections back; nothing can be sent any more."""


def drive(call: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never suspends, as none over a `BlockingTransport` does."""
    try:
        call.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    call.close()
    raise RuntimeError("a coroutine of the blocking client has suspended")


def drive_each(items: AsyncGenerator[T, None]) -> Generator[T, None, None]:
    """The items of an asynchronous generator that never suspends."""

    async def following() -> T:
        return await anext(items)

    async def closed() -> None:
        await items.aclose()

    try:
        while True:
            try:
                item = drive(following())
            except StopAsyncIteration:
                return
            yield item
    finally:
        drive(closed())


_POOLS: WeakSet[BlockingTransport] = WeakSet()


class BlockingTransport:
    """Blocking calls, from any thread. After a fork, parent and child have connections of their own.

    A child that wrote to its parent's connections would get answers that were meant for its parent or its siblings.
    """

    def __init__(
        self,
        *,
        proxies: bool,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._proxies = proxies
        self._transport = transport
        self._sleep = sleep
        self._closed = False
        self.after_fork()
        _POOLS.add(self)
        self._client()

    def after_fork(self) -> None:
        """Leaves the connections to the parent. They are not closed: that would end them for the parent, too."""
        self._lock = threading.Lock()
        self._http: httpx.Client | None = None

    def _client(self) -> httpx.Client:
        with self._lock:
            if self._closed:
                raise ClientClosed("this client has been closed; make another one")
            if self._http is None:
                self._http = made(httpx.Client, self._proxies, self._transport)
            return self._http

    async def send(self, request: Outgoing) -> httpx.Response:
        content: bytes | Iterator[bytes] = (
            request.content if isinstance(request.content, bytes) else _counted(request.content(), request.on_sent)
        )
        client = self._client()
        made = client.build_request(
            request.method, request.url, headers=request.headers, content=content or None, timeout=request.timeout
        )
        return client.send(made, stream=True)

    async def chunks(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        for chunk in response.iter_bytes():
            yield chunk

    async def messages(self, response: httpx.Response) -> AsyncGenerator[ServerSentEvent, None]:
        for message in EventSource(response).iter_sse():
            yield message

    async def release(self, response: httpx.Response) -> None:
        response.close()

    async def sleep(self, seconds: float) -> None:
        self._sleep(seconds)

    async def in_thread(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return call(*args, **kwargs)

    async def gather(self, jobs: Iterable[Job], parallel: int) -> None:
        waiting, lock, stopped = iter(jobs), threading.Lock(), threading.Event()

        def work() -> None:
            while not stopped.is_set():
                with lock:
                    job = next(waiting, None)
                if job is None:
                    return
                try:
                    drive(job())
                except BaseException:
                    stopped.set()
                    raise

        with ThreadPoolExecutor(parallel, thread_name_prefix="codex-swarm") as threads:
            working = [threads.submit(work) for _ in range(parallel)]
            try:
                for each in working:
                    each.result()
            finally:
                stopped.set()

    async def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._http is not None:
                self._http.close()


def _leave_to_parent() -> None:
    for pool in list(_POOLS):
        pool.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)


def _counted(chunks: Iterator[bytes], on_sent: Callable[[int], None]) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        on_sent(len(chunk))


C = TypeVar("C", httpx.Client, httpx.AsyncClient)


def made(kind: type[C], proxies: bool, transport: Any) -> C:
    """A pool of connections. Raises `InvalidArgument` for variables of the environment that cannot be used."""
    try:
        return kind(
            transport=transport, trust_env=proxies, verify=settings.trusted_certificates(), follow_redirects=False
        )
    except (ValueError, ImportError, OSError, httpx.InvalidURL) as error:
        # What is wrong is in a variable that may hold a password: it is not quoted.
        raise InvalidArgument(
            f"a variable of the environment cannot be used ({type(error).__name__}): look at HTTPS_PROXY, HTTP_PROXY,"
            " ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR"
        ) from None
