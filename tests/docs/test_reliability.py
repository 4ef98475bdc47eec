"""docs/reliability.md names tests that exist, and every fault point and figure of the code is still what it says."""

from __future__ import annotations

import ast
import re

from swarm.agent.stalls import MAX_STALLS
from swarm.lifecycle.transitions import CANCEL_SECONDS
from swarm.records.ownership import LOOK_SECONDS
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def named() -> list[tuple[str, str]]:
    """Each test that the page names, with the file that stands before it in the same row."""
    found = []
    for row in PAGE.splitlines():
        file = ""
        for name in re.findall(r"`(tests/[\w/]+\.py|test_\w+)`", row):
            if name.startswith("tests/"):
                file = name
            else:
                found.append((file, name))
    return found


def test_every_test_that_it_names_exists() -> None:
    assert len(named()) > 30
    missing = []
    for file in {file for file, _ in named()}:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        missing += [(of, name) for of, name in named() if of == file and name not in there]
    assert missing == []


def test_the_times_of_a_cancellation_are_those_of_the_code() -> None:
    assert (LOOK_SECONDS, CANCEL_SECONDS) == (0.25, 1.0)
    assert "at most 0.25 s" in PAGE
    assert "waits one second" in PAGE
    assert "after eight waits" in PAGE
    assert MAX_STALLS == 8
