"""The tour leads only to files and names that exist."""

from __future__ import annotations

import ast
import re
import tomllib
from itertools import pairwise

from tests.support.paths import ROOT

TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`\n]+)`")
# `path/to/file.py` (`name`, `Class.name`), perhaps over a line's end.
NAMED = re.compile(r"`([\w./-]+\.py)`\s\(((?:`[\w.]+`(?:,\s)?)+)\)")


def paths() -> list[str]:
    spans = set(CODE.findall(TOUR)) | {span.strip("`") for span in re.findall(r"`[\w./-]+\.py`", TOUR)}
    return sorted(span for span in spans if re.fullmatch(r"[\w.-]+(/[\w.-]+)*(/|\.(py|yaml|md|html))", span))


def names() -> list[tuple[str, str]]:
    return [(path, name) for path, listed in NAMED.findall(TOUR) for name in CODE.findall(listed)]


def defined_in(path: str) -> set[str]:
    """What a module defines, and `Class.name` for what its classes do."""
    found = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return found


def test_every_path_exists() -> None:
    assert len(paths()) > 30
    assert [path for path in paths() if not (ROOT / path).exists()] == []


def test_every_name_is_defined_in_its_file() -> None:
    assert len(names()) > 30
    assert [(path, name) for path, name in names() if name not in defined_in(path)] == []


def test_the_rooms_and_what_each_may_import_are_those_of_the_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    [rooms] = [contract for contract in settings["contracts"] if contract["id"] == "rooms"]
    layers = [layer.split(" | ") for layer in rooms["layers"]]
    assert {room for layer in layers for room in layer} == {
        each.stem for each in (ROOT / "layers/core/swarm").iterdir() if not each.name.startswith("_")
    }
    rows = [row.split(" | ") for row in re.findall(r"^\| (`.+) \|$", TOUR, re.MULTILINE) if row.count(" | ") == 2]
    told = [(CODE.findall(room), CODE.findall(below)) for room, _, below in rows]
    assert told == [*pairwise(layers), (layers[-1], [])]


def test_it_passes_every_state_of_the_run() -> None:
    story = (ROOT / "infra" / "run.asl.yaml").read_text(encoding="utf-8")
    states = {name.lower() for name in re.findall(r"\$\{(\w+)FunctionArn\}", story)}
    assert states <= set(re.findall(r"`functions/(\w+)/app\.py`", TOUR))
