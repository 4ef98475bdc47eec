"""Receivers with and without TLS, and a deployment that may send to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import Stack
from tests.support.stack import stack as deployed
from tests.webhooks.receivers import Receiver, make_authority, receiving


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The authority's certificate, and the receiver's with its key."""
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """This process trusts the authority, by the variable that OpenSSL itself reads; the receiver's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[0]))
    return authority[1]


@pytest.fixture
def receiver(trusted: Path) -> Iterator[Receiver]:
    with receiving(trusted) as found:
        yield found


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed(monkeypatch, STAGE="local", WEBHOOK_LOOPBACK="1") as fresh:
        yield fresh
