"""The laptop cloud in which processes can be made to die."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.durability.world import World, faults_in
from tests.local.clouds import Clouds


@pytest.fixture(scope="session")
def world(clouds: Clouds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    tokens = tmp_path_factory.mktemp("faults")
    cloud = clouds.get("faults", function_environment=faults_in(tokens), parameters={"MaxActiveRuns": "500"})
    made = World(cloud, tokens)
    yield made
    made.close()
