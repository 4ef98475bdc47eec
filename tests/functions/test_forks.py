"""Runs that begin where a turn of another one was, whatever came after that."""

from __future__ import annotations

from typing import Any

import pytest

from swarm.runs.conversation import load_transcript
from tests.support.stack import Answer, Stack
from tests.support.story import flaws, records_of

THREE = "touch one.md. touch two.md"


def fork(stack: Stack, **asked: Any) -> Answer:
    return stack.request("POST", "/projects/p1/runs", {"instructions": "touch three.md", **asked})


def paths(stack: Stack, run_id: str) -> list[str]:
    return [each["path"] for each in stack.request("GET", f"/runs/{run_id}/workspace/files").json["files"]]


def conversation(stack: Stack, run_id: str) -> str:
    run = stack.backend.runs.current("tenant-a", run_id)
    assert run.transcript
    return str(load_transcript(stack.backend.objects, run.transcript))


@pytest.mark.parametrize(
    ("turn", "files"), [(0, []), (1, ["one.md"]), (2, ["one.md", "two.md"]), (3, ["one.md", "two.md"])]
)
@pytest.mark.parametrize("keep", [False, True], ids=["files", "conversation"])
def test_a_fork_has_the_files_and_the_conversation_of_that_turn(
    stack: Stack, turn: int, files: list[str], keep: bool
) -> None:
    run_id = stack.finish(THREE)
    answer = fork(stack, from_run_id=run_id, from_turn=turn, keep_conversation=keep)
    assert answer.status == 201, answer.text
    forked = answer.json
    assert (forked["workspace_from_run_id"], forked["workspace_from_turn"]) == (run_id, turn)
    assert forked["continues_run_id"] == (run_id if keep else None)
    stack.drive(forked["id"])
    assert stack.run(forked["id"])["status"] == "succeeded"
    assert sorted(paths(stack, forked["id"])) == sorted([*files, "three.md"])
    said = conversation(stack, forked["id"])
    assert (THREE in said) == keep
    calls = [name for name in ("one.md", "two.md") if f"create {name}" in said or f'"path": "{name}"' in said]
    assert calls == (files if keep else [])
    assert flaws(records_of(stack), forked["id"]) == []


def test_the_conversation_of_the_end_is_kept_without_a_turn(stack: Stack) -> None:
    run_id = stack.finish(THREE)
    forked = fork(stack, from_run_id=run_id, keep_conversation=True).json
    stack.drive(forked["id"])
    assert THREE in conversation(stack, forked["id"])
    assert len(paths(stack, forked["id"])) == 3


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        pytest.param({"from_turn": 1}, 400, id="of no run"),
        pytest.param({"keep_conversation": True}, 400, id="conversation of no run"),
        pytest.param({"from_run_id": "RUN", "from_turn": 99}, 404, id="no such turn"),
        pytest.param({"from_run_id": "RUN", "from_turn": -1}, 422, id="before the beginning"),
    ],
)
def test_what_cannot_be_forked_is_refused_and_leaves_nothing(stack: Stack, asked: dict[str, Any], status: int) -> None:
    run_id = stack.finish(THREE)
    refused = fork(stack, **{name: run_id if value == "RUN" else value for name, value in asked.items()})
    assert refused.status == status, refused.text
    assert len(stack.request("GET", "/runs").json) == 1
