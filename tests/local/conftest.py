"""Laptop clouds, shared by the whole session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.cloud import LocalCloud
from tests.local.clouds import Clouds


@pytest.fixture(scope="session")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clouds]:
    """Whoever needs a cloud of its own making asks here."""
    keeper = Clouds(tmp_path_factory.mktemp("logs"))
    yield keeper
    keeper.stop()


@pytest.fixture
def fixture_cloud(clouds: Clouds) -> LocalCloud:
    """A laptop cloud of the small template in tests/local/fixtures."""
    return clouds.fixture()


@pytest.fixture
def cloud(clouds: Clouds) -> LocalCloud:
    """The laptop cloud: the repository's own template, offline."""
    return clouds.real()
