"""Finished runs of an earlier installation, taken over under their own ids and dates, once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from swarm.records.keys import run_key
from swarm.retention.sweeping import retire
from tests.support.stack import Stack

ALLOWED = {"tenant_id": "tenant-a", "scopes": "import"}
PROJECT = {"name": "Old", "task_type": "writing", "domain_config": {"a": [1]}, "created_at": "2025-01-02T03:04:05Z"}
STEP = {"step_id": "s-9", "role": "assistant", "content": "Done.", "t": "2025-01-13T10:00:05Z", "ok": True}


def upload(stack: Stack, files: Mapping[str, bytes]) -> str:
    """The id of an upload whose files are stored."""
    promised = [{"path": path, "size": len(data)} for path, data in files.items()]
    opened = stack.request("POST", "/projects/p1/uploads", {"files": promised}).json
    for number, data in enumerate(files.values()):
        stack.backend.objects.put(f"t/tenant-a/p/p1/uploads/{opened['upload_id']}/{number}", data)
    return str(opened["upload_id"])


def old_run(**changes: Any) -> dict[str, Any]:
    return {
        "id": "old-run_1",
        "name": "An old run",
        "instructions": "Write it",
        "status": "succeeded",
        "created_at": "2025-01-13T10:00:00Z",
        "ended_at": "2025-01-13T10:01:00Z",
        **changes,
    }


def take(stack: Stack, run: dict[str, Any] | None, authorizer: Mapping[str, str] | None = None, at: str = "p1") -> Any:
    body = {"project": PROJECT, "run": run}
    return stack.request("POST", f"/projects/{at}/imports", body, authorizer=authorizer or ALLOWED)


def test_a_run_comes_with_everything_and_twice_changes_nothing(stack: Stack) -> None:
    assert take(stack, None).json == {"project_id": "p1", "run_id": None, "imported": True}
    diff = json.dumps({"files": [{"path": "plan.md", "status": "A"}], "shortstat": "1 file changed", "stat": ""})
    files = upload(stack, {"plan.md": b"# Plan\n", "data/\u0643\u062a\u0627\u0628.csv": b"a\n"})
    lines = "\n".join(json.dumps({**STEP, "step_id": f"s-{number}"}) for number in range(120))
    record = upload(stack, {"steps.jsonl": lines.encode(), "artifacts/a-1": diff.encode()})
    artifact = {"id": "a-1", "kind": "diff-summary", "path": "diff.json", "created_at": "2025-01-13T10:01:00Z"}
    pattern = {
        "id": "pat-old-run_1",
        "source_run_id": "old-run_1",
        "summary": "wrote it",
        "steps": [{"instruction": "x"}],
    }
    error = {"step": "s", "tool": "t", "error_type": "tool_failure", "message": "once"}
    given = old_run(uploads=[files], record=record, artifacts=[artifact], pattern=pattern, errors=[error])
    assert take(stack, given).json == {"project_id": "p1", "run_id": "old-run_1", "imported": True}
    before = stack.run("old-run_1")
    assert (before["status"], before["progress"], before["had_errors"]) == ("succeeded", 100, True)
    assert (before["created_at"], before["ended_at"]) == ("2025-01-13T10:00:00Z", "2025-01-13T10:01:00Z")
    assert stack.request("GET", "/projects/p1").json["created_at"] == PROJECT["created_at"]
    assert stack.request("GET", "/projects/p1").json["domain_config"] == {"a": [1]}
    steps = stack.request("GET", "/runs/old-run_1/steps").json
    assert [step["id"] for step in steps] == [f"s-{number}" for number in range(120)]
    listed = stack.request("GET", "/runs/old-run_1/workspace/files").json
    assert [file["path"] for file in listed["files"]] == ["data/\u0643\u062a\u0627\u0628.csv", "plan.md"]
    assert stack.request("GET", "/runs/old-run_1/workspace/files/plan.md").content == b"# Plan\n"
    assert stack.request("GET", "/runs/old-run_1/artifacts/a-1/download").text == diff
    assert stack.request("GET", "/runs/old-run_1/diff").json["summary"]["shortstat"] == "1 file changed"
    assert stack.request("GET", "/patterns/old-run_1").json["summary"] == "wrote it"
    assert stack.request("GET", "/runs/old-run_1/stream").status == 200
    assert take(stack, given).json["imported"] is False
    assert stack.run("old-run_1") == before
    # Uploads are under way no more, or an installation of many runs would soon have too many.
    assert stack.request("GET", "/usage").json["uploads"]["used"] == 0
    assert stack.backend.tenants.get("tenant-a").active == frozenset()


def test_a_run_can_begin_with_the_files_of_an_imported_one(stack: Stack) -> None:
    take(stack, None)
    take(stack, old_run(uploads=[upload(stack, {"plan.md": b"# Plan\n"})]))
    run_id = stack.start("touch more.md", from_run_id="old-run_1", reference_run_id="old-run_1")
    stack.drive(run_id)
    assert stack.run(run_id)["status"] == "succeeded"
    listed = stack.request("GET", f"/runs/{run_id}/workspace/files").json
    assert [file["path"] for file in listed["files"]] == ["more.md", "plan.md"]


def test_an_import_that_was_cut_off_is_completed_by_the_next(stack: Stack) -> None:
    take(stack, None)
    given = old_run(uploads=[upload(stack, {"plan.md": b"# Plan\n"})])
    assert take(stack, given).json["imported"]
    # As if the process had died before it showed the run.
    stack.backend.runs._table.delete(run_key("tenant-a", "old-run_1"))  # noqa: SLF001  nothing else shows a run
    assert take(stack, given).json["imported"]
    assert stack.request("GET", "/runs/old-run_1/workspace/files/plan.md").content == b"# Plan\n"


WRONG: dict[str, tuple[dict[str, str], dict[str, Any], int, str]] = {
    "no scope": ({"tenant_id": "tenant-a"}, {}, 403, "scope_missing"),
    "another scope": ({"tenant_id": "tenant-a", "scopes": "imports"}, {}, 403, "scope_missing"),
    "unfinished": (ALLOWED, {"status": "running"}, 400, "invalid_request"),
    "id": (ALLOWED, {"id": "../x"}, 422, "invalid_request"),
    "upload": (ALLOWED, {"uploads": ["0" * 32]}, 404, "upload_not_found"),
    "large": (ALLOWED, {"instructions": "x" * 300_000}, 413, "too_large"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_taken_is_refused_and_leaves_nothing(wrong: str, stack: Stack) -> None:
    authorizer, changes, status, code = WRONG[wrong]
    stack.project("p1")
    answer = take(stack, old_run(**changes), authorizer)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert stack.request("GET", "/runs").json == []


def test_the_id_of_another_run_is_not_taken(stack: Stack) -> None:
    run_id = stack.finish("touch a.md")
    answer = take(stack, old_run(id=run_id))
    assert (answer.status, answer.json["code"]) == (409, "not_importable")
    assert take(stack, old_run()).status == 200
    assert take(stack, old_run(), at="p2").json["code"] == "not_importable"


def test_an_imported_run_of_years_ago_is_kept_as_long_as_a_new_one(stack: Stack) -> None:
    take(stack, old_run())
    now = datetime.now(UTC)
    list(retire(stack.backend, stack.backend.tenants.get("tenant-a"), now, lambda: False))
    assert stack.run("old-run_1")["id"] == "old-run_1"
    late = now + timedelta(days=stack.backend.settings.retention_days + 1)
    list(retire(stack.backend, stack.backend.tenants.get("tenant-a"), late, lambda: False))
    assert stack.request("GET", "/runs/old-run_1").status == 404
