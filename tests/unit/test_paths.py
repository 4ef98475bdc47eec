"""What can be the path of a workspace file: one table of cases, for the service and for the untrusted side of a job."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.errors import InvalidPath
from swarm.workspace.paths import valid_path
from swarm_job import paths as job_paths

SIDES = pytest.mark.parametrize(
    ("rule", "refusal"),
    [
        pytest.param(valid_path, InvalidPath, id="service"),
        pytest.param(job_paths.valid_path, job_paths.BadPath, id="job"),
    ],
)
Rule = Callable[[str], str]

GOOD = [
    "a",
    "a.md",
    "docs/a.md",
    ".env",
    "a/.gitignore",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.md",
    "\U0001f469\u200d\U0001f4bb.md",
    "console.md",
    "a/com10.txt",
    "git~x",
    "100%.md",
    "50%25.md",
    "-rf",
    "a b",
    "\u00fc/\u2603.txt",
    "..a",
    "a..b",
]
BAD = [
    "", " ", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/../b", "a/./b", "a\\b", "\\\\host\\a", "C:a",
    "C:/a", "a\0b", "a\nb", "a\u2028b", "\ud800", "%2e%2e/a", "%2E%2E", "a%2f..%2fb", "%252e%252e", "a%5cb", "a%00b",
    "a/.git/b", "sub/.GIT", ".git.", "a/.git./b", "a/.git /b", "git~1", "a/GIT~2/b", ".g\u200cit/config",
    "CON", "con.txt", "a/aux.md", "nul .txt", "COM1", "lpt\u00b9.x", "x.txt:stream", "a./b", "a ", "a/b ",
    "invoice\u202efdp.md", "a\u2066b", "a\U000e0041b", "a\u200bb", "\ufeffa", "a\u00adb",
    ".git", ".git/config", ".GIT/config", ".swarm/x", "x" * 1_001, "y" * 256,
]  # fmt: skip


@SIDES
def test_a_relative_path_is_taken(rule: Rule, refusal: type[Exception]) -> None:
    assert [rule(path) for path in GOOD] == GOOD


@SIDES
def test_anything_else_is_refused(rule: Rule, refusal: type[Exception]) -> None:
    taken = []
    for path in BAD:
        with suppress(refusal):
            taken.append(rule(path))
    assert taken == []


@SIDES
def test_two_spellings_of_one_name_are_one_path(rule: Rule, refusal: type[Exception]) -> None:
    assert rule("u\u0308.md") == rule("\u00fc.md")


@given(st.text(max_size=60))
def test_whatever_is_taken_stays_inside(raw: str) -> None:
    try:
        path = valid_path(raw)
    except InvalidPath:
        return
    names = path.split("/")
    assert ".." not in names
    assert all(names)
    assert unicodedata.is_normalized("NFC", path)
    assert valid_path(path) == path
