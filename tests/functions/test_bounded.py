"""Nothing is too large to answer: every list has pages, and every size is measured as it travels.

`Stack.request` checks of each answer here that Lambda would let it through.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from codex_swarm.models import DiffFile, DiffSummary, RunStatus, StepEvent, TaskType, Usage
from swarm import sizes
from swarm.ids import RunKey
from swarm.runs.entries import Created, Entry, TurnTaken
from swarm.runs.events import step_id
from swarm.runs.run import Artifact, Run
from swarm.workspace.objects import ProjectArea
from swarm.workspace.snapshot import FileEntry, Snapshot
from tests.support.stack import Answer, Stack

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
KEY = RunKey(tenant_id="tenant-a", project_id="p1", run_id="0" * 32)
AREA = ProjectArea("tenant-a", "p1")
LONG = "\u5831" * 80
"""A name near the longest that a file may have: 240 bytes, 720 percent-encoded."""


def paths(number: int, name: str = LONG) -> list[str]:
    return sorted(f"{name}/{name}/{name}/{n:05}.md" for n in range(number))


def stored(stack: Stack, turns: int = 0, calls: int = 0, text: str = "", **fields: Any) -> Run:
    """A run that took so many turns, each with so many calls that gave this text."""
    given: dict[str, Any] = {"name": "", "task_type": TaskType.CODE, "instructions": "x", **fields}
    run = Run(key=KEY, created_at=BEGAN, **given)
    stack.backend.log.append(KEY, Entry(slot=0, writer="w", at=BEGAN, change=Created(run=run)))
    for turn in range(1, turns + 1):
        told = [
            StepEvent(
                step_id=step_id(run.run_id, n), t=BEGAN, role="tool", content=text, tool_args={"path": text[:500]}
            )
            for n in range(turn * calls, turn * calls + calls)
        ]
        change = TurnTaken(transcript="t", snapshot="s", usage=Usage())
        stack.backend.log.append(KEY, Entry(slot=turn, writer="w", at=BEGAN, change=change, events=tuple(told)))
    stack.backend.runs.store(run)
    return run


def pages(stack: Stack, path: str, **query: str) -> Iterator[Answer]:
    """Every page of a listing, whether the cursor of the next is in the headers or in the body."""
    cursor: dict[str, str] = {}
    while True:
        asked = "&".join(f"{name}={value}" for name, value in {**query, **cursor}.items())
        answer = stack.request("GET", f"{path}?{asked}")
        assert answer.status == 200, answer.text
        yield answer
        body = answer.json
        following = answer.headers.get("x-next-cursor") or (body.get("next_cursor") if isinstance(body, dict) else None)
        if following is None:
            return
        cursor = {"cursor": following}


@pytest.mark.parametrize("text", ["\u8aad" * 4_000, '\\"' * 2_000], ids=["Japanese", "escapes"])
def test_the_steps_of_a_long_conversation_come_in_pages(stack: Stack, text: str) -> None:
    stored(stack, turns=4, calls=200, text=text)
    found = list(pages(stack, f"/runs/{KEY.run_id}/steps"))
    assert len(found) > 1
    assert [each["id"] for page in found for each in page.json] == [f"{KEY.run_id}-{n:05}" for n in range(200, 1000)]
    few = list(pages(stack, f"/runs/{KEY.run_id}/steps", limit="200"))
    assert [len(page.json) for page in few] == [200] * 4


@pytest.mark.parametrize("cursor", ["none", "7.0", "1.200", "%00"])
def test_a_place_that_is_none_of_the_run_is_refused(stack: Stack, cursor: str) -> None:
    stored(stack, turns=1, calls=2)
    answer = stack.request("GET", f"/runs/{KEY.run_id}/steps?cursor={cursor}")
    assert (answer.status, answer.json["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("text", ["\u8aad" * 4_000, '\\"' * 2_000], ids=["Japanese", "escapes"])
def test_the_events_of_many_calls_come_in_pages(stack: Stack, text: str) -> None:
    stored(stack, turns=2, calls=400, text=text)
    seen: list[str] = []
    after = ""
    while True:
        page = stack.request("GET", f"/runs/{KEY.run_id}/events?after={after}").json
        if not page["events"]:
            break
        seen += [each["step_id"] for each in page["events"]]
        after = page["next_after"]
    assert seen == [f"{KEY.run_id}-{n:05}" for n in range(400, 1200)]
    assert stack.request("GET", f"/runs/{KEY.run_id}/stream").status == 200


def test_a_listing_of_long_names_comes_in_pages(stack: Stack) -> None:
    names = paths(2_000, '"' * 240)
    files = Snapshot({path: FileEntry("0" * 64, 1, "markdown") for path in names})
    stack.backend.objects.put(AREA.of_run(KEY.run_id, "snapshots", "s"), files.encode())
    stored(stack, snapshot=AREA.of_run(KEY.run_id, "snapshots", "s"))
    found = list(pages(stack, f"/runs/{KEY.run_id}/workspace/files", limit="2000"))
    assert len(found) > 1
    assert [file["path"] for page in found for file in page.json["files"]] == names
    assert {page.json["total_files"] for page in found} == {2_000}


def test_a_diff_of_long_names_comes_in_pages(stack: Stack) -> None:
    names = paths(8_000)
    stat = "\n".join(f"{path} | 1 +" for path in names)
    whole = DiffSummary(files=[DiffFile(path=path, status="A") for path in names], shortstat="8000 files", stat=stat)
    text = whole.model_dump_json().encode()
    made = [
        Artifact(id=f"art-{kind}", kind=kind, path=kind, bytes=len(text), created_at=BEGAN,
                 key=AREA.of_run(KEY.run_id, "artifacts", kind))
        for kind in ("diff-summary", "diff-patch")
    ]  # fmt: skip
    stack.backend.objects.put(made[0].key, text)
    first = whole.model_copy(update={"files": whole.files[:9], "stat": ""})
    stored(stack, diff=first, artifacts=tuple(made), status=RunStatus.SUCCEEDED)
    found = [page.json for page in pages(stack, f"/runs/{KEY.run_id}/diff")]
    assert len(found) > 1
    assert [file["path"] for page in found for file in page["summary"]["files"]] == names
    assert "\n".join(page["summary"]["stat"] for page in found) == stat
    assert {(page["summary"]["shortstat"], page["total_files"]) for page in found} == {("8000 files", 8_000)}


def test_a_patch_of_backslashes_is_answered(stack: Stack) -> None:
    patch = b"\\" * 3_600_000
    key = AREA.of_run(KEY.run_id, "artifacts", "p")
    made = Artifact(id="art-1", kind="diff-patch", path="diff.patch", bytes=1, key=key, created_at=BEGAN)
    summary = Artifact(id="art-2", kind="diff-summary", path="s", bytes=1, key="none", created_at=BEGAN)
    stack.backend.objects.put(made.key, patch)
    stored(stack, diff=DiffSummary(), artifacts=(made, summary), status=RunStatus.SUCCEEDED)
    assert stack.request("GET", f"/runs/{KEY.run_id}/diff?format=patch").content == patch


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"domain_config": "x" * 450_000}, 413, id="a configuration of 450 KB"),
        pytest.param({"domain_config": "\u8aad" * 90_000}, 413, id="a configuration of 270 KB in few characters"),
        pytest.param({"name": "n" * 450_000}, 422, id="a name of 450 KB"),
        pytest.param({"callback_url": "https://example.com/" + "x" * 450_000}, 422, id="a callback of 450 KB"),
    ],
)
def test_what_no_item_has_room_for_is_refused(stack: Stack, change: Any, status: int) -> None:
    assert stack.request("PUT", "/projects/p1", {"name": "n", **change}).status == status
    assert stack.request("GET", "/projects").json == []


def test_the_largest_configuration_comes_back(stack: Stack) -> None:
    config = {"text": '\u8aad\\"' * 36_000}
    assert stack.request("PUT", "/projects/p1", {"domain_config": config}).status == 201
    assert stack.request("GET", "/projects/p1").json["domain_config"] == config


def test_the_largest_run_ends(stack: Stack) -> None:
    """Instructions that double when they are quoted, twenty long notes, two hundred files with long names."""
    stack.project("p1")
    notes = {f"note{n}": "\u8aad" * 512 for n in range(20)}
    files = [{"path": f"{LONG}/{LONG}/{n}.md", "content": "x"} for n in range(100)]
    run_id = stack.start("touch a.md " + '"' * 65_000, metadata=notes, files=files)
    stack.drive(run_id)
    run = stack.run(run_id)
    assert (run["status"], run["metadata"]) == ("succeeded", notes)
    assert run["machine_summary"]["goal"] == "touch a.md " + '"' * 65_000


@pytest.mark.parametrize(
    ("project_id", "status"),
    [
        pytest.param("\u8aad" * 83, 201, id="747 bytes percent-encoded"),
        pytest.param("\u8aad" * 102, 400, id="918 bytes percent-encoded"),
    ],
)
def test_keys_of_objects_stay_within_what_storage_takes(stack: Stack, project_id: str, status: int) -> None:
    assert stack.request("PUT", f"/projects/{project_id}", {}).status == status
    if status == 201:
        run_id = stack.start("touch a.md", project_id, files=[{"path": "b.md", "content": "x"}])
        stack.drive(run_id, project_id)
        assert stack.run(run_id)["status"] == "succeeded"
        assert max(sizes.of_text(key) for key in stack.backend.inventory.keys(f"{_area(project_id)}/")) <= 1_024


def _area(project_id: str) -> str:
    return ProjectArea("tenant-a", project_id).prefix


def test_more_filters_than_a_run_has_notes_are_refused(stack: Stack) -> None:
    query = "&".join(f"metadata=key{n}=value" for n in range(200))
    assert stack.request("GET", f"/runs?{query}").status == 422
    assert stack.request("GET", f"/runs?{'&'.join(f'metadata=key{n}=value' for n in range(20))}").json == []


def test_a_cursor_longer_than_any_key_is_refused(stack: Stack) -> None:
    for n in range(3):
        stack.project(f"p{n}")
    cursor = stack.request("GET", "/projects?limit=1").headers["x-next-cursor"]
    _, digest = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(["2" * 1_100, digest]).encode()).decode()
    answer = stack.request("GET", f"/projects?cursor={forged}")
    assert (answer.status, answer.json["code"]) == (400, "invalid_cursor")
