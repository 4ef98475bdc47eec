"""A schedule is put, looked at and changed by one call each."""

from __future__ import annotations

import json

import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import InvalidArgument
from tests.client import bodies
from tests.client.fake_api import Answer, FakeApi, told

PATH = "/projects/demo/schedules/monday"


def test_a_schedule_is_sent_with_what_was_given_and_nothing_else(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("PUT", PATH, told(bodies.schedule()))
    kept = client.put_schedule("demo", "monday", "write", cron="0 9 * * MON", timezone="Europe/Berlin")
    assert kept.next_times[0].isoformat() == "2026-01-19T08:00:00+00:00"
    sent = json.loads(api.received[-1].body)
    assert (sent["run"], sent["cron"], "rate" in sent) == ({"instructions": "write"}, "0 9 * * MON", False)


def test_a_schedule_is_listed_paused_resumed_and_deleted(api: FakeApi, client: CodexSwarmClient) -> None:
    api.on("GET", "/projects/demo/schedules", told([bodies.schedule(run={})]))
    api.on("GET", PATH, told(bodies.schedule()))
    api.on("POST", f"{PATH}/pause", told(bodies.schedule(status="paused", paused_because="asked", next_times=[])))
    api.on("POST", f"{PATH}/resume", told(bodies.schedule()))
    api.on("DELETE", PATH, Answer(204, b""))
    assert [each.name for each in client.list_schedules("demo")] == ["monday"]
    assert client.get_schedule("demo", "monday").run == {"instructions": "write"}
    assert client.pause_schedule("demo", "monday").paused_because == "asked"
    assert client.resume_schedule("demo", "monday").status == "active"
    client.delete_schedule("demo", "monday")


def test_what_is_no_request_of_a_run_is_said_before_it_is_sent(client: CodexSwarmClient) -> None:
    with pytest.raises(InvalidArgument, match="instructions"):
        client.put_schedule("demo", "monday", {"name": "x"}, rate="1 day")
