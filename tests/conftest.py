"""What holds for every test: nothing of the developer's own account, key or settings reaches it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from codex_swarm.client import CodexSwarmClient
    from infra.local.cloud import LocalCloud
    from tests.local.clouds import Clouds

# Collecting garbage as often as usual takes a tenth of the time, with all that moto and botocore have loaded.
gc.set_threshold(100_000, 50, 100)

for name in list(os.environ):
    if name.startswith(("AWS_", "OPENAI_", "CROSS_RUN_", "CODEX_SWARM_", "POWERTOOLS_")):
        del os.environ[name]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--batch-files", default="16", help="files of the largest conversion (16; it has to stand 200)")
    parser.addoption("--chaos-runs", default="12", help="runs under random kills (12; the figures are of 200)")
    parser.addoption("--game-runs", default="24", help="runs of the game day (24; ./run.sh gameday has 100)")
    parser.addoption("--game-outage", default="0", help="seconds for which its provider is down (until 30 are refused)")
    parser.addoption("--chaos-seed", default="", help="seed of the random kills; a new one when left out")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Laptop clouds come last: moto's state is one per process, and a test that makes its own wipes theirs.

    Of theirs the longest comes first, so that of two processes none waits long for the other at the end.
    """
    last = {item.path for item in items if "clouds" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (item.path in last, item.path in last and item.path.parent.name != "durability"))


@pytest.fixture(scope="session")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clouds]:
    """The laptop clouds of this process, of which one runs at a time; whoever needs one of its own making asks here."""
    # Slow to import, and most tests need none.
    from tests.local.clouds import Clouds  # noqa: PLC0415

    keeper = Clouds(tmp_path_factory.mktemp("logs"))
    yield keeper
    keeper.stop()


@pytest.fixture
def cloud(clouds: Clouds) -> LocalCloud:
    """The laptop cloud: the repository's own template, offline."""
    return clouds.real()


@pytest.fixture
def client(cloud: LocalCloud) -> Iterator[CodexSwarmClient]:
    """The client of an application, at that laptop cloud."""
    # Slow to import, and most tests need none.
    from codex_swarm.client import CodexSwarmClient  # noqa: PLC0415

    with CodexSwarmClient(cloud.url) as connected:
        yield connected
