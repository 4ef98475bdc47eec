"""The pytest plugin: `codex_swarm`, a client of a laptop cloud that lasts as long as the session, or xdist worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codex_swarm import CodexSwarmClient
from codex_swarm_local.cloud import LaptopCloud


@pytest.fixture(scope="session")
def codex_swarm_cloud() -> Iterator[LaptopCloud]:
    """The laptop cloud: `url`, for whatever is to be configured with it."""
    with LaptopCloud() as cloud:
        yield cloud


@pytest.fixture
def codex_swarm(codex_swarm_cloud: LaptopCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[CodexSwarmClient]:
    """A client of it. Meanwhile `CODEX_SWARM_URL` leads every other client there, too."""
    monkeypatch.setenv("CODEX_SWARM_URL", codex_swarm_cloud.url)
    monkeypatch.delenv("CODEX_SWARM_API_KEY", raising=False)
    with CodexSwarmClient(codex_swarm_cloud.url) as client:
        yield client
