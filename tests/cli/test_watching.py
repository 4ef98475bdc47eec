"""Watching a run: a line for each event, through outages, with an exit code for each end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codex_swarm.cli.exits import Exit
from tests.cli.conftest import Cli
from tests.client import bodies
from tests.client.fake_api import HANG_UP, Answer, FakeApi, told

FAILING = {
    "type": "error",
    "run_id": "run-1",
    "error": {"error": "no \x1b[2J disk", "suggestion": "Clear\nsome up.", "code": "runtime_error"},
}
STORY: list[dict[str, Any]] = [
    {"type": "status", "status": "running", "run_id": "run-1", "project_id": "demo"},
    {"type": "progress", "stage": "executing", "message": "The agent is working", "percent": 30},
    {
        "type": "step",
        "step_id": "s-1",
        "role": "tool",
        "tool_name": "write_file",
        "content": "created\nhello.md",
        "t": "2025-01-13T10:00:01Z",
    },
    FAILING,
]


def stream(*events: dict[str, Any], first: int = 1, ended: bool = True) -> Answer:
    lines = [f"id: {number}-0\ndata: {json.dumps(event)}\n\n" for number, event in enumerate(events, first)]
    if ended:
        lines.append('id: end\ndata: {"type": "end"}\n\n')
    return Answer(200, ("retry: 10\n\n" + "".join(lines)).encode(), {"Content-Type": "text/event-stream"})


@pytest.fixture(params=[bodies.run(), bodies.failed(), bodies.run(status="cancelled")], ids=["0", "1", "3"])
def ended(request: pytest.FixtureRequest, api: FakeApi) -> int:
    """The exit code of a run that is seen to its end."""
    api.on("GET", "/runs/run-1", told(bodies.running(10)), told(request.param))
    api.on("GET", "/runs/run-1/workspace/files?limit=10", told(bodies.listing("hello.md")))
    codes = {"succeeded": 0, "failed": 1, "cancelled": 3}
    return codes[request.param["status"]]


def test_it_tells_each_event_in_a_line_and_exits_as_the_run_ended(ended: int, here: Cli, api: FakeApi) -> None:
    api.on("GET", "/runs/run-1/stream", stream(*STORY[:2], ended=False), stream(*STORY[2:], first=3))
    done = here("watch", "run-1")
    assert done.code == ended
    assert done.out.splitlines()[:5] == [
        "run run-1 in project demo, document_writing",
        "status     running",
        " 30 %      The agent is working",
        "write_file created hello.md",
        "error      no \\x1b[2J disk -- Clear some up.",
    ]
    assert "files        hello.md (8 B)" in done.out
    again = [request for request in api.received if request.target.endswith("/stream")]
    assert [request.headers.get("Last-Event-ID") for request in again] == [None, "2-0"]


def test_the_plan_is_told_as_it_changes_and_with_the_run(here: Cli, api: FakeApi) -> None:
    steps = [{"title": "Read it", "status": "done"}, {"title": "Write it", "status": "in_progress"}]
    api.on("GET", "/runs/run-1", told(bodies.running(10)), told({**bodies.run(), "plan": steps}))
    api.on("GET", "/runs/run-1/workspace/files?limit=10", told(bodies.listing()))
    api.on("GET", "/runs/run-1/stream", stream({"type": "plan", "steps": steps}))
    watched = here("watch", "run-1")
    assert "plan       1 of 2 done -- Write it" in watched.out.splitlines()
    assert "Read it (done); Write it (in progress)" in here("show", "run-1").out


@pytest.mark.parametrize("was_decided", [False, True], ids=["open", "decided"])
def test_what_the_run_asks_for_comes_with_the_command_that_decides_it(
    here: Cli, api: FakeApi, was_decided: bool
) -> None:
    asked = bodies.request(**({"decision": "answer"} if was_decided else {}))
    api.on("GET", "/runs/run-1", told(bodies.running(30, requests=[asked])), told(bodies.run()))
    api.on("GET", "/runs/run-1/workspace/files?limit=10", told(bodies.listing("hello.md")))
    event = {
        "type": "request",
        **{name: asked[name] for name in ("request_id", "kind", "name", "question", "deadline")},
    }
    api.on("GET", "/runs/run-1/stream", stream(event))
    done = here("watch", "run-1")
    assert "asks       " + asked["question"] in done.out
    command = f'codex-swarm decide run-1 answer "..." --request-id {asked["request_id"]}'
    assert (command in done.err.replace("\n", " ")) is not was_decided


def test_an_error_comes_with_what_to_do_about_it(here: Cli, api: FakeApi) -> None:
    api.on("GET", "/runs/run-1", told(bodies.failed()))
    api.on("GET", "/runs/run-1/workspace/files?limit=10", told(bodies.listing()))
    done = here("show", "run-1")
    assert done.out.endswith("timeout: the provider did not answer\n  Start the run again.\n")


def test_with_json_each_event_is_a_line_between_the_run_before_and_after(here: Cli, api: FakeApi) -> None:
    api.on("POST", "/projects/demo/runs", told(bodies.running(0), 201))
    api.on("GET", "/runs/run-1", told(bodies.run()))
    api.on("GET", "/runs/run-1/workspace/files?limit=10", told(bodies.listing("hello.md")))
    api.on("GET", "/runs/run-1/stream", stream(*STORY))
    done = here("run", "Go", "-p", "demo", "--watch", "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["type"] for line in lines] == ["run", "status", "progress", "step", "error", "run"]
    assert (lines[0]["run"]["status"], lines[-1]["run"]["status"]) == ("running", "succeeded")
    assert lines[-1]["files"][0]["path"] == "hello.md"


def test_an_outage_is_told_once_and_waited_out(here: Cli, api: FakeApi) -> None:
    api.on("GET", "/runs/run-1", told(bodies.run()))
    api.on("GET", "/runs/run-1/workspace/files?limit=10", told(bodies.listing()))
    api.on("GET", "/runs/run-1/stream", stream(STORY[0], ended=False), HANG_UP, stream(*STORY[1:], first=2))
    done = here("watch", "run-1")
    assert done.code == 0
    assert done.err.splitlines() == ["no answer (RemoteProtocolError); trying again", "the service answers again"]
    assert done.out.count("status     running") == 1


def test_when_the_time_is_up_the_run_goes_on(here: Cli, api: FakeApi) -> None:
    api.on("GET", "/runs/run-1", told(bodies.running(10)))
    api.on("GET", "/runs/run-1/stream", stream(STORY[0], ended=False))
    done = here("watch", "run-1", "--timeout", "0.05")
    assert done.code == Exit.TIMEOUT
    assert "run run-1 is still running at 10%" in done.err
