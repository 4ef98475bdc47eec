"""Where a webhook may go: to https on the public internet, and nowhere near this service's own network.

A name is resolved once for each attempt. Every address it has is checked, and the connection goes to one of those very
addresses, so that a name server that answers differently the next time changes nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from swarm.errors import InvalidCallbackUrl

MAX_URL = 2_000

_PORTS = {"https": 443, "http": 80}
_PRINTABLE = re.compile(r"[!-~]+")
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
# Addresses of IPv6 that lead to one of IPv4 (RFC 6052, 8215): what they say of themselves says nothing.
_TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48")))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Host name and port -> addresses as text. Raises `OSError`."""


class NotPublic(Exception):
    """A host has an address that no webhook may go to."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL: `host` as the receiver's certificate names it, `path` with its query."""

    host: str
    port: int
    path: str
    encrypted: bool


def target_of(url: str, *, loopback: bool = False) -> Target:
    """The URL taken apart. Raises `InvalidCallbackUrl`. `loopback` also takes http, for receivers on this machine."""
    if len(url) > MAX_URL or not _PRINTABLE.fullmatch(url):
        raise InvalidCallbackUrl(f"takes at most {MAX_URL} characters of ASCII, without white space")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").lower()
    except ValueError:
        raise InvalidCallbackUrl("cannot be read as a URL") from None
    if parts.scheme not in (_PORTS if loopback else {"https"}):
        raise InvalidCallbackUrl("has to begin with https://")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidCallbackUrl("may not carry a user, a password or a fragment")
    _check_host(host, loopback=loopback)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port or _PORTS[parts.scheme], path, encrypted=parts.scheme == "https")


def _check_host(host: str, *, loopback: bool) -> None:
    try:
        literal: Address | None = ipaddress.ip_address(host)
    except ValueError:
        literal = None
    if literal is None and not _HOST_NAME.fullmatch(host):
        raise InvalidCallbackUrl("names no host")
    local = host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
    if loopback or not (local or (literal is not None and not is_public(literal))):
        return
    raise InvalidCallbackUrl("has to lead to the public internet")


def addresses_of(target: Target, resolve: Resolve, *, loopback: bool = False) -> Sequence[str]:
    """The addresses that may be connected to. Raises `OSError` for none, and `NotPublic` where any of them may not."""
    found = resolve(target.host, target.port)
    parsed = [_parsed(text) for text in found]
    if not parsed:
        raise OSError("no address")
    for address in parsed:
        if not (address is not None and (is_public(address) or (loopback and address.is_loopback))):
            raise NotPublic
        if not target.encrypted and not address.is_loopback:
            raise NotPublic
    return found


def _parsed(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether the address is one of the public internet, for a single receiver."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped or address.sixtofour or address.teredo or address.scope_id:
            return False
        if address.is_site_local or any(address in network for network in _TRANSLATED):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says, IPv4 first: functions outside of a network of ours have no other."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ordered = sorted(found, key=lambda each: each[0] != socket.AF_INET)
    return list(dict.fromkeys(str(each[4][0]) for each in ordered))
