"""The wheel is the client, and runs where nothing of AWS is installed."""

from __future__ import annotations

import email.parser
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from codex_swarm import __version__
from tests.template.conftest import ROOT

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
    assert top == {"codex_swarm", "draftpunk_client.py", f"codex_swarm-{__version__}.dist-info"}
    assert "codex_swarm/py.typed" in names


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


def test_the_wire_models_need_no_http_library() -> None:
    program = "import sys; sys.modules['httpx'] = None; import codex_swarm.models"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT / "client", check=True)
