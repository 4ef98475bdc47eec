"""Every function finds in its layers what it imports. On a laptop it would find anything that is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from requirements import locks
from tests.template.conftest import ROOT

pytestmark = pytest.mark.proof

LAYERS = {
    "authorizer": ["core"],
    "api": ["core"],
    "prepare": ["core"],
    "agent": ["core", "agent"],
    "finish": ["core"],
    "fail": ["core"],
    "archive": ["core"],
    "webhook": ["core"],
}

AS_IN_LAMBDA = """
import importlib, importlib.metadata, re, sys

function, allowed = sys.argv[1], set(sys.argv[2].split())
canonical = lambda name: re.sub(r"[-_.]+", "-", name).lower()
owners = importlib.metadata.packages_distributions()

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in owners and not allowed & {canonical(owner) for owner in owners[name]}:
            raise ModuleNotFoundError(f"no {name} in the layers of {function}", name=name)

sys.meta_path.insert(0, Absent())
for module in sys.argv[3:]:
    importlib.import_module(module)
"""


def modules_of(function: str) -> list[str]:
    """The handler's module, and for the agent also what it imports when first asked."""
    return [f"{function}.app", *(["swarm.agent.openai.provider"] if function == "agent" else [])]


def imported(function: str, layers: list[str]) -> subprocess.CompletedProcess[str]:
    pinned = [name for layer in layers for name in locks.pins(Path("layers", layer, "requirements.txt"))]
    program = [sys.executable, "-c", AS_IN_LAMBDA, function, " ".join(pinned), *modules_of(function)]
    return subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(autouse=True)
def where_layers_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import roots that a function has in Lambda."""
    roots = (ROOT / "functions", ROOT / "layers/core", ROOT / "client")
    monkeypatch.setenv("PYTHONPATH", ":".join(map(str, roots)))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("function", LAYERS)
def test_a_function_imports_with_its_layers_alone(function: str) -> None:
    done = imported(function, LAYERS[function])
    assert done.returncode == 0, done.stderr


def test_without_its_own_layer_the_agent_would_not_start() -> None:
    done = imported("agent", ["core"])
    assert done.returncode != 0
    assert "in the layers of agent" in done.stderr
