"""Events from a cursor on: exact, bounded, and honest about a cursor that is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import JsonValue

from codex_swarm.models import DiffEvent, DiffFile, DiffSummary, RunEvent, RunStatus, StatusEvent, StepEvent, Usage
from swarm import sizes
from swarm.ids import RunKey
from swarm.outputs import stream
from swarm.outputs.stream import BEGINNING, Cursor, Glimpse, Replay
from swarm.records.runlog import MemoryRunLog
from swarm.runs.entries import Entry, TurnTaken
from tests.support.stack import Stack

HELLO = "Create a simple markdown file called hello.md with a greeting"


def blocks(text: str) -> list[dict[str, str]]:
    """The fields of each block of a stream."""
    found = [dict(line.partition(":")[::2] for line in block.splitlines()) for block in text.split("\n\n") if block]
    return [{name: value.removeprefix(" ") for name, value in block.items()} for block in found]


def streamed(stack: Stack, run_id: str, query: str = "", **headers: str) -> list[dict[str, str]]:
    answer = stack.request("GET", f"/runs/{run_id}/stream{query}", headers=headers)
    assert answer.headers["content-type"] == "text/event-stream"
    return blocks(answer.text)


def paged(stack: Stack, run_id: str, query: str = "") -> Any:
    answer = stack.request("GET", f"/runs/{run_id}/events{query}")
    assert answer.status == 200, answer.text
    return answer.json


def test_stream_and_pages_tell_the_same(stack: Stack) -> None:
    run_id = stack.finish(HELLO)
    first, *told, end = streamed(stack, run_id)
    assert first == {"retry": "1000"}
    assert (end["event"], json.loads(end["data"])) == ("end", {"type": "end"})
    page = paged(stack, run_id)
    assert page["events"] == [{"id": block["id"], **json.loads(block["data"])} for block in told]
    assert (page["ended"], page["next_after"]) == (True, end["id"])


@pytest.mark.proof
@pytest.mark.parametrize("limit", [1, 7])
def test_pages_of_any_size_lose_and_repeat_nothing(stack: Stack, limit: int) -> None:
    run_id = stack.finish(f"{HELLO}. wait 3 seconds")
    whole = paged(stack, run_id)["events"]
    seen: list[Any] = []
    after = ""
    while True:
        page = paged(stack, run_id, f"?limit={limit}&after={after}")
        seen += page["events"]
        after = page["next_after"]
        assert len(page["events"]) <= limit
        if page["ended"]:
            break
    assert seen == whole
    assert paged(stack, run_id, f"?after={after}") == {"events": [], "next_after": after, "ended": True}


def test_every_event_is_a_place_to_go_on_from(stack: Stack) -> None:
    run_id = stack.finish(HELLO)
    told = [block for block in streamed(stack, run_id) if "id" in block]
    for place, block in enumerate(told[:-1]):
        assert [b for b in streamed(stack, run_id, f"?after={block['id']}") if "id" in b] == told[place + 1 :]


def test_the_header_goes_before_the_query(stack: Stack) -> None:
    # EventSource comes again to the URL it was made with, and says in the header how far it has come.
    run_id = stack.finish(HELLO)
    told = [block for block in streamed(stack, run_id) if "id" in block]
    (_, end) = streamed(stack, run_id, f"?after={told[0]['id']}", **{"last-event-id": told[-2]["id"]})
    assert end["event"] == "end"


def test_a_client_that_saw_the_end_and_comes_again_is_told_not_to(stack: Stack) -> None:
    run_id = stack.finish(HELLO)
    end = streamed(stack, run_id)[-1]
    answer = stack.request("GET", f"/runs/{run_id}/stream", headers={"last-event-id": end["id"]})
    assert (answer.status, answer.content) == (204, b"")


UNKNOWN = {
    "no cursor": "nonsense",
    "a slot too far": "9999.0",
    "an event too many": "0.99",
    "behind the end": "{slot}.{beyond}",
    "before the beginning": "-1.0",
    "leading zeros": "00.0",
    "other digits": "\u0660.\u0660",
    "very long": "1" * 500 + ".0",
}


def test_an_unknown_cursor_gets_a_reset_and_everything_from_the_start(stack: Stack, subtests: pytest.Subtests) -> None:
    run_id = stack.finish(HELLO)
    slot, number = paged(stack, run_id)["next_after"].split(".")
    for what, cursor in UNKNOWN.items():
        with subtests.test(what):
            header = cursor.format(slot=slot, beyond=int(number) + 1)
            retry, reset, *rest = streamed(stack, run_id, **{"last-event-id": header})
            # An empty id takes the unknown one from the client, which else would come again with it.
            assert (reset["event"], reset["id"], json.loads(reset["data"])["type"]) == ("reset", "", "reset")
            assert [retry, *rest] == streamed(stack, run_id)


def test_a_page_after_an_unknown_event_begins_with_a_reset(stack: Stack) -> None:
    run_id = stack.finish(HELLO)
    first, *rest = paged(stack, run_id, "?after=7.nine")["events"]
    assert (first["type"], first["id"]) == ("reset", "")
    assert rest == paged(stack, run_id)["events"]


def test_a_limit_that_is_none_is_refused(stack: Stack) -> None:
    run_id = stack.finish("touch a.md")
    statuses = [stack.request("GET", f"/runs/{run_id}/events?limit={limit}").status for limit in ("0", "1001", "many")]
    assert statuses == [422, 422, 422]


KEY = RunKey(tenant_id="t", project_id="p", run_id="r")
QUEUED = StatusEvent(status=RunStatus.QUEUED, run_id="r", project_id="p")


def said(content: str) -> StepEvent:
    return StepEvent(step_id="r-00000", role="assistant", content=content, t=datetime(2026, 1, 1, tzinfo=UTC))


class Clock:
    """Time that passes only when somebody sleeps; `then` happens while they do."""

    def __init__(self, then: Callable[[float], None] = lambda _: None) -> None:
        self.now = 0.0
        self._then = then

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self._then(self.now)


def write(log: MemoryRunLog, slot: int, *told: RunEvent) -> None:
    change = TurnTaken(transcript="", snapshot="", usage=Usage())
    at = datetime(2026, 1, 1, tzinfo=UTC)
    log.append(KEY, Entry(slot=slot, writer=f"w{slot}", at=at, change=change, events=told))


def wait(log: MemoryRunLog, clock: Clock, cursor: Cursor = BEGINNING) -> Replay:
    seen = stream.since(log, KEY, cursor)
    return stream.wait_for(log, KEY, seen, lambda slot: Glimpse(log.has(KEY, slot)), 20.0, clock, clock.sleep)


def test_with_nothing_new_it_waits_and_then_gives_up() -> None:
    log, clock = MemoryRunLog(), Clock()
    write(log, 0, QUEUED)
    replay = wait(log, clock, Cursor(0, 0))
    assert (replay.events, replay.cursor, clock.now) == ((), Cursor(0, 0), 20.0)


def test_what_comes_while_it_waits_is_told_at_once() -> None:
    log = MemoryRunLog()
    told = StatusEvent(status=RunStatus.RUNNING, run_id="r", project_id="p")

    def go_on(now: float) -> None:
        if now == 3.0:
            write(log, 1)  # nothing for watchers in it
        if now == 5.0:
            write(log, 2, told)

    clock = Clock(go_on)
    write(log, 0, QUEUED)
    assert wait(log, clock, Cursor(0, 0)).events == (told.model_copy(update={"id": "2.0"}),)
    assert clock.now == 5.0


def test_an_answer_is_bounded_and_goes_on_where_it_stopped() -> None:
    log = MemoryRunLog()
    for slot in range(30):
        write(log, slot, *[said("\u00fc" * 50_000)] * 3)
    cursor, seen = BEGINNING, []
    while (replay := stream.since(log, KEY, cursor)).events:
        assert sizes.answered(stream.encode(replay)) <= sizes.ANSWER
        seen += [event.id for event in replay.events]
        cursor = replay.cursor
    assert seen == [str(Cursor(slot, n)) for slot in range(30) for n in range(3)]


def test_an_event_too_large_for_any_answer_is_told_in_short() -> None:
    log = MemoryRunLog()
    diff = DiffSummary(shortstat="2 files", stat="x" * 3_000_000, files=[DiffFile(path="a", status="A")])
    write(log, 0, DiffEvent(run_id="r", artifact_id="art", diff=diff))
    (event,) = stream.since(log, KEY, BEGINNING).events
    short = DiffSummary(shortstat="2 files", stat="x" * 2_000)
    assert event == DiffEvent(id="0.0", run_id="r", artifact_id="art", diff=short, truncated=True)


def test_whatever_a_tool_was_given_an_event_in_short_keeps_its_shape() -> None:
    log = MemoryRunLog()
    args: dict[str, JsonValue] = {
        "path": "a.md",
        "content": "x" * 600_000,
        "lines": [1, 2],
        "more": {"deep": "y" * 3_000},
    }
    write(log, 0, said("done").model_copy(update={"tool_args": args, "ok": False}))
    (event,) = stream.since(log, KEY, BEGINNING).events
    told = json.loads(stream.as_json(event))
    assert told["tool_args"] == {"path": "a.md", "content": "x" * 2_000, "lines": [], "more": {"deep": "y" * 2_000}}
    assert (told["content"], told["ok"], told["truncated"]) == ("done", False, True)
    assert "files" not in told
