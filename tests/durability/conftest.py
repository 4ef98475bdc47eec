"""Laptop clouds in which runs end: one in which processes can be made to die, and one in which none does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability.world import World, deaths_in
from tests.local.clouds import Clouds


@pytest.fixture(scope="session")
def due(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deaths")


@pytest.fixture(scope="module")
def world(clouds: Clouds, due: Path) -> Iterator[World]:
    cloud = clouds.get("deaths", function_environment=deaths_in(due), parameters={"MaxActiveRuns": "500"})
    made = World(cloud, due)
    yield made
    made.close()


@pytest.fixture(scope="module")
def quiet_world(clouds: Clouds, due: Path) -> Iterator[World]:
    """One in which nothing goes on but what the test starts: no process that was held up writes late."""
    made = World(clouds.get("quiet"), due)
    yield made
    made.close()
