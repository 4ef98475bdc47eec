"""What a request costs: the AWS calls that it makes, and no other."""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qs, urlsplit

from prepare.app import handler as prepare
from swarm.records.backend import area_of
from swarm.runs.run import Run
from swarm.workspace.snapshot import FileEntry, Snapshot
from swarm.workspace.working_copy import Workspace
from tests.support.lambda_context import lambda_context
from tests.support.stack import Stack

FILES = 10_000


def large_workspace(stack: Stack) -> Run:
    """A run whose workspace holds ten thousand files, all of the same two contents."""
    run = stack.backend.runs.get("tenant-a", stack.finish("Create a file called hello.md with a greeting. touch b.txt"))
    assert run.snapshot
    small = stack.backend.files_of(run)
    same = [small.files["hello.md"], small.files["b.txt"]]
    files = {f"folder-{n % 100:02}/file-{n:05}.md": FileEntry(*same[n % 2][:2], "markdown") for n in range(FILES)}
    stack.backend.objects.put(run.snapshot, Snapshot(files).encode())
    return run


def test_reading_a_run_is_one_read(stack: Stack) -> None:
    run_id = stack.finish("touch a.md")
    with stack.recorded() as calls:
        assert stack.run(run_id)["status"] == "succeeded"
    assert calls == ["dynamodb.GetItem"]


def test_starting_a_run_makes_a_fixed_number_of_calls(stack: Stack) -> None:
    stack.project()
    for instructions in ("touch a.md", "x" * 60_000):
        with stack.recorded() as calls:
            stack.start(instructions)
        assert calls == [
            "dynamodb.GetItem",  # the project
            "dynamodb.UpdateItem",  # the tenant's active runs
            "dynamodb.PutItem",  # slot 0
            "dynamodb.PutItem",  # the run
            "stepfunctions.StartExecution",
        ]
    ended = stack.finish("touch a.md")
    with stack.recorded() as calls:
        stack.start("touch b.md", from_run_id=ended)
    assert Counter(calls)["dynamodb.GetItem"] == 2
    assert len(calls) == 6


def test_ten_thousand_files_are_cloned_by_writing_one_object(stack: Stack) -> None:
    source = large_workspace(stack)
    run_id = stack.start("touch new.md", from_run_id=source.run_id)
    with stack.recorded() as calls:
        prepare({"tenant_id": "tenant-a", "project_id": "p1", "run_id": run_id}, lambda_context())
    assert Counter(calls)["s3.PutObject"] == 1
    assert stack.backend.files_of(stack.backend.runs.get("tenant-a", run_id)).files.keys() == (
        stack.backend.files_of(source).files.keys()
    )


def test_ten_thousand_files_are_listed_in_pages_with_exact_totals(stack: Stack) -> None:
    run = large_workspace(stack)
    paths, cursor, pages = [], "", 0
    while True:
        with stack.recorded() as calls:
            page = stack.request("GET", f"/runs/{run.run_id}/workspace/files?limit=1500{cursor}").json
        assert calls == ["dynamodb.GetItem", "s3.GetObject"]
        assert page["total_files"] == FILES
        paths += [file["path"] for file in page["files"]]
        pages += 1
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert pages == 7
    assert paths == sorted(paths)
    assert len(set(paths)) == FILES


def test_one_file_of_ten_thousand_downloads(stack: Stack) -> None:
    run = large_workspace(stack)
    with stack.recorded() as calls:
        answer = stack.request("GET", f"/runs/{run.run_id}/workspace/files/folder-42/file-04242.md")
    assert "hello" in answer.text.lower()
    assert calls == ["dynamodb.GetItem", "s3.GetObject", "s3.GetObject"]


def test_a_large_file_is_answered_by_a_redirect(stack: Stack) -> None:
    run = stack.backend.runs.get("tenant-a", stack.finish("touch a.md"))
    data = b"x" * 4_000_001
    assert run.snapshot
    workspace = Workspace(stack.backend.files_of(run), stack.backend.objects, area_of(run.key))
    workspace.write("large \u00fc.bin", data)
    stack.backend.objects.put(run.snapshot, workspace.save().encode())
    answer = stack.request("GET", f"/runs/{run.run_id}/workspace/files/large \u00fc.bin")
    assert answer.status == 307
    assert "X-Amz-Signature=" in answer.headers["location"]
    assert answer.content == b""
    saved = stack.request("GET", f"/runs/{run.run_id}/workspace/files/large \u00fc.bin?disposition=attachment")
    [said] = parse_qs(urlsplit(saved.headers["location"]).query)["response-content-disposition"]
    assert said == "attachment; filename*=UTF-8''large%20%C3%BC.bin"
