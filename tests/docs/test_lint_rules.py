"""The rules of the linters name files and modules that exist."""

from __future__ import annotations

import tomllib
from importlib.util import find_spec
from itertools import chain
from typing import Any

from tests.support.paths import ROOT

TOOLS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


def test_exceptions_from_the_rules_are_for_files_that_exist() -> None:
    exempt = [f"{each}/*.py" if each.endswith("**") else each for each in TOOLS["ruff"]["lint"]["per-file-ignores"]]
    assert [pattern for pattern in exempt if not any(ROOT.glob(pattern))] == []


def test_contracts_of_imports_are_about_modules_that_exist() -> None:
    named = set()
    for contract in TOOLS["importlinter"]["contracts"]:
        (container,) = contract.get("containers", [""])
        layers = chain.from_iterable(layer.split(" | ") for layer in contract.get("layers", []))
        modules = {*contract.get("source_modules", []), *contract.get("forbidden_modules", []), *layers}
        named |= {f"{container}.{module}".strip(".").removesuffix(".*") for module in modules}
    assert [module for module in sorted(named) if find_spec(module) is None] == []
