"""Where a webhook may go, and where it may not."""

from __future__ import annotations

import pytest

from swarm.errors import InvalidCallbackUrl
from swarm.webhooks.address import NotPublic, Target, addresses_of, target_of

PUBLIC = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]
OURS = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "192.0.2.1",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.215.14",
    "::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "no address",
]
TARGET = Target("example.com", 443, "/", encrypted=True)


def test_a_url_is_taken_apart() -> None:
    assert target_of("https://Example.com/a/b?c=d&e") == Target("example.com", 443, "/a/b?c=d&e", encrypted=True)
    assert target_of("https://example.com:8443") == Target("example.com", 8443, "/", encrypted=True)
    assert target_of("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/x").host == PUBLIC[1]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "example.com/hook",
        "//example.com",
        "https://",
        "https:///path",
        "https://user:password@example.com/",
        "https://example.com/#part",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://exam ple.com/",
        "https://example.com/\r\nHost: other",
        "https://exämple.com/",
        "https://example.com/" + "x" * 2_000,
        "https://[::1/",
        "https://a..b/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://a.localhost/",
        "file:///etc/passwd",
        "\x00",
        "",
    ],
    ids=repr,
)
def test_what_is_no_public_https_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidCallbackUrl):
        target_of(url)


def test_on_a_laptop_http_may_go_to_loopback_and_nowhere_else() -> None:
    target = target_of("http://localhost:8000/hook", loopback=True)
    assert addresses_of(target, lambda *_: ["127.0.0.1"], loopback=True) == ["127.0.0.1"]
    with pytest.raises(NotPublic):
        addresses_of(target, lambda *_: PUBLIC, loopback=True)
    with pytest.raises(NotPublic):
        addresses_of(target, lambda *_: ["192.168.1.1"], loopback=True)


def test_public_addresses_are_taken_as_they_are() -> None:
    assert addresses_of(TARGET, lambda *_: PUBLIC) == PUBLIC


@pytest.mark.parametrize("address", OURS)
def test_one_address_of_ours_among_public_ones_is_one_too_many(address: str) -> None:
    with pytest.raises(NotPublic):
        addresses_of(TARGET, lambda *_: [*PUBLIC, address])


def test_a_name_without_addresses_does_not_resolve() -> None:
    with pytest.raises(OSError, match="no address"):
        addresses_of(TARGET, lambda *_: [])
