"""docs/errors.md is the complete list, with the right status for each code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

import api.app  # noqa: F401  its own errors are defined on import
from codex_swarm.errors import ApiError, api_error, storage_error
from swarm import errors
from swarm.errors import CallerError, SwarmError
from swarm.runs.error_types import ErrorType
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
REQUESTS, RUNS = PAGE.split("## Runs")


def subclasses(of: type[CallerError]) -> Iterator[type[CallerError]]:
    for each in of.__subclasses__():
        yield each
        yield from subclasses(each)


def listed_codes() -> set[str]:
    """Every code of the page, for requests."""
    return set(re.findall(r"^\| \d+ \| `(\w+)` \|", REQUESTS, re.MULTILINE))


def test_every_code_is_listed_with_its_status() -> None:
    listed = {(int(status), code) for status, code in re.findall(r"^\| (\d+) \| `(\w+)` \|", REQUESTS, re.MULTILINE)}
    raised = {(each.status, each.code) for each in subclasses(CallerError)} | {(CallerError.status, CallerError.code)}
    worded = (ROOT / "functions" / "api" / "problems.py").read_text(encoding="utf-8")
    answered = set(re.findall(r'code="(\w+)"', worded)) - {code for _, code in raised}
    assert {(status, code) for status, code in listed if code not in answered} == raised
    assert {code for _, code in listed} >= answered


def test_the_document_has_every_code() -> None:
    known = json.loads((ROOT / "docs" / "openapi.json").read_text())["components"]["schemas"]["ErrorBody"]
    assert set(known["properties"]["code"]["examples"]) == listed_codes()


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(api_error(401, b'{"message": "Unauthorized"}', {}), id="no-key"),
        pytest.param(api_error(403, b'{"message": "Forbidden"}', {}), id="unknown-key"),
        pytest.param(api_error(503, b"<html>", {}), id="proxy"),
        pytest.param(storage_error(403, b"", {}), id="storage"),
    ],
)
def test_what_the_client_names_itself_is_listed(error: ApiError) -> None:
    assert f"| `{error.code}` |" in REQUESTS


def drawn() -> dict[str, tuple[str, str]]:
    """Each error of the tree at the top of `swarm.errors`: what it stands under, and the status that it is given."""
    found: dict[str, tuple[str, str]] = {}
    base = branch = ""
    for line in (errors.__doc__ or "").splitlines():
        if (name := re.match(r" {4}(\w+)$", line)) is not None:
            base = name[1]
            found[base] = ("Exception", "")
        elif (name := re.match(r" {4}[├└]── (\w+)", line)) is not None:
            found[name[1]] = (base, "")
        elif (name := re.match(r" {4}│   ([├└]── (\w+) (\d+)|[│ ])(.*)", line)) is not None:
            if name[2]:
                branch = name[2]
                found[branch] = ("CallerError", name[3])
            found |= dict.fromkeys(re.findall(r"\w+", name[4]), (branch, ""))
    return found


def test_the_tree_of_errors_has_every_error_in_its_place() -> None:
    raised = {name: each for name, each in vars(errors).items() if isinstance(each, type)}
    in_tree = {name: each for name, each in raised.items() if issubclass(each, SwarmError)}
    tree = drawn()
    assert {name: each.__bases__[0].__name__ for name, each in in_tree.items()} == {
        name: parent for name, (parent, _) in tree.items()
    }
    statuses = {name: status for name, (_, status) in tree.items() if status}
    assert statuses == {
        each.__name__: str(each.status) for each in CallerError.__subclasses__() if each in in_tree.values()
    }
    assert [name for name in raised if not issubclass(raised[name], Exception)] == ["RunStopped"]


def test_every_error_type_is_listed() -> None:
    assert re.findall(r"^\| `(\w+)` \|", RUNS, re.MULTILINE) == [kind.value for kind in ErrorType]
