"""One exchange with the service: the key, retries, redirects, and errors as exceptions."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
from pydantic import TypeAdapter, ValidationError

from codex_swarm import __version__
from codex_swarm.errors import (
    ApiError,
    CodexSwarmError,
    Conflict,
    RateLimited,
    TransportError,
    Unavailable,
    UnexpectedAnswer,
    api_error,
    storage_error,
)
from codex_swarm.hooks import Exchange, hide_signatures, log
from codex_swarm.shaping import encoded, faults
from codex_swarm.transports import Outgoing, Transport

T = TypeVar("T")
Params = Mapping[str, str | list[str]]

LONGEST_PAUSE = 30.0
"""Seconds that a retry waits at most; when the service asks for longer, its error goes to the caller."""

LONGEST_PAUSE_OF_OUTAGE = 5.0
"""Seconds between two tries while the service is away."""

_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_NEVER_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_PASSING = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError, httpx.ProxyError)

hide_signatures()


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How long things are waited for, in seconds: for the next bytes (`timeout`), for one call with its retries
    (`call_timeout`), and for a service that is away while something is being watched (`outage`).
    """

    timeout: float
    retries: int
    call_timeout: float
    outage: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer with its whole body."""

    request: str
    """Method and path, for errors; without the query, which may hold a signature."""
    headers: httpx.Headers
    content: bytes
    status: int


@dataclass(frozen=True, slots=True)
class Connection:
    """One service, its key, and the way there.

    GET, PUT, DELETE and what may `repeat` are tried again after a broken connection and after 429, 502, 503 and 504;
    any other POST only when it cannot have arrived, because a second one might do its work a second time.
    """

    base_url: str
    api_key: str | None
    transport: Transport
    policy: CallPolicy
    clock: Callable[[], float] = time.monotonic
    on_exchange: Callable[[Exchange], None] | None = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool = False,
        ends: float | None = None,
    ) -> Answer:
        """A good answer with its whole body. Raises `ApiError` for a refusal, `TransportError` for none.

        With all its retries it takes no longer than `call_timeout`, or until `ends` on the client's clock.
        """
        asked = self._outgoing(method, path, params, headers)
        if body is not None:
            asked = replace(asked, content=encoded(body), headers={**asked.headers, "Content-Type": "application/json"})
        last = self.ends() if ends is None else ends
        attempt = 0
        while True:
            try:
                return await self._whole(asked, last, attempt)
            except (TransportError, ApiError) as error:
                pause = self.pause(error, attempt, may_repeat=repeat or method != "POST")
                if pause is None or self.clock() + pause >= last:
                    raise
            await self.transport.sleep(pause)
            attempt += 1

    async def read(self, shape: type[T], path: str, *, params: Params | None = None, of: str | None = None) -> T:
        """What GET answers, as `shape`; raises `UnexpectedAnswer` when it is something else, or not of the run `of`."""
        return parse(shape, await self.request("GET", path, params=params), of)

    async def poll(self, shape: type[T], path: str, ends: float, of: str | None = None) -> T:
        """As `read`, in one try, for those who ask again anyway."""
        return parse(shape, await self._whole(self._outgoing("GET", path, None, None), ends, 0), of)

    def ends(self) -> float:
        """When a call that begins now has to have ended, on the client's clock."""
        return self.clock() + self.policy.call_timeout

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        params: Params | None = None,
        read_seconds: float | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """A good answer to one GET, with its body still to come. Raises as `request` does, also while it is read."""
        asked = self._outgoing("GET", path, params, headers)
        asked = replace(asked, read_seconds=read_seconds or self.policy.timeout)
        async with self._opened(asked, 0) as response:
            yield response

    @asynccontextmanager
    async def signed(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """A good answer to GET of a signed URL, asked without the key."""
        timeout = self.policy.timeout
        async with self._opened(
            Outgoing("GET", url, dict(headers), connect_seconds=timeout, read_seconds=timeout), 0
        ) as response:
            yield response

    async def put_signed(
        self,
        url: str,
        headers: Mapping[str, str],
        content: Callable[[], Iterator[bytes]],
        on_sent: Callable[[int], None],
    ) -> None:
        """Sends bytes to a signed URL, all of them again after passing trouble. Raises as `request` does."""
        timeout = self.policy.timeout
        # Without the key: the signature is all that the storage wants to see, and it refuses both together.
        asked = Outgoing("PUT", url, dict(headers), content, on_sent, timeout, timeout)
        attempt = 0
        while True:
            try:
                async with self._opened(asked, attempt) as response:
                    async for _ in self.transport.chunks(response):
                        pass
            except (TransportError, ApiError) as error:
                if isinstance(error, ApiError) and error.status == HTTPStatus.PRECONDITION_FAILED:
                    # An attempt that nothing was heard of has arrived: a signed URL stores once.
                    return
                pause = self.pause(error, attempt)
                if pause is None:
                    raise
            else:
                return
            await self.transport.sleep(pause)
            attempt += 1

    def _outgoing(self, method: str, path: str, params: Params | None, headers: Mapping[str, str] | None) -> Outgoing:
        named = {"User-Agent": f"codex-swarm/{__version__}", **(headers or {})}
        if self.api_key:
            named["Authorization"] = f"Bearer {self.api_key}"
        query = f"?{urlencode(params, doseq=True, errors='strict')}" if params else ""
        timeout = self.policy.timeout
        return Outgoing(method, f"{self.base_url}{path}{query}", named, connect_seconds=timeout, read_seconds=timeout)

    async def _whole(self, asked: Outgoing, ends: float, attempt: int) -> Answer:
        left = ends - self.clock()
        if left <= 0:
            raise TransportError(f"no time is left for {_named(asked)}")
        bounded = replace(
            asked, connect_seconds=min(asked.connect_seconds, left), read_seconds=min(asked.read_seconds, left)
        )
        async with self._opened(bounded, attempt) as response:
            body = bytearray()
            async for chunk in self.transport.chunks(response):
                body += chunk
                if self.clock() > ends:
                    raise TransportError(f"{_named(asked)} was not answered in full in time")
            return Answer(_named(asked), response.headers, bytes(body), response.status_code)

    @asynccontextmanager
    async def _opened(self, asked: Outgoing, attempt: int) -> AsyncIterator[httpx.Response]:
        """A good answer; a redirect of GET is followed, without the key to another origin."""
        began = self.clock()
        try:
            response = await self._followed(asked, attempt)
            try:
                yield response
            finally:
                await self.transport.release(response)
        except httpx.RequestError as error:
            self._tell(Exchange.lost(_named(asked), attempt, self.clock() - began, type(error).__name__))
            raise TransportError(
                f"no answer to {_named(asked)}: {type(error).__name__}",
                arrived=not isinstance(error, _NEVER_ARRIVED),
                passing=isinstance(error, _PASSING),
            ) from error
        except httpx.InvalidURL:
            raise UnexpectedAnswer(f"{_named(asked)} was answered with an address that is none") from None

    async def _followed(self, asked: Outgoing, attempt: int) -> httpx.Response:
        for _ in range(_MOST_REDIRECTS):
            began = self.clock()
            response = await self.transport.send(asked)
            self._tell(Exchange.of(_named(asked), attempt, self.clock() - began, response))
            if response.is_success:
                return response
            if asked.method == "GET" and response.status_code in _REDIRECTS and "location" in response.headers:
                await self.transport.release(response)
                asked = self._redirected(asked, response.headers["location"])
                continue
            try:
                body = b"".join([chunk async for chunk in self.transport.chunks(response)])
            finally:
                await self.transport.release(response)
            refusal = api_error if self._is_ours(asked.url) else storage_error
            raise refusal(response.status_code, body, response.headers)
        raise UnexpectedAnswer(f"{_named(asked)} is redirected again and again; is the base URL right?")

    def _redirected(self, asked: Outgoing, said: str) -> Outgoing:
        try:
            location = urljoin(asked.url, said)
        except ValueError:
            raise UnexpectedAnswer(f"{_named(asked)} is redirected to what is no address") from None
        if self._is_ours(location):
            return replace(asked, url=location)
        # The key is none of the storage's business, and it refuses a signed URL that comes with one.
        headers = {name: value for name, value in asked.headers.items() if name != "Authorization"}
        return replace(asked, url=location, headers=headers)

    def _is_ours(self, url: str) -> bool:
        return urlsplit(url)[:2] == urlsplit(self.base_url)[:2]

    def _tell(self, exchange: Exchange) -> None:
        log(exchange)
        if self.on_exchange is not None:
            self.on_exchange(exchange)

    def pause(self, error: CodexSwarmError, attempt: int, *, may_repeat: bool = True) -> float | None:
        """Seconds before the try after `attempt` (from 0); None when there should be none."""
        if attempt >= self.policy.retries or not passing(error):
            return None
        if not may_repeat and not (isinstance(error, TransportError) and not error.arrived):
            return None
        asked = error.retry_after if isinstance(error, ApiError) else None
        if asked is not None and asked > LONGEST_PAUSE:
            return None
        return min(0.25 * 2**attempt, LONGEST_PAUSE) if asked is None else asked


def passing(error: CodexSwarmError) -> bool:
    """Whether the same request may work later."""
    if isinstance(error, TransportError):
        return error.passing
    if isinstance(error, Conflict):
        return error.code == "run_is_ending"
    return isinstance(error, (RateLimited, Unavailable)) and error.code != "not_configured"


class Outage:
    """How long a watcher goes on asking a service that is away: until `deadline`, else for the policy's `outage`."""

    def __init__(self, connection: Connection, deadline: float | None) -> None:
        self._connection = connection
        self._deadline = deadline
        self._ends: float | None = None
        self._attempt = 0

    def over(self) -> None:
        """The service has answered."""
        self._ends, self._attempt = None, 0

    async def wait_out(self, error: CodexSwarmError) -> None:
        """Sleeps until the next try. Raises the error when no try will help, or when the time for an outage is over."""
        faulty = isinstance(error, ApiError) and error.status == HTTPStatus.INTERNAL_SERVER_ERROR
        if not (passing(error) or faulty):
            raise error
        now = self._connection.clock()
        if self._ends is None:
            self._ends = now + self._connection.policy.outage if self._deadline is None else self._deadline
        if now >= self._ends:
            raise error
        asked = error.retry_after if isinstance(error, ApiError) else None
        pause = min(0.25 * 2**self._attempt, LONGEST_PAUSE_OF_OUTAGE) if asked is None else asked
        self._attempt += 1
        await self._connection.transport.sleep(min(pause, self._ends - now))


def parse(shape: type[T], answer: Answer, of: str | None = None) -> T:
    """The body as `shape`. Raises `UnexpectedAnswer` when it is something else, or, with `of`, is of another run."""
    try:
        value = TypeAdapter(shape).validate_json(answer.content)
    except ValidationError as error:
        told = f"{answer.request} was not answered as this API does; is the base URL right? {faults(error)}"
        # Not `from error`: that quotes the answer, which may have signatures and secrets.
        raise UnexpectedAnswer(told) from None
    if of is not None:
        for one in value if isinstance(value, list) else [value]:
            if of not in {getattr(one, "run_id", None), getattr(one, "source_run_id", None)}:
                raise UnexpectedAnswer(f"{answer.request} was answered with another run")
    return value


def _named(asked: Outgoing) -> str:
    return f"{asked.method} {urlsplit(asked.url)._replace(query='', fragment='').geturl()}"
