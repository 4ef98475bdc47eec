"""The lock files can be trusted, and a lock that cannot is found."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from requirements import locks
from tests.template.conftest import ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of everything that the lock check reads."""
    inputs = [Path("pyproject.toml"), Path("requirements/uv.in"), *locks.LAYER_INPUTS]
    for path in inputs + [lock.path for lock in locks.LOCKS]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def test_the_committed_locks_are_sound() -> None:
    assert list(locks.problems()) == []


@pytest.mark.parametrize("line", ["-i ../simple", "a @ file://a.whl", "--find-links /opt/wheels"])
def test_a_lock_that_names_where_packages_come_from_is_found(line: str, copy: Path) -> None:
    lock = copy / locks.DEV
    lock.write_text(f"{line}\n{lock.read_text()}")
    assert any("names a host or a path" in problem for problem in locks.problems(copy))


def test_a_pin_without_a_hash_is_found(copy: Path) -> None:
    lock = copy / locks.CORE
    lock.write_text(re.sub(r"(botocore==\S+) \\\n(    --hash.*\n)+", r"\1\n", lock.read_text()))
    assert any("without a hash: 'botocore==" in problem for problem in locks.problems(copy))


def test_a_layer_that_disagrees_with_the_tests_is_found(copy: Path) -> None:
    lock = copy / locks.CORE
    lock.write_text(re.sub(r"^botocore==\S+", "botocore==1.0.0", lock.read_text(), flags=re.MULTILINE))
    assert any("pins botocore 1.0.0" in problem for problem in locks.problems(copy))


def test_a_requirement_that_the_lock_does_not_meet_is_found(copy: Path) -> None:
    project = copy / "pyproject.toml"
    project.write_text(project.read_text().replace('"moto[server]==', '"moto[server]>'))
    assert any("run ./run.sh lock" in problem for problem in locks.problems(copy))


def test_the_agent_layer_repeats_nothing_of_the_core_layer() -> None:
    agent = locks.pins(ROOT / "layers/agent/requirements.txt")
    assert "openai" in agent
    assert agent.keys().isdisjoint(locks.pins(ROOT / locks.CORE))


def test_the_npm_lock_has_hashes_and_no_addresses() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert all("resolved" not in entry for entry in packages.values())
    assert all("integrity" in entry for path, entry in packages.items() if path)
