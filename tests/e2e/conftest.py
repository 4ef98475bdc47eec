"""Clients of laptop clouds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codex_swarm.client import CodexSwarmClient
from infra.local.cloud import LocalCloud


@pytest.fixture
def client(cloud: LocalCloud) -> Iterator[CodexSwarmClient]:
    """The client of an application, at the laptop cloud with the offline model."""
    with CodexSwarmClient(cloud.url) as connected:
        yield connected
