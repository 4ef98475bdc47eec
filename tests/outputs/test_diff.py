"""The diff of a run, and between any two of its turns; files at an earlier turn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from time import perf_counter
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from agent.app import handler as agent
from finish.app import handler as finish
from prepare.app import handler as prepare
from swarm.agent.slice import FINISH_SECONDS
from swarm.aws import clients
from swarm.records.backend import area_of
from swarm.records.runs import encode
from swarm.runs.run import Artifact, Run
from swarm.workspace.snapshot import Snapshot
from swarm.workspace.working_copy import Workspace
from tests.support.lambda_context import lambda_context
from tests.support.stack import Stack

TWO_FILES = "Create a file called a.md with a greeting. Create a file called b.md with a greeting"


def stored(stack: Stack, url: str) -> bytes:
    """What a presigned URL leads to."""
    return stack.backend.objects.get(unquote(urlsplit(url).path).removeprefix("/bucket/"))


def paths(stack: Stack, run_id: str, turn: int | str) -> list[str]:
    listing = stack.request("GET", f"/runs/{run_id}/workspace/files?turn={turn}").json
    return [file["path"] for file in listing["files"]]


def grown(stack: Stack) -> tuple[str, int]:
    """A run that wrote one file after the other, and how many turns it took."""
    run_id = stack.finish("Create a file called a.md with a greeting. wait 2 seconds. Create a file called b.md with x")
    return run_id, stack.backend.runs.get("tenant-a", run_id).turns


def test_the_diff_of_a_run_comes_with_its_patch(stack: Stack) -> None:
    run_id = stack.finish(TWO_FILES)
    answer = stack.request("GET", f"/runs/{run_id}/diff").json
    assert set(answer) == {
        *("artifact_id", "summary", "patch_url", "expires_at", "total_files", "next_cursor", "by_text", "unread")
    }
    assert answer["summary"]["branch"] == f"run/{run_id}"
    assert answer["summary"]["files"] == [{"path": "a.md", "status": "A"}, {"path": "b.md", "status": "A"}]
    patch = stack.request("GET", f"/runs/{run_id}/diff?format=patch")
    assert patch.headers["content-type"] == "text/x-diff; charset=utf-8"
    assert patch.text.startswith(
        "diff --git a/a.md b/a.md\nnew file mode 100644\n--- /dev/null\n+++ b/a.md\n@@ -0,0 +1"
    )
    assert stored(stack, answer["patch_url"]) == patch.content
    kept = next(artifact for artifact in stack.run(run_id)["artifacts"] if artifact["kind"] == "diff-patch")
    assert stack.request("GET", f"/runs/{run_id}/artifacts/{kept['id']}/download").content == patch.content


def test_reading_the_diff_needs_nothing_but_the_run(stack: Stack) -> None:
    run_id = stack.finish(TWO_FILES)
    with stack.recorded() as calls:
        stack.request("GET", f"/runs/{run_id}/diff")
    assert calls == ["dynamodb.GetItem"]


def test_files_can_be_had_as_every_turn_left_them(stack: Stack) -> None:
    run_id, turns = grown(stack)
    assert paths(stack, run_id, 0) == []
    seen = [paths(stack, run_id, turn) for turn in range(1, turns + 1)]
    assert seen[0] == ["a.md"]
    assert seen[-1] == ["a.md", "b.md"]
    assert stack.request("GET", f"/runs/{run_id}/workspace/files/a.md?turn=1").status == 200
    assert stack.request("GET", f"/runs/{run_id}/workspace/files/b.md?turn=1").json["code"] == "file_not_found"
    assert stack.request("GET", f"/runs/{run_id}/workspace/files/b.md?turn={turns}").status == 200


def test_turn_0_is_what_the_run_began_with(stack: Stack) -> None:
    first = stack.finish("touch a.md")
    second = stack.finish("touch b.md", from_run_id=first)
    assert paths(stack, second, 0) == ["a.md"]
    stack.project()
    queued = stack.start("touch c.md", from_run_id=first)
    assert paths(stack, queued, 0) == []


@pytest.mark.proof
def test_any_two_turns_can_be_compared(stack: Stack) -> None:
    run_id, turns = grown(stack)

    def files(query: str) -> Any:
        return stack.request("GET", f"/runs/{run_id}/diff?{query}").json["summary"]["files"]

    assert files("from_turn=0&to_turn=1") == [{"path": "a.md", "status": "A"}]
    assert files("from_turn=1") == [{"path": "b.md", "status": "A"}]
    assert files(f"from_turn={turns}&to_turn=0") == [{"path": name, "status": "D"} for name in ("a.md", "b.md")]
    whole = stack.request("GET", f"/runs/{run_id}/diff?format=patch").content
    assert stack.request("GET", f"/runs/{run_id}/diff?format=patch&to_turn={turns}").content == whole
    assert stack.request("GET", f"/runs/{run_id}/diff?from_turn=0&to_turn=1").json["artifact_id"] is None


def test_a_difference_between_turns_is_made_once(stack: Stack) -> None:
    run_id, _ = grown(stack)
    stack.request("GET", f"/runs/{run_id}/diff?from_turn=1")
    with stack.recorded() as calls:
        stack.request("GET", f"/runs/{run_id}/diff?from_turn=1")
    assert Counter(calls)["s3.PutObject"] == 0
    assert Counter(calls)["s3.GetObject"] == 3


REFUSED = {
    "diff?from_turn=1&to_turn=1": (404, "diff_not_found"),
    "diff?to_turn=99": (404, "turn_not_found"),
    "diff?from_turn=-1": (422, "invalid_request"),
    "diff?from_turn=x": (422, "invalid_request"),
    "diff?format=xml": (422, "invalid_request"),
    "diff?from_turn=9999999999999999999999": (422, "invalid_request"),
    "workspace/files?turn=9": (404, "turn_not_found"),
    "workspace/files/a.md?turn=9": (404, "turn_not_found"),
}


def test_what_cannot_be_compared_and_a_turn_that_was_never_taken_are_refused(
    stack: Stack, subtests: pytest.Subtests
) -> None:
    run_id = stack.finish(TWO_FILES)
    for asked, expected in REFUSED.items():
        with subtests.test(asked):
            answer = stack.request("GET", f"/runs/{run_id}/{asked}")
            assert (answer.status, answer.json["code"]) == expected


def test_a_run_that_ended_before_patches_were_kept_has_one(stack: Stack) -> None:
    run_id = stack.finish(TWO_FILES)
    patch = stack.request("GET", f"/runs/{run_id}/diff?format=patch").content
    forget_patch(stack, stack.backend.runs.get("tenant-a", run_id))
    assert stack.request("GET", f"/runs/{run_id}/diff").json["artifact_id"]
    assert stack.request("GET", f"/runs/{run_id}/diff?format=patch").content == patch


def forget_patch(stack: Stack, run: Run) -> None:
    artifacts: tuple[Artifact, ...] = tuple(made for made in run.artifacts if made.kind != "diff-patch")
    clients.dynamodb().put_item(TableName="table", Item=encode(replace(run, artifacts=artifacts)))


@pytest.mark.proof
def test_finish_has_time_for_a_thousand_changed_files(stack: Stack) -> None:
    """The template gives it 300 s, and a tenth of that is plenty."""
    source = stack.backend.runs.get("tenant-a", stack.finish("touch a.md"))
    text = "".join(f"line {n} of a text that says something\n" for n in range(200))
    rewrite(stack, source, {f"docs/{n:04}.md": f"{n}\n{text}" for n in range(1_000)})
    run_id = stack.start("touch b.md", from_run_id=source.run_id)
    key = {"tenant_id": "tenant-a", "project_id": "p1", "run_id": run_id}
    prepare(key, lambda_context())
    assert agent(key, lambda_context(FINISH_SECONDS - 1))["outcome"] == "finish"
    changed = text.replace("5 of", "five of")
    run = stack.backend.runs.get("tenant-a", run_id)
    rewrite(stack, run, {f"docs/{n:04}.md": f"{n}\n{changed}" for n in range(1_000)})
    began = perf_counter()
    finish(key, lambda_context())
    assert perf_counter() - began < 30
    summary = stack.request("GET", f"/runs/{run_id}/diff").json["summary"]
    assert summary["shortstat"] == "1001 files changed, 20000 insertions(+), 20000 deletions(-)"


def rewrite(stack: Stack, run: Run, texts: dict[str, str]) -> None:
    """Other files in the run's last snapshot."""
    assert run.snapshot
    workspace = Workspace(stack.backend.files_of(run), stack.backend.objects, area_of(run.key))
    for path, text in texts.items():
        workspace.write(path, text.encode())
    stack.backend.objects.put(run.snapshot, workspace.save().encode())


@pytest.mark.proof
def test_a_run_that_changes_twenty_thousand_files_ends_and_tells_all_of_them(stack: Stack) -> None:
    """Its item may have 400 KB; the summary that is an artifact is whole, and so is the answer."""
    stack.project()
    run_id = stack.start("touch main.md")
    key = {"tenant_id": "tenant-a", "project_id": "p1", "run_id": run_id}
    prepare(key, lambda_context())
    assert agent(key, lambda_context(FINISH_SECONDS - 1))["outcome"] == "finish"
    run = stack.backend.runs.get("tenant-a", run_id)
    assert run.snapshot
    same = stack.backend.files_of(run).files["main.md"]
    files = {f"a folder with a rather long name/another one/{n:05}.md": same for n in range(20_000)}
    stack.backend.objects.put(run.snapshot, Snapshot({**files, "main.md": same}).encode())
    finish(key, lambda_context())
    ended = stack.run(run_id)
    assert ended["status"] == "succeeded"
    assert ended["machine_summary"]["primary_artifact"] == "main.md"
    assert "main.md" in {artifact["path"] for artifact in ended["artifacts"]}
    first = stack.request("GET", f"/runs/{run_id}/diff").json
    rest = stack.request("GET", f"/runs/{run_id}/diff?cursor={first['next_cursor']}").json
    summary = first["summary"]
    assert len(summary["files"]) + len(rest["summary"]["files"]) == first["total_files"] == 20_001
    assert summary["shortstat"].startswith("20001 files changed")
    assert len(encode(stack.backend.runs.get("tenant-a", run_id))["body"]["S"]) < 250_000
