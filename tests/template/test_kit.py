"""The test kit, as an application has it: installed, without a checkout, in a test run of several processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from codex_swarm import __version__
from tests.template.conftest import ROOT

KIT = tomllib.loads((ROOT / "local" / "pyproject.toml").read_text())["project"]
BASE, DOCUMENTS = ("core", "agent"), ("data", "documents", "preview")

TESTS = """
import os
import pytest
from codex_swarm import CodexSwarmClient, RunFailed

URLS = set()

@pytest.mark.parametrize("number", range(3))
def test_a_run(codex_swarm, number):
    run = codex_swarm.start_run("mine", f"Create a file called {number}.md with a greeting")
    run = codex_swarm.wait(run.id, timeout=120, check=True)
    assert codex_swarm.get_file_text(run.id, f"{number}.md")
    assert os.environ["CODEX_SWARM_URL"] == codex_swarm.base_url

def test_a_failure(codex_swarm_cloud):
    with CodexSwarmClient(codex_swarm_cloud.url) as client:
        run = client.start_run("mine", "fail with the disk is full")
        with pytest.raises(RunFailed, match="the disk is full"):
            client.wait(run.id, timeout=120, check=True)
"""


def named(requirement: str) -> str:
    return re.split(r"[<>=\\[ ]", requirement)[0].lower()


def needed(layer: str) -> set[str]:
    lines = (ROOT / "layers" / layer / "requirements.in").read_text().splitlines()
    return {named(line) for line in lines if line and not line.startswith("#")}


def test_it_needs_what_the_layers_need() -> None:
    base = {named(each) for each in KIT["dependencies"]}
    documents = {named(each) for each in KIT["optional-dependencies"]["documents"]}
    assert set().union(*map(needed, BASE)) - {"pydantic"} <= base
    assert set().union(*map(needed, DOCUMENTS)) <= documents | base
    assert KIT["version"] == __version__


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The Python of an environment with both wheels in it, and a folder far from the checkout."""
    folder = tmp_path_factory.mktemp("application")
    for project in (ROOT, ROOT / "local"):
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
        subprocess.run(build, cwd=project, check=True, capture_output=True)
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    for wheel in (folder / "dist").glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(packages)
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib"))
    return python, folder


@pytest.mark.proof
def test_an_application_tests_against_it_in_two_processes(application: tuple[Path, Path]) -> None:
    python, folder = application
    (folder / "test_mine.py").write_text(TESTS)
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "test_mine.py"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    # Nothing of either cloud is left.
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(folder) not in processes


@pytest.mark.proof
def test_what_kept_it_from_starting_is_told(application: tuple[Path, Path]) -> None:
    python, folder = application
    program = (
        "import os; from codex_swarm_local import LaptopCloud, NotStarted\n"
        "os.environ['PYTHONPATH'] = 'broken'\n"
        "try: LaptopCloud().start()\n"
        "except NotStarted as error: print('broken on purpose' in str(error))"
    )
    (folder / "broken").mkdir()
    (folder / "broken" / "moto.py").write_text("raise RuntimeError('broken on purpose')")
    done = subprocess.run([python, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")
