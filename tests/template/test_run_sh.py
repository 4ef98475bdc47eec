"""run.sh: works from anywhere, says what it can do, and says what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.template.conftest import ROOT

COMMANDS = [
    "demo",
    "services",
    "example",
    "chat",
    "test",
    "proofs",
    "gameday",
    "check",
    "build",
    "grants",
    "bench",
    "evals",
    "deploy",
    "smoke",
    "docs",
    "openapi",
    "pages",
    "lock",
]


def run_sh(*arguments: str, at: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(at / "run.sh"), *arguments],
        cwd="/",
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def bare_machine(tmp_path: Path) -> Path:
    """A PATH with the shell's tools, and a Python in name only, as version managers leave behind."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ["bash", "env", "dirname", "cat", "cmp", "rm", "cp"]:
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    for name in ["python3", "python3.11"]:
        (tools / name).write_text("#!/bin/sh\nexit 127\n")
        (tools / name).chmod(0o755)
    return tools


@pytest.mark.parametrize("arguments", [["help"], ["--help"], [], ["crossrun", "help"]], ids=" ".join)
def test_help_names_every_command(arguments: list[str]) -> None:
    done = run_sh(*arguments)
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")][: len(COMMANDS)] == COMMANDS


def test_an_unknown_command_is_refused_by_name() -> None:
    done = run_sh("serivces")
    assert done.returncode == 1
    assert "no command 'serivces'" in done.stderr


@pytest.mark.parametrize("words", [["templates"], ["run", "--help"], ["install"]], ids=" ".join)
def test_the_names_that_people_know_lead_to_the_command_line(words: list[str]) -> None:
    assert run_sh("crossrun", *words).returncode == 0


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path, bare_machine: Path) -> None:
    elsewhere = tmp_path / "a folder"
    elsewhere.mkdir()
    shutil.copy(ROOT / "run.sh", elsewhere)
    (elsewhere / "requirements").mkdir()
    shutil.copy(ROOT / "requirements/dev.txt", elsewhere / "requirements")
    done = run_sh("test", at=elsewhere, PATH=str(bare_machine))
    assert done.returncode == 1
    assert "Python 3.11 or later is needed" in done.stderr
    assert not (elsewhere / ".venv").exists()


@pytest.mark.parametrize(
    "path",
    [
        ".venv",
        ".venv-sam",
        ".venv-checkov",
        ".venv-bench",
        ".venv-docs",
        ".site",
        "node_modules",
        ".aws-sam",
        ".env",
        "dist",
    ],
)
def test_what_it_makes_is_not_committed(path: str) -> None:
    ignored = subprocess.run(["git", "check-ignore", "-q", f"{path}/x"], cwd=ROOT, check=False)
    assert ignored.returncode == 0
