"""Every permission that the template gives is needed by somebody; docs/permissions.md says by whom."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from codex_swarm.client import CodexSwarmClient
from infra.local.permissions.policy import Grant
from tests.grants import table
from tests.grants.options import OPTION_SCENES, SERVICES, option_stage
from tests.grants.scenes import CLOUD, PROJECT, SCENES, Stage, needed
from tests.local.clouds import Clouds

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]


def test_every_permission_is_needed_in_some_scene(clouds: Clouds, tmp_path: Path) -> None:
    cloud = clouds.get("grants", **CLOUD)
    scenes: dict[Grant, set[str]] = defaultdict(set)
    with CodexSwarmClient(cloud.url) as client:
        client.put_project(PROJECT)
        stage = Stage(cloud, client, tmp_path)
        for scene in SCENES:
            for grant in needed(stage, scene):
                scenes[table.named(cloud, grant)].add(scene.__name__)
    given = {table.named(cloud, grant) for grant in cloud.permissions.grants() if not table.is_the_platforms(grant)}
    assert given - scenes.keys() == set(), "nobody notices when these are gone: take them out of the template"
    assert listed(optional=False) == {(grant.role, grant.action, grant.resource) for grant in given}


def test_every_permission_that_a_parameter_brings_is_needed_in_some_scene(clouds: Clouds, tmp_path: Path) -> None:
    clouds.stop()
    used: set[Grant] = set()
    with option_stage(tmp_path) as stage:
        for scene in OPTION_SCENES:
            used |= {table.named(stage.cloud, grant) for grant in needed(stage, scene)}
        brought = filter(table.is_optional, stage.cloud.permissions.grants())
        given = {table.named(stage.cloud, grant) for grant in brought}
    assert given - used == set(), "nobody notices when these are gone: take them out of the template"
    assert listed(optional=True) == {(grant.role, grant.action, grant.resource) for grant in given}


def listed(*, optional: bool) -> set[table.Row]:
    """What the page has rows of."""
    return {row for row in table.written() if (row[1].partition(":")[0] in SERVICES) is optional}
