"""docs/sandbox.md says what stops each attack, in AWS and on a laptop, and names a test of it that exists."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
ATTACKS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.partition("\n## Attacks\n")[2].partition("\n## ")[0].splitlines()
    if line.startswith("| ")
][1:]
NAME = re.compile(r"`([\w/]+\.py|test_\w+)`")


def named() -> dict[str, set[str]]:
    """The tests that the table names, by file. A file stands before its tests, or alone for all that it has."""
    found: dict[str, set[str]] = {}
    for *_, proof in ATTACKS:
        file = ""
        for name in NAME.findall(proof):
            if name.endswith(".py"):
                file = name
                found.setdefault(file, set())
            else:
                found[file].add(name)
    return found


def sentences_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_attack_has_what_stops_it_here_and_there_and_a_test() -> None:
    assert len(ATTACKS) > 20
    assert [row for row in ATTACKS if len(row) != 4 or not all(row) or not NAME.search(row[3])] == []


def test_every_test_that_it_names_exists() -> None:
    assert {file: missing for file, names in named().items() if (missing := names - sentences_of(file))} == {}


def test_every_test_of_an_attack_is_named() -> None:
    assert sentences_of("security/test_attacks.py") - named()["security/test_attacks.py"] == set()


@pytest.mark.parametrize(
    "attack",
    [
        "`kill`", "`tgkill`", "`tkill`", "`rt_sigqueueinfo`", "`pidfd_send_signal`", "`prlimit`", "`ptrace`",
        "`/proc/<pid>/mem`", "`/tmp`", "`/dev/shm`", "System V", "daemon", "cache", "spoofed answer", "stolen next job",
        "disk and memory beside the job", "32-bit personality", "second run", "`EPERM`", "web page", "rebound",
    ],
)  # fmt: skip
def test_an_attack_that_worked_once_is_in_it(attack: str) -> None:
    assert any(attack in row[0] for row in ATTACKS)
