"""The client's wheel, installed by itself on the oldest and the newest Python that is here, as applications have it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.build.conftest import UV
from tests.support.paths import ROOT

pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]

MINORS = range(11, 20)
AWS = ("boto", "aws", "s3transfer", "moto", "sam")

PACKAGES = {
    "annotated-types",
    "anyio",
    "certifi",
    "codex-swarm",
    "h11",
    "httpcore",
    "httpx",
    "httpx-sse",
    "idna",
    "pydantic",
    "pydantic-core",
    "typing-extensions",
    "typing-inspection",
}
"""All that an installation brings, as docs/client.md says."""

IMPORTING = """
import time
import httpx
began = time.process_time()
from codex_swarm import AsyncCodexSwarmClient, CodexSwarmClient
print(time.process_time() - began)
"""


def uv(*arguments: str, **environment: str) -> str:
    assert UV is not None
    return subprocess.check_output([UV, *arguments], text=True, env={**os.environ, **environment}, cwd=ROOT)


def found(minor: int) -> str | None:
    """The interpreter of this version, if it is here; none is fetched."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    kept = sorted(map(str, pyenv.glob(f"versions/3.{minor}.*/bin/python3.{minor}")))
    for path in filter(None, [shutil.which(f"python3.{minor}"), *kept]):
        # What pyenv puts into PATH only looks for one of the versions that it knows.
        if subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


@pytest.fixture(scope="module", params=["oldest", "newest"])
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The Python of an environment that has the wheel and what it needs, and nothing else."""
    if UV is None:
        pytest.skip("installing needs uv")
    there = [path for minor in MINORS if (path := found(minor))]
    place = tmp_path_factory.mktemp(request.param)
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True)
    [wheel] = place.glob("*.whl")
    uv("venv", "--quiet", "--python", there[0] if request.param == "oldest" else there[-1], str(place / "env"))
    executable = place / "env" / "bin" / "python"
    uv("pip", "install", "--quiet", "--compile-bytecode", "--python", str(executable), str(wheel))
    yield executable
    shutil.rmtree(place)


def test_it_brings_few_packages_and_none_of_aws(python: Path) -> None:
    lines = uv("pip", "list", "--quiet", "--format", "freeze", "--python", str(python)).splitlines()
    names = {line.partition("==")[0].partition(" @ ")[0].lower().replace("_", "-") for line in lines}
    # Older Pythons want backports of the standard library.
    assert names - PACKAGES == set()
    assert [name for name in names if name.startswith(AWS)] == []


def test_it_is_imported_in_little_more_time_than_its_http_library(python: Path) -> None:
    seconds = [float(subprocess.check_output([python, "-I", "-c", IMPORTING], text=True)) for _ in range(5)]
    # 0.12 to 0.15 where nothing else is done; a machine under load takes longer.
    assert min(seconds) < 0.25, seconds


def test_the_guide_is_checked_strictly_against_it(python: Path, tmp_path: Path) -> None:
    """Every snippet of the integration guide, as one program of somebody who has only the wheel."""
    guide = (ROOT / "docs" / "DRAFTPUNK_INTEGRATION.md").read_text("utf-8")
    (tmp_path / "guide.py").write_text("\n".join(re.findall(r"```python\n(.*?)```", guide, re.DOTALL)))
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "guide.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_example_is_checked_strictly_against_it(python: Path, tmp_path: Path) -> None:
    """The chat, which needs nothing but the wheel; the other examples have packages of their own."""
    shutil.copy(ROOT / "examples" / "chat.py", tmp_path)
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "chat.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_runs(python: Path) -> None:
    """Without the service: nobody is there, and that is said as an error of ours."""
    program = (
        "from codex_swarm import CodexSwarmClient, TransportError\n"
        "try:\n    CodexSwarmClient('http://127.0.0.1:9', retries=0).health()\n"
        "except TransportError as error:\n    print(type(error).__name__)\n"
    )
    assert subprocess.check_output([python, "-I", "-c", program], text=True) == "TransportError\n"
