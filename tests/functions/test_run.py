"""A run through its functions, from the request to what it leaves behind."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.stack import Stack

HELLO = "Create a simple markdown file called hello.md with a greeting"


def events(stack: Stack, run_id: str, **headers: str) -> list[tuple[str, Any]]:
    body = stack.request("GET", f"/runs/{run_id}/stream", headers=headers).text
    blocks = [block for block in body.split("\n\n") if "data:" in block and "event: end" not in block]
    lines = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    return [(line["id"], json.loads(line["data"])) for line in lines]


def test_a_run_succeeds_and_its_file_downloads(stack: Stack) -> None:
    run_id = stack.finish(HELLO)
    run = stack.run(run_id)
    assert (run["status"], run["progress"], run["had_errors"]) == ("succeeded", 100, False)
    assert run["id"] == run["run_id"] == run_id
    assert run["codex_thread_id"]
    assert run["system_instructions"].endswith(HELLO)
    listing = stack.request("GET", f"/runs/{run_id}/workspace/files").json
    assert [(file["path"], file["type"]) for file in listing["files"]] == [("hello.md", "markdown")]
    assert listing["total_files"] == 1
    answer = stack.request("GET", f"/runs/{run_id}/workspace/files/hello.md")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "hello" in answer.text.lower()
    assert len(answer.content) == listing["files"][0]["size_bytes"]


def test_the_summary_says_what_came_out(stack: Stack) -> None:
    summary = stack.run(stack.finish(HELLO))["machine_summary"]
    assert summary == {
        "goal": HELLO,
        "primary_artifact": "hello.md",
        "secondary_artifacts": [],
        "execution_attempted": True,
        "execution_succeeded": True,
        "reason_for_failure": None,
        "notes": summary["notes"],
        "result": None,
        "acceptance": None,
        "sources": [],
    }
    assert "offline" in summary["notes"]


def test_a_failing_run_keeps_its_files_and_says_why(stack: Stack) -> None:
    run = stack.run(stack.finish("Create a file called a.md with a greeting. fail with the disk is on fire"))
    assert (run["status"], run["had_errors"], run["progress"]) == ("failed", True, 100)
    (error,) = run["errors"]
    assert error["message"] == "the disk is on fire"
    assert set(error) == {"step", "tool", "error_type", "message", "suggestion", "retryable"}
    assert run["machine_summary"]["reason_for_failure"] == "runtime_error"
    assert run["machine_summary"]["execution_succeeded"] is False
    assert run["machine_summary"]["primary_artifact"] == "a.md"
    assert stack.request("GET", f"/runs/{run['id']}/workspace/files/a.md").status == 200
    assert stack.request("GET", f"/patterns/{run['id']}").json["steps"] == []


def test_a_queued_run_is_cancelled_and_never_works(stack: Stack) -> None:
    stack.project()
    run_id = stack.start(HELLO)
    assert stack.request("GET", f"/runs/{run_id}/workspace/files").json["files"] == []
    answer = stack.request("POST", f"/runs/{run_id}/cancel").json
    assert answer == {"status": "cancelled", "process_killed": False}
    assert stack.drive(run_id) == ["ended"]
    run = stack.run(run_id)
    assert (run["status"], run["progress"]) == ("cancelled", 100)
    assert run["machine_summary"]["reason_for_failure"] == "cancelled"
    assert run["machine_summary"]["execution_attempted"] is False
    assert stack.request("POST", f"/runs/{run_id}/cancel").status == 400


def test_progress_goes_from_0_to_100_and_never_falls(stack: Stack) -> None:
    told = [event for _, event in events(stack, stack.finish(f"{HELLO}. wait 3 seconds"))]
    percents = [event["percent"] for event in told if event["type"] == "progress"]
    assert percents == sorted(percents)
    assert {0, 20, 30, 70, 85, 100} <= set(percents)


def test_the_stream_begins_with_the_status_and_ends_with_the_end(stack: Stack) -> None:
    run_id = stack.finish(HELLO)
    told = [event for _, event in events(stack, run_id)]
    assert told[0] == {"type": "status", "status": "queued", "run_id": run_id, "project_id": "p1"}
    assert told[-1]["status"] == "succeeded"
    kinds = {event["type"] for event in told}
    assert {"status", "progress", "step", "artifact", "diff", "pattern", "workspace_summary"} <= kinds
    assert "event: end" in stack.request("GET", f"/runs/{run_id}/stream").text


def test_the_stream_goes_on_behind_the_last_event_seen(stack: Stack) -> None:
    run_id = stack.finish(HELLO)
    everything = events(stack, run_id)
    for seen in (0, 3, len(everything) - 2):
        assert events(stack, run_id, **{"last-event-id": everything[seen][0]}) == everything[seen + 1 :]


def test_steps_tell_the_conversation(stack: Stack) -> None:
    run_id = stack.finish(HELLO)
    steps = stack.request("GET", f"/runs/{run_id}/steps").json
    assert steps[0]["role"] == "user"
    assert steps[0]["content"] == HELLO
    written = next(step for step in steps if step["tool_name"] == "write_file")
    assert (written["role"], written["outcome_ok"], written["intent_target"]) == ("tool", True, "hello.md")
    assert json.loads(written["tool_args_json"])["path"] == "hello.md"
    assert json.loads(written["files_json"]) == ["hello.md"]
    assert len({step["id"] for step in steps}) == len(steps)


def test_artifacts_download_with_a_type_by_kind(stack: Stack) -> None:
    run_id = stack.finish(f"{HELLO}. Create a file called table.csv with three rows")
    artifacts = stack.request("GET", f"/runs/{run_id}/artifacts").json
    assert stack.run(run_id)["artifacts"] == artifacts
    types = {}
    for artifact in artifacts:
        answer = stack.request("GET", f"/runs/{run_id}/artifacts/{artifact['id']}/download")
        assert (answer.status, len(answer.content)) == (200, artifact["bytes"])
        types[artifact["kind"]] = answer.headers["content-type"].partition(";")[0]
    assert types == {
        "markdown": "text/markdown",
        "csv": "text/csv",
        "diff-summary": "application/json",
        "diff-patch": "text/x-diff",
        "codex-jsonl": "application/x-ndjson",
    }


def test_the_diff_names_what_was_added_changed_and_deleted(stack: Stack) -> None:
    first = stack.finish("touch a.md b.md")
    second = stack.finish(HELLO, from_run_id=first)
    diff = stack.request("GET", f"/runs/{second}/diff").json
    assert diff["summary"]["files"] == [{"path": "hello.md", "status": "A"}]
    assert diff["summary"]["shortstat"].startswith("1 file changed, ")
    assert diff["artifact_id"] in {artifact["id"] for artifact in stack.run(second)["artifacts"]}
    unchanged = stack.finish("wait 1 seconds", from_run_id=first)
    assert stack.request("GET", f"/runs/{unchanged}/diff").json["code"] == "diff_not_found"


def test_a_clone_begins_with_the_files_of_its_source(stack: Stack) -> None:
    first = stack.finish(HELLO)
    second = stack.finish("touch b.md", from_run_id=first)
    run = stack.run(second)
    assert run["workspace_from_run_id"] == first
    assert run["machine_summary"]["primary_artifact"] == "b.md"
    listing = stack.request("GET", f"/runs/{second}/workspace/files").json
    assert [file["path"] for file in listing["files"]] == ["b.md", "hello.md"]
    cloned = next(event for _, event in events(stack, second) if event["type"] == "workspace")
    assert cloned == {
        "type": "workspace",
        "run_id": second,
        "source_run_id": first,
        "action": "cloned",
        "entries": 1,
    }


def test_a_clone_of_a_run_without_files_says_so(stack: Stack) -> None:
    stack.project()
    source = stack.start(HELLO)
    assert stack.request("POST", f"/runs/{source}/cancel").status == 200
    second = stack.finish("touch b.md", from_run_id=source)
    assert next(e for _, e in events(stack, second) if e["type"] == "workspace")["action"] == "clone-missing"


def test_a_reference_run_gives_its_pattern_to_the_prompt(stack: Stack) -> None:
    first = stack.finish(HELLO)
    pattern = stack.request("GET", f"/patterns/{first}").json
    assert pattern["id"] == f"pat-{first}"
    assert pattern["steps"]
    second = stack.run(stack.finish("touch b.md", reference_run_id=first))
    assert second["system_instructions"].startswith(f'<reference_workflow id="pat-{first}"')


def test_a_project_keeps_its_created_at_and_its_config(stack: Stack) -> None:
    config = {"b": [1, 2.5, None, {"\u00fc": "\u2603"}], "a": "x"}
    body = {"id": "p1", "name": "One", "task_type": "writing", "domain_config": config}
    first = stack.request("PUT", "/projects/p1", body)
    again = stack.request("PUT", "/projects/p1", {**body, "name": "Two"})
    assert (first.status, again.status) == (201, 201)
    assert again.json == {**first.json, "name": "Two"}
    assert again.json["domain_config"] == config
    assert list(again.json["domain_config"]) == ["b", "a"]
    assert first.json["created_at"].endswith("Z")
    assert stack.request("GET", "/projects").json == [again.json]


def test_a_run_has_the_projects_task_type_unless_it_names_one(stack: Stack) -> None:
    stack.project("p1", task_type="research")
    assert stack.run(stack.start("touch a"))["task_type"] == "research"
    own = stack.start("touch a", task_type="writing")
    stack.project("p1", task_type="code")
    assert stack.run(own)["task_type"] == "writing"


def test_runs_are_listed_newest_first_without_artifacts(stack: Stack) -> None:
    ids = [stack.finish("touch a.md") for _ in range(3)]
    stack.finish("touch a.md", "p2")
    listed = stack.request("GET", "/runs?project_id=p1").json
    assert [run["id"] for run in listed] == ids[::-1]
    assert all(run["artifacts"] == [] for run in listed)
    assert len(stack.request("GET", "/runs").json) == 4
    assert stack.request("GET", "/runs?project_id=unknown").json == []


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", "nonsense"])
def test_a_body_is_json_whatever_its_content_type(stack: Stack, content_type: str) -> None:
    body = b'{"id": "p1", "name": "n"}'
    answer = stack.request("PUT", "/projects/p1", raw=body, headers={"content-type": content_type})
    assert answer.status == 201


@pytest.mark.parametrize("path", ["/ui", "/ui/new", "/ui/usage", "/ui/service", "/ui/runs/some-run"])
def test_the_console_lets_only_its_own_scripts_run(stack: Stack, path: str) -> None:
    first, second = (stack.request("GET", path, authorizer={}) for _ in range(2))
    assert (first.status, first.headers["content-type"]) == (200, "text/html; charset=utf-8")
    nonces = re.findall(r'nonce="([^"]+)"', first.text)
    assert len(nonces) == 2
    assert len(set(nonces)) == 1
    policy = first.headers["content-security-policy"]
    assert f"script-src 'nonce-{nonces[0]}'; style-src 'nonce-{nonces[0]}';" in policy
    assert "trusted-types 'none'" in policy
    assert nonces[0] not in second.text


def test_an_asset_of_the_console_is_sent_once(stack: Stack) -> None:
    asset = stack.request("GET", "/ui/assets/page.js", authorizer={})
    assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
    again = stack.request("GET", "/ui/assets/page.js", headers={"if-none-match": asset.headers["etag"]})
    assert (again.status, again.content) == (304, b"")
    assert stack.request("GET", "/ui/assets/app.py").status == 404


def test_a_page_that_a_run_wrote_is_served_without_this_origin(stack: Stack) -> None:
    run_id = stack.finish("Create a file called page.html with a greeting")
    answer = stack.request("GET", f"/runs/{run_id}/workspace/files/page.html")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"
