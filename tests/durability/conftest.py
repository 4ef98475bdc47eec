"""Laptop clouds in which runs end: one in which processes can be made to die, and one in which none does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability.world import World, faults_in
from tests.local.clouds import Clouds


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def world(clouds: Clouds, tokens: Path) -> Iterator[World]:
    cloud = clouds.get("faults", function_environment=faults_in(tokens), parameters={"MaxActiveRuns": "500"})
    made = World(cloud, tokens)
    yield made
    made.close()


@pytest.fixture(scope="module")
def quiet_world(clouds: Clouds, tokens: Path) -> Iterator[World]:
    """One in which nothing goes on but what the test starts: no process that was held up writes late."""
    made = World(clouds.get("quiet"), tokens)
    yield made
    made.close()
