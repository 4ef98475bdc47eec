"""What an output is called, and served as."""

from __future__ import annotations

import pytest

from finish.app import handler as finish
from swarm.outputs.artifact_kinds import artifact_kind, served_as
from swarm.records.backend import area_of
from swarm.workspace.working_copy import Workspace
from tests.support.driving import drive
from tests.support.lambda_context import lambda_context
from tests.support.stack import Stack

FILES = [
    ("notes.txt", b"text", "txt", "text/plain; charset=utf-8"),
    ("README", b"text", "txt", "text/plain; charset=utf-8"),
    ("program", b"\x7fELF\0", "binary", "application/octet-stream"),
    ("lies.md", b"\x89PNG\0", "binary", "application/octet-stream"),
    ("a.md", b"# A", "markdown", "text/markdown; charset=utf-8"),
    ("a.csv", b"a,b", "csv", "text/csv; charset=utf-8"),
    ("a.json", b"{}", "json", "application/json; charset=utf-8"),
    ("a.pdf", b"%PDF-1.7 \xff", "pdf", "application/pdf"),
    ("drawing.svg", b"<svg/>", "image", "image/svg+xml"),
]


def test_the_content_decides_where_the_name_does_not(stack: Stack, subtests: pytest.Subtests) -> None:
    stack.project()
    run_id = stack.start("touch other.md")
    key = {"tenant_id": "tenant-a", "project_id": "p1", "run_id": run_id}
    drive(key, until="finish")
    run = stack.backend.runs.get("tenant-a", run_id)
    assert run.snapshot
    workspace = Workspace(stack.backend.files_of(run), stack.backend.objects, area_of(run.key))
    for path, data, *_ in FILES:
        workspace.write(path, data)
    stack.backend.objects.put(run.snapshot, workspace.save().encode())
    finish(key, lambda_context())
    made = {artifact["path"]: artifact for artifact in stack.request("GET", f"/runs/{run_id}/artifacts").json}
    for path, data, kind, media_type in FILES:
        with subtests.test(path):
            assert made[path]["kind"] == kind
            answer = stack.request("GET", f"/runs/{run_id}/artifacts/{made[path]['id']}/download")
            assert (answer.headers["content-type"], answer.content) == (media_type, data)


def test_a_file_that_nobody_looked_into_goes_by_its_name() -> None:
    assert [artifact_kind(path, None) for path in ("a.md", "a", "a.xyz")] == ["markdown", "binary", "txt"]
    assert served_as("codex-jsonl", "transcript.jsonl") == "application/x-ndjson"
