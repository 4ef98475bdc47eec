"""docs/features.md: everything that it names exists, and every place where its users look for a feature has it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from codex_swarm import AsyncCodexSwarmClient, CodexSwarmClient, models
from codex_swarm.cli.app import app
from codex_swarm.mcp.server import server
from codex_swarm.models import Event, ProjectPatch, RunCreate
from tests.docs.test_reliability import named
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
OPENAPI = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
CODES = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")))
PROVEN = ("messages", "questions and approvals", "parts of a task for other runs", "batches", "schedules")
"""What has to have tests of its own that kill it at every AWS call."""

EVENTS = {
    kind.model_fields["type"].default
    for kind in vars(models).values()
    if isinstance(kind, type) and issubclass(kind, Event) and "type" in kind.model_fields
}


def rows_of(columns: int) -> dict[str, list[str]]:
    """The rows of the table with so many columns, by feature."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line[:2] == "| "]
    return {row[0]: row[1:] for row in rows if len(row) == columns and row[0] != "feature"}


WHERE, BOUNDS = rows_of(6), rows_of(4)


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def commands(command: Any, above: str = "") -> Iterator[str]:
    for name, each in getattr(command, "commands", {}).items():
        yield f"{above}{name}"
        yield from commands(each, f"{above}{name} ")


def tools() -> set[str]:
    made = server(AsyncCodexSwarmClient("http://127.0.0.1:9", "key"), "assistant")
    return {tool.name for tool in asyncio.run(made.list_tools())}


def test_both_tables_have_the_same_features() -> None:
    assert list(WHERE) == list(BOUNDS)
    assert len(WHERE) > 8


@pytest.mark.parametrize("feature", WHERE)
def test_a_feature_is_wherever_the_page_says(feature: str) -> None:
    asked, client, command_line, mcp, told = WHERE[feature]
    routes = [word.split(" ") for word in words(asked) if " " in word]
    assert [route for route in routes if route[0].lower() not in OPENAPI["paths"].get(route[1], {})] == []
    fields = {*RunCreate.model_fields, *ProjectPatch.model_fields, "delegate"}
    assert {word for word in words(asked) if " " not in word} <= fields
    for kind in (CodexSwarmClient, AsyncCodexSwarmClient):
        assert [name for name in words(client) if not callable(getattr(kind, name, None))] == []
    assert set(words(command_line)) <= set(commands(get_command(app)))
    assert set(words(mcp)) <= tools()
    assert all((words(client), words(command_line), words(mcp), words(told)))
    for names in re.findall(r"events? ((?:`\w+`(?:, )?)+)", told):
        assert set(words(names)) <= EVENTS


@pytest.mark.parametrize("feature", BOUNDS)
def test_codes_are_those_of_the_errors_and_what_has_to_be_proven_is(feature: str) -> None:
    _, refused, deaths = BOUNDS[feature]
    assert words(refused) or feature == "parts of a task for other runs"
    assert set(words(refused)) <= CODES
    assert [file for file in re.findall(r"tests/[\w/]+\.py", deaths) if not (ROOT / file).is_file()] == []
    tests = named(deaths)
    assert len(tests) >= 3 or feature not in PROVEN
    for file, name in tests:
        assert f"\ndef {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_route_of_these_features_is_on_the_page() -> None:
    there = {(method.upper(), path) for path, of in OPENAPI["paths"].items() for method in of}
    listed = {tuple(word.split(" ")) for row in WHERE.values() for word in words(row[0]) if " " in word}
    kinds = re.compile(r"/(messages|decisions|threads|skills|batches|schedules|models)\b")
    assert {route for route in there if kinds.search(route[1])} - listed == set()
