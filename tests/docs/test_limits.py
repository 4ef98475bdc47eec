"""The limits that are told are those of the code, and what is over one is refused as the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from api.files import MAX_INLINE_BYTES as MAX_ANSWERED
from api.requests import MAX_BODY_BYTES, MAX_KEY
from api.routes.imports import MAX_RUN_BYTES
from api.routes.projects import MAX_CONFIG_BYTES
from codex_swarm.models import (
    MAX_ANSWER,
    MAX_BATCH_ITEMS,
    MAX_CRITERIA,
    MAX_CRITERION,
    MAX_REVIEWS,
    MAX_TEXT,
    MAX_TOOL_OUTPUT,
)
from swarm.agent import checks
from swarm.agent.results import MAX_INVALID
from swarm.agent.reviewing import MAX_TURNS
from swarm.agent.tools.finish import MAX_RESULT
from swarm.lifecycle import batch_runs
from swarm.lifecycle.asked import MAX_INSTRUCTIONS_BYTES, MAX_NAME
from swarm.lifecycle.batches import MAX_CSV_BYTES
from swarm.lifecycle.inputs import MAX_FILES, MAX_INLINE_BYTES, MAX_INLINE_FILES
from swarm.records.tenants import MAX_ASKING, MAX_BATCHES
from swarm.runs import children, schedules
from swarm.runs.acceptance import MAX_EVIDENCE, MAX_SIZE
from swarm.runs.batch_template import MAX_COLUMNS
from swarm.runs.batches import MAX_ROUNDS
from swarm.runs.json_schema import MAX_SCHEMA
from swarm.runs.limits import MAX_STORED_BYTES
from swarm.runs.messages import MAX_MESSAGES, MAX_WAITING
from swarm.runs.own_tools import MAX_TOOLS_SIZE
from swarm.runs.requests import MAX_ARGUMENTS, MAX_AT_ONCE, MAX_REQUESTS, MAX_TOOL_CALLS
from swarm.workspace.line_merge import MAX_LINES
from swarm.workspace.merging import MAX_TEXT_BYTES
from swarm.workspace.working_copy import WorkspaceLimits
from tests.support.paths import ROOT
from tests.support.stack import Stack
from tests.support.stack import stack as deployed

PAGE = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition("## Fields")[0].splitlines()
    if line.startswith("| ")
]
WORKSPACE = WorkspaceLimits()
PARAMETERS = (
    "MaxActiveRuns MaxQueuedRuns MaxStoredGigabytes MaxUploads MaxArchives MaxPreviews MaxDiffs MaxWatchers "
    "MaxRequestsPerSecond ApiRateLimit"
).split()


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed(monkeypatch) as fresh:
        yield fresh


def figure(text: str) -> int:
    return int(re.findall(r"[0-9][0-9,]*", text)[0].replace(",", ""))


def test_every_figure_is_that_of_the_code() -> None:
    parameters = yaml_parse((ROOT / "template.yaml").read_text())["Parameters"]
    assert [figure(limit) for _, limit, _ in ROWS[1:]] == [
        MAX_BODY_BYTES,
        MAX_INSTRUCTIONS_BYTES,
        MAX_KEY,
        MAX_CONFIG_BYTES,
        MAX_INLINE_FILES,
        MAX_INLINE_BYTES,
        MAX_FILES,
        WORKSPACE.file_bytes,
        WORKSPACE.total_bytes,
        WORKSPACE.files,
        MAX_RUN_BYTES,
        MAX_TEXT,
        MAX_WAITING,
        MAX_MESSAGES,
        MAX_ANSWER,
        MAX_REQUESTS,
        MAX_AT_ONCE,
        MAX_TOOL_CALLS,
        MAX_ARGUMENTS,
        MAX_TOOL_OUTPUT,
        MAX_SCHEMA,
        MAX_TOOLS_SIZE,
        MAX_RESULT,
        MAX_INVALID,
        MAX_CRITERIA,
        MAX_CRITERION,
        MAX_SIZE,
        MAX_REVIEWS,
        MAX_TURNS,
        MAX_EVIDENCE,
        checks.MAX_FILES,
        children.MAX_AT_ONCE,
        children.MAX_CHILDREN,
        children.MAX_TASK,
        children.MAX_TASK_FILES,
        MAX_TEXT_BYTES,
        MAX_LINES,
        MAX_BATCH_ITEMS,
        MAX_COLUMNS,
        MAX_CSV_BYTES,
        batch_runs.MAX_AT_ONCE,
        MAX_ROUNDS,
        MAX_BATCHES,
        schedules.MAX_SCHEDULES,
        schedules.MAX_RUN_BYTES,
        schedules.MAX_FAILURES,
        MAX_ASKING,
        MAX_STORED_BYTES,
        *(parameters[name]["Default"] for name in PARAMETERS),
    ]
    assert f"cut at {MAX_NAME} characters" in PAGE
    assert f"over {MAX_ANSWERED:,} bytes" in PAGE


def files(number: int, size: int) -> list[dict[str, Any]]:
    return [{"path": f"{each}.md", "content": "x" * size} for each in range(number)]


def promised(number: int, size: int) -> dict[str, Any]:
    return {"files": [{"path": f"{each}.bin", "size": size} for each in range(number)]}


@pytest.mark.parametrize(
    ("row", "path", "body"),
    [
        pytest.param(0, "runs", {"instructions": "x" * MAX_BODY_BYTES}, id="body"),
        pytest.param(1, "runs", {"instructions": "x" * (MAX_INSTRUCTIONS_BYTES + 1)}, id="instructions"),
        pytest.param(4, "runs", {"instructions": "Go", "files": files(MAX_INLINE_FILES + 1, 1)}, id="inline-files"),
        pytest.param(5, "runs", {"instructions": "Go", "files": files(2, MAX_INLINE_BYTES // 2 + 1)}, id="inline"),
        pytest.param(6, "uploads", promised(MAX_FILES + 1, 1), id="files"),
        pytest.param(7, "uploads", promised(1, WORKSPACE.file_bytes + 1), id="file"),
        pytest.param(8, "uploads", promised(42, WORKSPACE.file_bytes), id="together"),
    ],
)
def test_what_is_over_a_limit_is_refused_as_told(stack: Stack, row: int, path: str, body: dict[str, Any]) -> None:
    stack.project("p1")
    answer = stack.request("POST", f"/projects/p1/{path}", body)
    told = re.fullmatch(r"(\d+) `(\w+)`", ROWS[1:][row][2])
    assert told
    assert (str(answer.status), answer.json["code"]) == told.groups()


def test_a_key_that_is_too_long_is_refused_as_told(stack: Stack) -> None:
    headers = {"idempotency-key": "x" * (MAX_KEY + 1)}
    answer = stack.request("POST", "/projects/p1/runs", {"instructions": "Go"}, headers=headers)
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
