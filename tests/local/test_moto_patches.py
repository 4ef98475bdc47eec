"""Each patch of moto does what it is for, and is still needed with this version of moto."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from infra.local.moto_patches import PATCHES
from tests.local.moto_probes import PROBES

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def answers() -> dict[str, list[bool]]:
    """What each probe found with its patch and without."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "tests.local.moto_probes"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, timeout=300, check=True)
    found: dict[str, list[bool]] = json.loads(done.stdout)
    return found


def test_every_patch_has_a_probe() -> None:
    assert PROBES.keys() == PATCHES.keys()


@pytest.mark.parametrize("name", sorted(PATCHES))
def test_patch_works(name: str, answers: dict[str, list[bool]]) -> None:
    assert answers[name][0]


@pytest.mark.parametrize("name", sorted(PATCHES))
def test_patch_is_still_needed(name: str, answers: dict[str, list[bool]]) -> None:
    assert not answers[name][1], f"moto does this by itself now: drop the patch {name} and its probe"
