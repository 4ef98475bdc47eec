"""Following a run: each event once and in order, over closed and broken connections, until the run ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import NotFound, TransportError, UnexpectedAnswer
from codex_swarm.models import DeltaEvent, ProgressEvent, RunStatus, StatusEvent, StepEvent, UnknownEvent
from tests.client.conftest import Clock
from tests.client.fake_api import HANG_UP, Answer, FakeApi, refused, told

STREAM = "/runs/run-1/stream"


def message(fields: dict[str, Any], id: str | None = None) -> str:  # noqa: A002
    place = "" if id is None else f"id: {id}\n"
    return f"{place}data: {json.dumps(fields, ensure_ascii=False)}\n\n"


def status(value: str, id: str | None = None) -> str:  # noqa: A002
    return message({"type": "status", "status": value, "run_id": "run-1", "project_id": "demo"}, id)


def progress(percent: int, id: str) -> str:  # noqa: A002
    return message({"type": "progress", "stage": "x", "message": "…", "percent": percent}, id)


END = "event: end\n" + message({"type": "end"})


def stream(*messages: str, missing: int = 0) -> Answer:
    headers = {"Content-Type": "text/event-stream; charset=utf-8"}
    return Answer(body="".join(messages).encode(), headers=headers, missing=missing)


def cursors(api: FakeApi) -> list[str | None]:
    return [request.headers.get("Last-Event-ID") for request in api.received]


def ids(client: CodexSwarmClient, last_event_id: str | None = None) -> list[str]:
    return [event.id for event in client.events("run-1", last_event_id)]


def test_one_connection_tells_the_whole_run(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on(
        "GET",
        STREAM,
        stream(status("queued", "0"), progress(20, "1"), status("succeeded", "2"), progress(100, "3"), END),
    )
    events = list(client.events("run-1"))
    assert [event.type for event in events] == ["status", "progress", "status", "progress"]
    assert events[-1] == ProgressEvent(id="3", stage="x", message="…", percent=100)
    assert cursors(api) == [None]


def test_drafts_come_where_they_are_asked_for_and_change_no_place(api: FakeApi, client: CodexSwarmClient) -> None:
    draft = "event: delta\n" + message({"type": "delta", "text": "I write", "path": "a.md", "content": "# A"})
    told = (
        stream(status("queued", "0"), draft),
        stream(draft, status("succeeded", "1"), END),
    )
    api.on("GET", STREAM, *told, *told)
    assert [event.type for event in client.events("run-1")] == ["status", "status"]
    assert cursors(api) == [None, "0"]
    shown = list(client.events("run-1", drafts=True))
    assert [(event.type, event.id) for event in shown] == [
        ("status", "0"),
        ("delta", ""),
        ("delta", ""),
        ("status", "1"),
    ]
    assert shown[1] == DeltaEvent(text="I write", path="a.md", content="# A")
    assert cursors(api) == [None, "0", None, "0"]


def test_a_closed_connection_is_opened_where_it_stopped(api: FakeApi, client: CodexSwarmClient, clock: Clock) -> None:
    api.on(
        "GET",
        STREAM,
        stream(status("queued", "0.0"), progress(20, "1.0")),
        stream(": nothing new\n\n"),
        stream("retry: 200\n\n", progress(70, "2.0")),
        stream(status("failed", "3.0"), END),
    )
    assert ids(client) == ["0.0", "1.0", "2.0", "3.0"]
    assert cursors(api) == [None, "1.0", "1.0", "2.0"]
    assert clock.naps == [1.0, 1.0, 0.2]


def test_a_broken_connection_loses_and_repeats_nothing(api: FakeApi, client: CodexSwarmClient, clock: Clock) -> None:
    api.on(
        "GET",
        STREAM,
        stream(status("running", "1"), "id: 2\ndata: {", missing=50),
        HANG_UP,
        stream(progress(30, "2"), status("succeeded", "3"), END),
    )
    assert ids(client) == ["1", "2", "3"]
    assert cursors(api) == [None, "1", "1"]
    assert clock.naps == [0.25, 0.5]


def test_following_an_ended_run_from_its_last_event_ends_at_once(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", STREAM, stream(END))
    assert ids(client, "9.1") == []
    assert cursors(api) == ["9.1"]


def test_separators_of_other_kinds_do_not_split_an_event(api: FakeApi, client: CodexSwarmClient) -> None:
    fields = {"step_id": "s", "role": "user", "content": "one\u2028two\x85three", "t": "2026-01-02T03:04:05Z"}
    step = message({"type": "step", **fields}, "1")
    api.on("GET", STREAM, stream(step, END))
    (event,) = client.events("run-1")
    assert isinstance(event, StepEvent)
    assert event.content == "one\u2028two\x85three"


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_lines_may_end_either_way(api: FakeApi, client: CodexSwarmClient, end: str) -> None:
    lines = [
        "event: message",
        'data: {"type": "status",',
        'data:"status": "failed", "run_id": "run-1", "project_id": "demo"}',
        "id: 4",
        "",
        END,
    ]
    api.on("GET", STREAM, stream(end.join(lines)))
    failed = StatusEvent(id="4", status=RunStatus.FAILED, run_id="run-1", project_id="demo")
    assert list(client.events("run-1")) == [failed]


def test_an_event_of_a_later_service_is_handed_on_with_its_fields(api: FakeApi, client: CodexSwarmClient) -> None:
    later = message({"type": "question", "text": "Which?"}, "1")
    changed = message({"type": "status", "status": "asleep", "run_id": "run-1"}, "2")
    api.on("GET", STREAM, stream(later, changed, END))
    asked, slept = client.events("run-1")
    assert isinstance(asked, UnknownEvent)
    assert (asked.type, asked.id, asked.model_extra) == ("question", "1", {"text": "Which?"})
    assert isinstance(slept, UnknownEvent)
    assert (slept.type, slept.id, slept.model_extra) == ("status", "2", {"status": "asleep", "run_id": "run-1"})


def test_an_unknown_run_is_told_at_once(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", STREAM, refused(404, "run_not_found"))
    with pytest.raises(NotFound):
        list(client.events("run-1"))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(told({}), id="json"),
        pytest.param(stream("data: not json\n\n"), id="events-of-another-kind"),
    ],
)
def test_something_else_than_events_is_recognised(api: FakeApi, client: CodexSwarmClient, answer: Answer) -> None:
    api.on("GET", STREAM, answer)
    with pytest.raises(UnexpectedAnswer):
        list(client.events("run-1"))


def test_a_stream_that_only_breaks_is_given_up(api: FakeApi, client: CodexSwarmClient, clock: Clock) -> None:
    api.on("GET", STREAM, stream(status("running", "1"), missing=9), stream(missing=9))
    with pytest.raises(TransportError):
        list(client.with_options(outage=20).events("run-1"))
    assert 20 <= clock.now <= 25


def test_leaving_early_is_fine(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", STREAM, stream(status("running", "1"), progress(20, "2")))
    for event in client.events("run-1"):
        assert event.id == "1"
        break
    assert len(api.received) == 1


def test_an_event_that_the_run_never_had_starts_the_stream_again(api: FakeApi, client: CodexSwarmClient) -> None:
    reset = f"id:\nevent: reset\n{message({'type': 'reset'})}"
    api.on(
        "GET",
        STREAM,
        stream(reset, missing=9),
        stream(status("queued", "0.0"), status("failed", "1.0"), END),
    )
    assert [event.type for event in client.events("run-1", "9.9")] == ["reset", "status", "status"]
    assert cursors(api) == ["9.9", None]


def test_following_a_run_behind_its_end_ends_at_once(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", STREAM, Answer(status=204))
    assert ids(client, "3.0") == []


def page(*events: dict[str, Any], next_after: str, ended: bool = False) -> Answer:
    return told({"events": list(events), "next_after": next_after, "ended": ended})


def test_the_events_so_far_come_over_as_many_pages_as_it_takes(api: FakeApi, client: CodexSwarmClient) -> None:
    first, second = ({"id": f"{n}.0", "type": "progress", "stage": "x", "message": "", "percent": n} for n in (0, 1))
    api.on("GET", "/runs/run-1/events", page(first, next_after="0.0"))
    api.on("GET", "/runs/run-1/events?after=0.0", page(second, next_after="1.0"))
    api.on("GET", "/runs/run-1/events?after=1.0", page(next_after="1.0"))
    events = client.list_events("run-1")
    assert events == [ProgressEvent(id=f"{n}.0", stage="x", message="", percent=n) for n in (0, 1)]
    assert client.list_events("run-1", "0.0") == events[1:]


def test_a_page_that_says_it_is_the_last_is_believed(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", "/runs/run-1/events", page({"id": "0.0", "type": "status"}, next_after="0.1", ended=True))
    events = client.iter_events("run-1")
    assert [event.id for event in events] == ["0.0"]
    assert len(api.received) == 1
