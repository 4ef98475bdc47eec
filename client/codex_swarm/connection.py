"""One HTTP exchange with the service: the key, retries, redirects, and errors as exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import JsonValue, TypeAdapter, ValidationError

from codex_swarm import __version__
from codex_swarm.errors import ApiError, RateLimited, TransportError, Unavailable, UnexpectedAnswer, api_error

T = TypeVar("T")
Params = Mapping[str, str | list[str]]

LONGEST_PAUSE = 30.0
"""Seconds that a retry waits at most; when the service asks for longer, its error goes to the caller."""

_NEVER_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_PASSING = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often something is tried again, and the pauses before: a quarter of a second, doubled each time."""

    retries: int
    sleep: Callable[[float], None]

    def pause(self, attempt: int, asked: float | None = None) -> None:
        """Sleeps before the try after `attempt` (from 0), or as many seconds as the service asked for."""
        self.sleep(min(0.25 * 2**attempt, LONGEST_PAUSE) if asked is None else asked)


class Connection:
    """A pool of connections to one service.

    GET, PUT and what carries an Idempotency-Key are tried again after a broken connection and after 429, 502, 503 and
    504; any other POST only when it cannot have arrived, because a second one might do its work a second time.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        *,
        timeout: float,
        backoff: Backoff,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"User-Agent": f"codex-swarm/{__version__}"}
        if api_key:
            headers["Authorization"] = f"Bearer {api_key}"
        self.backoff = backoff
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=timeout, transport=transport)

    def close(self) -> None:
        """Gives the connections back."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: JsonValue = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """A good answer with its whole body; raises `ApiError` for a refusal, `TransportError` for none."""
        request = self._http.build_request(method, path, params=params, json=body, headers=headers)
        return self._send(request, stream=False)

    def put_signed(self, url: str, headers: Mapping[str, str], content: Iterator[bytes]) -> None:
        """Sends bytes to a signed URL; raises `ApiError` when they are refused, `TransportError` for no answer."""
        request = self._http.build_request("PUT", url, headers=headers, content=content)
        # The signature is all that the storage wants to see; it refuses a request that comes with a key besides.
        request.headers.pop("Authorization", None)
        try:
            self._send_once(request, stream=False)
        except httpx.RequestError as error:
            raise _no_answer(request, error) from error

    def read(self, shape: type[T], path: str, *, params: Params | None = None) -> T:
        """What GET answers, as `shape`; raises `UnexpectedAnswer` when it is something else."""
        return parse(shape, self.request("GET", path, params=params))

    @contextmanager
    def stream(
        self, path: str, headers: Mapping[str, str] | None = None, *, read_timeout: float | None = None
    ) -> Iterator[httpx.Response]:
        """A good answer to GET with its body still to come; raises like `request`, also while it is read."""
        timeout = httpx.Timeout(self._http.timeout.connect, read=read_timeout or self._http.timeout.read)
        request = self._http.build_request("GET", path, headers=headers, timeout=timeout)
        response = self._send(request, stream=True)
        try:
            yield response
        except httpx.RequestError as error:
            raise _no_answer(response.request, error) from error
        finally:
            response.close()

    def _send(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        attempt = 0
        while True:
            try:
                return self._send_once(request, stream=stream)
            except httpx.RequestError as error:
                if attempt == self.backoff.retries or not _may_try_again(request, error):
                    raise _no_answer(request, error) from error
                asked = None
            except ApiError as refusal:
                if attempt == self.backoff.retries or not _may_ask_again(request, refusal):
                    raise
                asked = refusal.retry_after
            self.backoff.pause(attempt, asked)
            attempt += 1

    def _send_once(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        # Large files come by a redirect to the storage. httpx drops Authorization on the way to another
        # origin; the key is none of the storage's business, and it refuses a signed URL that comes with one.
        response = self._http.send(request, stream=stream, follow_redirects=request.method == "GET")
        if response.is_success:
            return response
        try:
            body = response.read()
        finally:
            response.close()
        raise api_error(response.status_code, body, response.headers.get("Retry-After"))


def parse(shape: type[T], response: httpx.Response) -> T:
    """The body as `shape`; raises `UnexpectedAnswer` when it is something else."""
    try:
        return TypeAdapter(shape).validate_json(response.content)
    except ValidationError as error:
        asked = f"{response.request.method} {response.request.url}"
        raise UnexpectedAnswer(f"{asked} was not answered as this API does; is the base URL right?") from error


def _may_try_again(request: httpx.Request, error: httpx.RequestError) -> bool:
    return isinstance(error, _PASSING if _may_repeat(request) else _NEVER_ARRIVED)


def _may_ask_again(request: httpx.Request, refusal: ApiError) -> bool:
    passing = isinstance(refusal, (RateLimited, Unavailable)) and refusal.code != "not_configured"
    return passing and _may_repeat(request) and (refusal.retry_after or 0) <= LONGEST_PAUSE


def _may_repeat(request: httpx.Request) -> bool:
    return request.method != "POST" or "Idempotency-Key" in request.headers


def _no_answer(request: httpx.Request, error: httpx.RequestError) -> TransportError:
    return TransportError(f"no answer from {request.method} {request.url.copy_with(query=None)}: {error!r}")
