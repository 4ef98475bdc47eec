"""The laptop cloud of a small template, for what the real one would only make slow."""

from __future__ import annotations

import pytest

from infra.local.cloud import LocalCloud
from tests.local.clouds import Clouds


@pytest.fixture
def fixture_cloud(clouds: Clouds) -> LocalCloud:
    """A laptop cloud of the small template in tests/local/fixtures."""
    return clouds.fixture()
