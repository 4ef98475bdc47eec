"""One POST to a receiver that nobody vouches for: to a checked address, within a set time, and nothing more.

Redirects are not followed, proxies are not asked, and of the answer only the status line and the headers are read.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Timer
from typing import TYPE_CHECKING

from swarm.webhooks.address import NotPublic, Resolve, Target, addresses_of, resolve_by_system

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
"""From the connection on. A receiver that has more to do should answer first."""

EARLY = range(102, 200)
"""Statuses of answers that only announce the answer, such as 103 (RFC 9110, 15.2)."""

_SECONDS = re.compile(r"[0-9]{1,7}")


class NotSent(Exception):
    """The receiver gave no answer; the text says why, and nothing about our network."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver answered. `retry_after` is in seconds, where it asked for a pause."""

    status: int
    retry_after: float | None = None


def post(
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    *,
    resolve: Resolve = resolve_by_system,
    loopback: bool = False,
    seconds: float = TOTAL_SECONDS,
) -> Answer:
    """Send it once. Raises `NotSent`."""
    try:
        addresses = addresses_of(target, resolve, loopback=loopback)
    except NotPublic:
        raise NotSent("the host has an address that is not public") from None
    except (OSError, UnicodeError):
        raise NotSent("the host does not resolve") from None
    with _connected(target, addresses) as plain, _deadline(plain, seconds) as late:
        try:
            answer = _exchange(target, plain, headers, body)
        except ssl.SSLCertVerificationError as error:
            raise NotSent(f"the certificate is not trusted: {error.verify_message}") from None
        except (OSError, HTTPException, ValueError) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise NotSent(f"no answer within {seconds:g} s") from None
            raise NotSent(f"the connection failed ({type(error).__name__})") from None
        if late.is_set():
            # http.client takes headers that break off for headers that have ended.
            raise NotSent(f"no answer within {seconds:g} s")
        return answer


@contextmanager
def _connected(target: Target, addresses: Sequence[str]) -> Iterator[socket.socket]:
    """A connection to the first of the addresses that takes one."""
    problem = ""
    for address in addresses:
        try:
            # The address itself: nothing is resolved again.
            connection = socket.create_connection((address, target.port), timeout=CONNECT_SECONDS)
        except OSError as error:
            problem = type(error).__name__
            continue
        with connection:
            yield connection
        return
    raise NotSent(f"no connection ({problem})")


@contextmanager
def _deadline(connection: socket.socket, seconds: float) -> Iterator[Event]:
    """Cut the connection after so long, whatever it is doing. A socket's own timeout begins anew each byte."""
    late = Event()
    # The file descriptor as it is now: TLS takes it away from this object.
    cut = connection.dup()

    def hang_up() -> None:
        late.set()
        with suppress(OSError):
            cut.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        cut.close()


def _exchange(target: Target, plain: socket.socket, headers: Mapping[str, str], body: bytes) -> Answer:
    plain.settimeout(TOTAL_SECONDS)
    exchange: HTTPConnection
    if target.encrypted:
        trust = ssl.create_default_context()
        exchange = HTTPSConnection(target.host, target.port, context=trust)
        exchange.sock = trust.wrap_socket(plain, server_hostname=target.host)
    else:
        exchange = HTTPConnection(target.host, target.port)
        exchange.sock = plain
    try:
        exchange.request("POST", target.path, body, dict(headers))
        response = exchange.getresponse()
        while response.status in EARLY:
            # http.client passes over 100 by itself. Whoever sends others without end is cut off by the deadline.
            response.headers = None  # type: ignore[assignment]
            response.begin()
        # Retry-After may also be a date; what is then meant is some pause, and there is one anyway.
        asked = response.getheader("Retry-After")
        return Answer(response.status, float(asked) if asked is not None and _SECONDS.fullmatch(asked) else None)
    finally:
        exchange.close()
