"""The wheel is the client, and runs where nothing of AWS is installed."""

from __future__ import annotations

import email.parser
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from codex_swarm import __version__
from tests.template.conftest import ROOT

pytestmark = pytest.mark.proof

WITHOUT_THE_SERVICE = """
import sys
sys.path.insert(0, sys.argv[1])
sys.modules.update(dict.fromkeys(["boto3", "botocore", "swarm", "openai", "moto", "aws_lambda_powertools"]))
import codex_swarm, draftpunk_client
assert codex_swarm.__file__.startswith(sys.argv[1]), codex_swarm.__file__
print(draftpunk_client.CodexSwarmClient.__name__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_the_client_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert top == {"codex_swarm", "draftpunk_client", f"codex_swarm-{__version__}.dist-info"}
    assert {"codex_swarm/py.typed", "draftpunk_client/py.typed"} <= set(names)


def test_it_depends_on_no_aws_package(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = archive.read(f"codex_swarm-{__version__}.dist-info/METADATA").decode()
    headers = email.parser.Parser().parsestr(metadata)
    required = [line for line in headers.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert sorted(line.split("<")[0].split(">")[0] for line in required) == [
        "httpx",
        "httpx-sse",
        "pydantic",
    ]
    assert headers["Requires-Python"] == ">=3.11"


def test_its_version_is_the_one_the_changelog_opens_with() -> None:
    newest = re.search(r"^## \[([0-9.]+)]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == __version__


def test_it_imports_without_anything_of_the_service(wheel: Path) -> None:
    command = [sys.executable, "-I", "-c", WITHOUT_THE_SERVICE, str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("CodexSwarmClient\n", "")


USER = """
import asyncio
from typing import assert_type
from codex_swarm import AsyncCodexSwarmClient, CodexSwarmClient, NotFound, Page, RunRead, StepEvent
from codex_swarm import WatchedEvent, verify
from draftpunk_client import CodexSwarmClient as Earlier, RunSummary, start_run

with CodexSwarmClient(timeout=5, retries=1) as client:
    run = client.start_run("demo", "Go", metadata={"a": "b"})
    assert_type(run, RunRead)
    assert_type(client.follow_up(run, "shorter", name="Again").id, str)
    assert_type(client.page_runs(status=["failed"], limit=5), Page[RunRead])
    assert_type(client.get_file(run.id, "a.md", turn=2), bytes)
    for event in client.events(run.id):
        assert_type(event, WatchedEvent)
        if isinstance(event, StepEvent):
            assert_type(event.content, str)
    try:
        client.with_options(call_timeout=3).upload_files("demo", {"a.md": b"x"})
    except NotFound as error:
        assert_type(error.request_id, str | None)

async def main() -> None:
    async with AsyncCodexSwarmClient() as client:
        assert_type(await client.wait("run", timeout=3), RunRead)
        async for event in client.events("run"):
            assert_type(event, WatchedEvent)

asyncio.run(main())
assert_type(start_run("demo", "Go"), RunSummary)
assert_type(Earlier().get_run("run"), RunRead)
assert_type(verify("whsec_", {}, b"").data.run_id, str)
"""

WRONG = """
from codex_swarm import CodexSwarmClient
CodexSwarmClient().start_run("demo", 5)
CodexSwarmClient().get_run(run="x")
CodexSwarmClient().list_runs(state="failed")
"""


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it, and what it needs; its Python."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    zipfile.ZipFile(wheel).extractall(packages)
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib"))
    return python


def test_code_that_uses_it_is_checked(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(USER)
    (tmp_path / "wrong.py").write_text(WRONG)
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(installed), "right.py", "wrong.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = [line.partition(":")[0] for line in done.stdout.splitlines() if ": error:" in line]
    assert found == ["wrong.py"] * 3, done.stdout


IMPORTING = """
import time
began = time.process_time()
import httpx
between = time.process_time()
from codex_swarm import CodexSwarmClient
print((time.process_time() - between) / (between - began))
"""


def test_it_is_imported_about_as_fast_as_its_http_library(installed: Path, tmp_path: Path) -> None:
    """Measured against httpx, because a machine under load is slow at both."""
    # With their byte code cached, as after an installation.
    settings = {"PYTHONPYCACHEPREFIX": str(tmp_path)}
    ratios = [float(subprocess.check_output([installed, "-c", IMPORTING], env=settings, text=True)) for _ in range(4)]
    assert min(ratios) < 1.5


def test_the_wire_models_need_no_http_library() -> None:
    program = "import sys; sys.modules['httpx'] = None; import codex_swarm.models"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT / "client", check=True)
