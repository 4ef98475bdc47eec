"""Pages that name tests name tests that exist; figures of docs/reliability.md are still those of the code."""

from __future__ import annotations

import ast
import re

import pytest

from swarm.agent.stalls import MAX_STALLS
from swarm.lifecycle.transitions import CANCEL_SECONDS
from swarm.records.ownership import LOOK_SECONDS
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def named(page: str) -> list[tuple[str, str]]:
    """Each test that the page names, with the file that stands before it in the same row."""
    found = []
    for row in page.splitlines():
        file = ""
        for name in re.findall(r"`(tests/[\w/]+\.py|test_\w+)`", row):
            if name.startswith("tests/"):
                file = name
            else:
                found.append((file, name))
    return found


@pytest.mark.parametrize(("name", "least"), [("reliability.md", 30), ("bounds.md", 50), ("client.md", 25)])
def test_every_test_that_a_page_names_exists(name: str, least: int) -> None:
    tests = named((ROOT / "docs" / name).read_text(encoding="utf-8"))
    assert len(tests) > least
    missing = []
    for file in {file for file, _ in tests}:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        missing += [(of, name) for of, name in tests if of == file and name not in there]
    assert missing == []


def test_the_times_of_a_cancellation_are_those_of_the_code() -> None:
    assert (LOOK_SECONDS, CANCEL_SECONDS) == (0.25, 1.0)
    assert "at most 0.25 s" in PAGE
    assert "waits one second" in PAGE
    assert "after eight waits" in PAGE
    assert MAX_STALLS == 8


def test_every_kind_of_bounds_has_a_test() -> None:
    page = (ROOT / "docs" / "bounds.md").read_text(encoding="utf-8")
    rows = [row for row in page.splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 20
    assert [row for row in rows if not named(row)] == []


def test_every_failure_of_the_client_has_a_test() -> None:
    page = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
    table = page.partition("## What once went wrong\n")[2].partition("\n## ")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ") and not row.startswith("| |")]
    assert len(rows) > 15
    assert [row for row in rows if not named(row)] == []


def test_the_clients_are_as_long_as_their_page_says() -> None:
    client = ROOT / "client" / "codex_swarm"
    of_each = {
        "calls": list((client / "calls").glob("*.py")),
        "blocking": [client / "client.py", client / "transports.py"],
        "asyncio": [client / "async_client.py", client / "async_transport.py"],
    }
    lines = {name: sum(len(each.read_text().splitlines()) for each in files) for name, files in of_each.items()}
    page = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
    told = [int(figure.replace(",", "")) for figure in re.findall(r"\(([\d,]+) lines\)", page)]
    assert told == [pytest.approx(length, rel=0.2) for length in lines.values()]
