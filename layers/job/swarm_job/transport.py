"""HTTP to the bucket: signed GETs in, one signed POST out. No redirect, no proxy, no other scheme.

Addresses are keys for as long as they live, so no error here repeats one.
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

from swarm_job.contract import JobRefused

TIMEOUT_SECONDS = 30.0
ATTEMPTS = 4
WORTH_ANOTHER_TRY = {408, 429, 500, 502, 503, 504}
_CHUNK = 1 << 16
_T = TypeVar("_T")


class Unreachable(Exception):
    """The bucket did not do what was asked, after several attempts where that could help."""


def fetch(url: str, limit: int) -> bytes:
    """A whole object of at most `limit` bytes. Raises `Unreachable` and `JobRefused`."""

    def read() -> bytes:
        with _opener().open(_request(url), timeout=TIMEOUT_SECONDS) as response:
            content: bytes = response.read(limit + 1)
        if len(content) > limit:
            raise JobRefused(f"an object is larger than {limit} bytes")
        return content

    return _persistently("GET", read)


def download(url: str, size: int, target: BinaryIO) -> str:
    """Write an object of exactly `size` bytes to a fresh file and give its SHA-256. Raises `Unreachable`."""

    def copy() -> str:
        target.seek(0)
        target.truncate()
        digest = hashlib.sha256()
        got = 0
        with _opener().open(_request(url), timeout=TIMEOUT_SECONDS) as response:
            while got <= size and (chunk := response.read(_CHUNK)):
                got += len(chunk)
                digest.update(chunk)
                target.write(chunk)
        if got != size:
            raise http.client.IncompleteRead(b"", size - got)
        return digest.hexdigest()

    return _persistently("GET", copy)


def post(url: str, content_type: str, length: int, body: Callable[[], Iterable[bytes]]) -> None:
    """POST `length` bytes; `body` is asked again for every attempt. Raises `Unreachable`."""

    def send() -> None:
        request = _request(url, method="POST")
        request.data = _Chunks(body())
        request.add_unredirected_header("Content-Type", content_type)
        request.add_unredirected_header("Content-Length", str(length))
        with _opener().open(request, timeout=TIMEOUT_SECONDS) as response:
            response.read(_CHUNK)

    _persistently("POST", send)


class _Chunks:
    """An iterable and nothing more: urllib takes a generator for a file where it can."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)


def _persistently(what: str, attempt: Callable[[], _T]) -> _T:
    reason = ""
    for number in range(ATTEMPTS):
        if number:
            time.sleep(0.2 * 2**number)
        try:
            return attempt()
        except urllib.error.HTTPError as error:
            error.close()
            reason = f"status {error.code}"
            if error.code not in WORTH_ANOTHER_TRY:
                break
        except (OSError, http.client.HTTPException) as error:
            cause = getattr(error, "reason", error)
            reason = type(cause).__name__
    raise Unreachable(f"{what} failed: {reason}")


def _request(url: str, method: str = "GET") -> urllib.request.Request:
    """A request to an address that may be asked. Raises `JobRefused`."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        raise JobRefused("an address is neither https nor on this machine")
    # It has just been seen to be http or https.
    return urllib.request.Request(url, method=method)  # noqa: S310


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _opener() -> urllib.request.OpenerDirector:
    """Put together by hand: the usual one follows redirects, asks proxies, and opens files."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPDefaultErrorHandler,
    ):
        opener.add_handler(handler())
    return opener
