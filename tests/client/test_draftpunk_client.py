"""The import path that DraftPunk uses, with its names and its functions for single calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import draftpunk_client
from codex_swarm.models import RunRead
from tests.client import bodies
from tests.client.fake_api import Answer, FakeApi, told

FILES = "/runs/run-1/workspace/files"
FILE = "/runs/run-1/workspace/file"


def test_the_earlier_loop_works(api: FakeApi) -> None:
    api.on("POST", "/projects/demo/runs", told(bodies.run(status="queued", progress=0), 201))
    api.on("GET", "/runs/run-1", told(bodies.running(30)), told(bodies.failed()))
    with draftpunk_client.CodexSwarmClient(base_url=api.url) as client:
        run = client.start_run(project_id="demo", instructions="Go", task_type="document_writing", name="Hello")
        lines = []
        while run.status in ("queued", "running"):
            run = client.get_run(run.run_id)
            lines.append(f"[{run.progress:3d}%] {run.status}")
    assert lines == ["[ 30%] running", "[100%] failed"]
    assert run.had_errors
    assert [(e.step, e.tool, e.error_type) for e in run.errors] == [("agent", "provider", "timeout")]
    assert run.machine_summary is not None
    assert run.machine_summary.reason_for_failure == "timeout"


@pytest.mark.parametrize(
    ("call", "request_line", "answer", "seen"),
    [
        pytest.param(
            lambda **to: draftpunk_client.start_run("demo", "Go", name="N", **to).run_id,
            "POST /projects/demo/runs",
            told(bodies.run(), 201),
            "run-1",
            id="start_run",
        ),
        pytest.param(
            lambda **to: draftpunk_client.get_run("run-1", **to).progress,
            "GET /runs/run-1",
            told(bodies.run()),
            100,
            id="get_run",
        ),
        pytest.param(
            lambda **to: draftpunk_client.wait("run-1", 1, on_progress=print, check=True, **to).progress,
            "GET /runs/run-1",
            told(bodies.run()),
            100,
            id="wait",
        ),
        pytest.param(
            lambda **to: draftpunk_client.list_files("run-1", **to).total_files,
            f"GET {FILES}",
            told(bodies.listing("a.md")),
            1,
            id="list_files",
        ),
        pytest.param(
            lambda **to: draftpunk_client.get_file("run-1", "a.md", **to),
            f"GET {FILE}?path=a.md",
            Answer(body=b"# A"),
            b"# A",
            id="get_file",
        ),
        pytest.param(
            lambda **to: draftpunk_client.get_file_text("run-1", "a.md", **to),
            f"GET {FILE}?path=a.md",
            Answer(body=b"# A"),
            "# A",
            id="get_file_text",
        ),
        pytest.param(
            lambda **to: draftpunk_client.cancel_run("run-1", **to).status,
            "POST /runs/run-1/cancel",
            told({"status": "cancelled", "process_killed": False}),
            "cancelled",
            id="cancel_run",
        ),
    ],
)
def test_single_calls(api: FakeApi, call: Callable[..., Any], request_line: str, answer: Answer, seen: Any) -> None:
    method, target = request_line.split()
    api.on(method, target, answer)
    assert call(base_url=api.url, api_key="key-2") == seen
    assert api.asked() == [request_line]
    assert api.received[0].headers["Authorization"] == "Bearer key-2"


def test_earlier_names_of_the_results_are_kept() -> None:
    assert draftpunk_client.RunSummary is RunRead
    assert all(hasattr(draftpunk_client, name) for name in draftpunk_client.__all__)
