"""docs/errors.md is the complete list, with the right status for each code."""

from __future__ import annotations

import re
from collections.abc import Iterator

import api.app  # noqa: F401  its own errors are defined on import
from swarm.errors import CallerError
from swarm.runs.error_types import ErrorType
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
REQUESTS, RUNS = PAGE.split("## Runs")


def subclasses(of: type[CallerError]) -> Iterator[type[CallerError]]:
    for each in of.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_code_is_listed_with_its_status() -> None:
    listed = {(int(status), code) for status, code in re.findall(r"^\| (\d+) \| `(\w+)` \|", REQUESTS, re.MULTILINE)}
    raised = {(each.status, each.code) for each in subclasses(CallerError)} | {(CallerError.status, CallerError.code)}
    worded = (ROOT / "functions" / "api" / "problems.py").read_text(encoding="utf-8")
    answered = set(re.findall(r'code="(\w+)"', worded)) - {code for _, code in raised}
    assert {(status, code) for status, code in listed if code not in answered} == raised
    assert {code for _, code in listed} >= answered


def test_every_error_type_is_listed() -> None:
    assert re.findall(r"^\| `(\w+)` \|", RUNS, re.MULTILINE) == [kind.value for kind in ErrorType]
