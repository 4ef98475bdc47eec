"""While somebody watches, the stream shows what the model is writing; for nobody, nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest

from codex_swarm.models import DeltaEvent
from swarm.agent.showing import Showing
from swarm.ids import RunKey
from swarm.records.drafts import LONGEST, WATCHED
from swarm.records.ownership import Ownership
from tests.local.clouds import eventually
from tests.provider.script import Reply, call, calls, cut, finishes, held, held_in_the_middle, patches
from tests.support.provider_runs import Runs
from tests.support.stack import Stack

INSTRUCTIONS = "Write a long report."
LONG = "".join(f"line {number}\n" for number in range(300))
WRITES = calls(call("write_file", path="report.md", content=LONG), text="I write it.")
DONE = finishes("Wrote report.md.")
MIDDLE = 60_000
"""Bytes of the stream of `WRITES`, of which it has some 90,000."""


def key_of(run_id: str) -> RunKey:
    return RunKey(tenant_id="tenant-a", project_id="p1", run_id=run_id)


def watch(stack: Stack, run_id: str) -> None:
    stack.backend.drafts.watch(key_of(run_id), datetime.now(UTC))


def kept(stack: Stack, run_id: str) -> tuple[int, dict[str, Any]] | None:
    """The draft that the table has, whatever became of its slot."""
    look = stack.backend.drafts.look(key_of(run_id), 0, draft=True)
    return None if look.draft is None else (look.draft_slot, look.draft.model_dump())


def deltas(stack: Stack, run_id: str) -> list[dict[str, Any]]:
    """What a watcher who knows all events is shown by one connection."""
    after = stack.request("GET", f"/runs/{run_id}/events").json["next_after"]
    text = stack.request("GET", f"/runs/{run_id}/stream?after={after}").text
    blocks = [block for block in text.split("\n\n") if block.startswith("event: delta")]
    assert not any("\nid:" in block for block in blocks)
    return [json.loads(block.partition("data: ")[2]) for block in blocks]


def in_the_middle(
    runs: Runs,
    script: Callable[[Event], Sequence[Reply]],
    then: Callable[[Stack, str], None],
    *,
    requests: int = 1,
    watched: bool = True,
    **settings: str,
) -> tuple[Stack, str]:
    """A run one of whose answers is held until `then` has happened, after so many requests; it goes on to its end."""
    released = Event()
    provider, stack = runs.of(*script(released), WATCH_SECONDS="3", **settings)
    stack.project()
    run_id = stack.start(INSTRUCTIONS)
    if watched:
        watch(stack, run_id)
    with ThreadPoolExecutor(1) as pool:
        try:
            working = pool.submit(stack.drive, run_id)
            provider.wait_for_requests(requests)
            then(stack, run_id)
        finally:
            released.set()
        working.result(60)
    return stack, run_id


def held_half_way(released: Event) -> Sequence[Reply]:
    return held_in_the_middle(WRITES, released, MIDDLE), DONE


def test_a_watcher_sees_text_path_and_content_before_the_turn_is_over(runs: Runs) -> None:
    def look(stack: Stack, run_id: str) -> None:
        (delta,) = eventually(lambda: deltas(stack, run_id))
        assert (delta["type"], delta["text"], delta["path"]) == ("delta", "I write it.", "report.md")
        # How much of it, is a matter of what has come through the socket by then.
        assert 0 < len(delta["content"]) <= LONGEST
        assert delta["content"] in LONG
        told = stack.request("GET", f"/runs/{run_id}/events").json["events"]
        assert [event["role"] for event in told if event["type"] == "step"] == ["user"]

    stack, run_id = in_the_middle(runs, held_half_way, look)
    assert stack.run(run_id)["status"] == "succeeded"
    assert stack.request("GET", f"/runs/{run_id}/workspace/files/report.md").text == LONG
    assert deltas(stack, run_id) == []


def test_a_patch_of_the_providers_own_type_is_seen_like_a_file_that_is_written(runs: Runs) -> None:
    diff = "".join(f"+{line}\n" for line in LONG.splitlines())
    patch = calls(patches("create_file", "report.md", diff))

    def look(stack: Stack, run_id: str) -> None:
        (delta,) = eventually(lambda: deltas(stack, run_id))
        # How much of it, is a matter of what has come through the socket by then.
        assert (delta["path"], bool(delta["content"])) == ("report.md", True)
        assert delta["content"] in diff

    def script(released: Event) -> Sequence[Reply]:
        return held_in_the_middle(patch, released, MIDDLE), DONE

    stack, run_id = in_the_middle(runs, script, look, MODELS='{"test-model": {"apply_patch": true}}')
    assert stack.run(run_id)["status"] == "succeeded"
    assert stack.request("GET", f"/runs/{run_id}/workspace/files/report.md").text == LONG


def test_whoever_comes_in_the_middle_sees_what_stands_there_at_once(stack: Stack) -> None:
    stack.project()
    run_id = stack.start(INSTRUCTIONS)
    slot = stack.backend.runs.current("tenant-a", run_id).version + 1
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    stack.backend.drafts.write(key_of(run_id), slot, DeltaEvent(text="so far", content=LONG), long_ago)
    first = stack.request("GET", f"/runs/{run_id}/stream").text
    kind, _, delta = first.split("\n\n")[-2].partition("\ndata: ")
    assert kind == "event: delta"
    assert json.loads(delta) == {"type": "delta", "text": "so far", "content": LONG[-LONGEST:]}
    assert stack.backend.drafts.look(key_of(run_id), 0).watched_until > f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    stack.backend.drafts.write(key_of(run_id), slot - 1, DeltaEvent(text="over"), long_ago)
    assert "event: delta" not in stack.request("GET", f"/runs/{run_id}/stream").text


def test_for_nobody_nothing_is_written(runs: Runs) -> None:
    stack, run_id = in_the_middle(runs, held_half_way, lambda *_: None, watched=False)
    assert kept(stack, run_id) is None


def test_the_mark_of_a_watcher_is_made_once_for_all_and_passes(runs: Runs) -> None:
    _, stack = runs.of(WATCH_SECONDS="0.2")
    stack.project()
    run_id = stack.start(INSTRUCTIONS)
    with stack.recorded() as made:
        for _ in range(3):
            assert deltas(stack, run_id) == []
    # Besides the place of each watcher, which is taken and given back.
    assert made.count("dynamodb.UpdateItem") == 3 * 2 + 1
    until = stack.backend.drafts.look(key_of(run_id), 0).watched_until
    assert until < f"{datetime.now(UTC) + WATCHED:%Y-%m-%dT%H:%M:%S.%fZ}"


def test_a_minute_of_a_watched_answer_is_sixty_writes_and_of_another_none(stack: Stack) -> None:
    stack.project()
    run_id, now = stack.start(INSTRUCTIONS), [0.0]
    slot = stack.backend.runs.current("tenant-a", run_id).version + 1
    for watched, expected in ((False, (0, 29)), (True, (60, 60))):
        if watched:
            watch(stack, run_id)
        ownership = Ownership(lambda: False, lambda: now[0])
        showing = Showing(stack.backend.drafts, ownership, lambda: datetime.now(UTC), lambda: (key_of(run_id), slot))
        showing.begin()
        with stack.recorded() as made:
            for _ in range(480):
                showing.wrote(lambda: DeltaEvent(text="so far"))
                now[0] += 0.125
        assert (made.count("dynamodb.PutItem"), made.count("dynamodb.Query")) == expected


def test_what_a_repeated_answer_had_shown_is_withdrawn(runs: Runs) -> None:
    def look(stack: Stack, run_id: str) -> None:
        assert deltas(stack, run_id) == [{"type": "delta"}]

    def script(released: Event) -> Sequence[Reply]:
        return cut(WRITES, MIDDLE), held(WRITES, released), DONE

    stack, run_id = in_the_middle(runs, script, look, requests=2)
    assert stack.run(run_id)["status"] == "succeeded"


@pytest.mark.proof
def test_a_cancelled_answer_shows_nothing_more_and_no_event_follows(runs: Runs) -> None:
    seen: dict[str, Any] = {}

    def cancel(stack: Stack, run_id: str) -> None:
        eventually(lambda: deltas(stack, run_id))
        assert stack.request("POST", f"/runs/{run_id}/cancel").status == 200
        seen["events"] = stack.request("GET", f"/runs/{run_id}/events").json
        seen["draft"] = kept(stack, run_id)
        assert deltas(stack, run_id) == []

    stack, run_id = in_the_middle(runs, held_half_way, cancel)
    assert stack.request("GET", f"/runs/{run_id}/events").json == seen["events"]
    assert kept(stack, run_id) == seen["draft"]
    assert seen["events"]["events"][-1]["type"] in {"status", "cancelled", "progress", "workspace_summary"}


@pytest.mark.proof
def test_a_watched_run_is_read_as_any_other_and_leaves_nothing_when_it_goes(stack: Stack) -> None:
    stack.project()
    run_id = stack.start("touch a.md. wait 4 seconds")
    watch(stack, run_id)
    stack.drive(run_id)
    assert kept(stack, run_id) is not None
    run = stack.backend.runs
    assert run.current("tenant-a", run_id).status == "succeeded"
    assert run.history("tenant-a", run_id)[1] is not None
    run.remove(key_of(run_id))
    assert kept(stack, run_id) is None
