"""What `sam build` makes, made once more for this machine: the same Makefiles, other wheels."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.support.paths import ROOT

UV = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
RESOURCES: Mapping[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
FUNCTIONS = {
    each["Properties"]["Handler"].partition(".")[0]: name
    for name, each in reversed(list(RESOURCES.items()))
    if each["Type"] == "AWS::Serverless::Function"
}
"""Logical id of each function, by its folder."""


@dataclass(frozen=True)
class Build:
    """Folders with what a function and its layers are in Lambda, and a Python that has nothing else."""

    place: Path
    python: Path

    def roots(self, function: str) -> list[Path]:
        """The import roots of a function: its own package, then its layers."""
        layers = [each["Ref"] for each in RESOURCES[function]["Properties"].get("Layers", []) if "Ref" in each]
        return [self.made(function), *(self.made(layer) / "python" for layer in layers)]

    def made(self, resource: str) -> Path:
        """What building a function or layer gives; built when first asked for."""
        target = self.place / resource
        if not target.is_dir():
            properties = RESOURCES[resource]["Properties"]
            source = ROOT / properties.get("ContentUri", "functions")
            target.mkdir(parents=True)
            make(source, f"build-{resource}", target)
        return target


def make(source: Path, target: str, artifacts: Path) -> None:
    """Call a Makefile as SAM does, for wheels that run here."""
    assert UV is not None
    done = subprocess.run(
        [
            "make",
            "--silent",
            target,
            f"ARTIFACTS_DIR={artifacts}",
            f"PLATFORM={platform.machine()}-manylinux_2_28",
            f"PYTHON={platform.python_version()}",
        ],
        cwd=source,
        env={**os.environ, "PATH": f"{Path(UV).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    if UV is None or shutil.which("make") is None:
        pytest.skip("building needs uv and make")
    place = tmp_path_factory.mktemp("build")
    venv.create(place / "python", with_pip=False, symlinks=True)
    return Build(place / "made", place / "python" / "bin" / "python")
