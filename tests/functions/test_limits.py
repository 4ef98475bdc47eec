"""Limits that protect the bill: each ends its run with the files kept, and the run can be resumed."""

from __future__ import annotations

import json
import threading
from itertools import pairwise
from typing import Any

import pytest

from swarm.aws import clients
from tests.provider.script import call, calls, finishes, held, says
from tests.support.driving import beginning, drive
from tests.support.provider_runs import Runs
from tests.support.stack import Answer, Stack
from tests.support.story import flaws, records_of

PRICES = json.dumps({"test-model": {"input": 3.0, "cached": 0.5, "output": 10.0}})
# What the scripted provider says of every response: 60 fresh and 40 cached input tokens, 20 of output.
COST = (60 * 3.0 + 40 * 0.5 + 20 * 10.0) / 1_000_000
INSTRUCTIONS = "Write five chapters."


def chapter(number: int) -> Any:
    return calls(call("write_file", path=f"{number}.md", content=f"Chapter {number}"))


CHAPTERS = [chapter(number) for number in range(5)]


def run_of(stack: Stack, **limits: float) -> Any:
    return stack.run(stack.finish(INSTRUCTIONS, limits=limits))


@pytest.mark.parametrize(
    ("limits", "turns"),
    [
        pytest.param({"max_turns": 2}, 2, id="turns"),
        pytest.param({"max_tokens": 240}, 2, id="tokens, reached exactly"),
        pytest.param({"max_tokens": 241}, 3, id="tokens, passed by the next turn"),
        pytest.param({"max_cost_usd": 2.5 * COST}, 3, id="cost"),
        pytest.param({"max_cost_usd": 2 * COST, "max_turns": 4}, 2, id="whichever comes first"),
    ],
)
def test_a_limit_ends_the_run_and_keeps_its_files(runs: Runs, limits: dict[str, float], turns: int) -> None:
    provider, stack = runs.of(*CHAPTERS, MODEL_PRICES=PRICES)
    run = run_of(stack, **limits)
    assert (run["status"], run["had_errors"]) == ("failed", True)
    [told] = run["errors"]
    assert (told["step"], told["tool"], told["error_type"]) == ("agent", "limits", "limit_reached")
    assert next(iter(limits)) in told["message"]
    assert "resume" in told["suggestion"]
    assert run["machine_summary"]["reason_for_failure"] == "limit_reached"
    listing = stack.request("GET", f"/runs/{run['id']}/workspace/files").json["files"]
    assert [file["path"] for file in listing] == [f"{number}.md" for number in range(turns)]
    assert len(provider.requests) == turns
    assert flaws(records_of(stack), run["id"]) == []


def test_a_run_that_ends_within_its_limits_has_not_reached_them(runs: Runs) -> None:
    _, stack = runs.of(CHAPTERS[0], finishes("done"), MODEL_PRICES=PRICES)
    run = run_of(stack, max_turns=2, max_tokens=240, max_cost_usd=2 * COST)
    assert (run["status"], run["errors"]) == ("succeeded", [])


def test_time_runs_out_between_turns(stack: Stack) -> None:
    run = stack.run(stack.finish("touch a.md. wait 5 seconds. touch b.md", limits={"timeout_seconds": 1}))
    assert (run["status"], run["errors"][0]["error_type"]) == ("failed", "limit_reached")
    assert "timeout_seconds: 1" in run["errors"][0]["message"]
    assert stack.request("GET", f"/runs/{run['id']}/workspace/files").json["total_files"] == 1


def test_time_runs_out_within_a_model_call(runs: Runs) -> None:
    never = threading.Event()
    provider, stack = runs.of(CHAPTERS[0], held(CHAPTERS[1], never))
    run = run_of(stack, timeout_seconds=2)
    assert (run["status"], run["errors"][0]["error_type"]) == ("failed", "limit_reached")
    assert len(provider.requests) == 2
    assert run["usage"]["model_calls"] == 1


def test_usage_is_exact(runs: Runs) -> None:
    two_calls = calls(call("write_file", path="a.md", content="x"), call("list_files", prefix=None))
    _, stack = runs.of(two_calls, CHAPTERS[0], finishes("done"), MODEL_PRICES=PRICES)
    run = run_of(stack)
    seconds = run["usage"].pop("seconds")
    assert run["usage"] == {
        "model_calls": 3,
        "input_tokens": 3 * 100,
        "cached_tokens": 3 * 40,
        "output_tokens": 3 * 20,
        "reasoning_tokens": 3 * 5,
        "tool_calls": 4,
        "hosted_tool_calls": 0,
        "cost_usd": round(3 * COST, 6),
    }
    assert 0 < seconds < 30


# ---- going on -----------------------------------------------------------------------------------------------


def resume(stack: Stack, run_id: str, **limits: float) -> Answer:
    return stack.request("POST", f"/runs/{run_id}/resume", {"limits": limits} if limits else {})


def test_a_resumed_run_goes_on_from_the_last_turn(runs: Runs) -> None:
    provider, stack = runs.of(*CHAPTERS, finishes("Five chapters."))
    first = run_of(stack, max_turns=2)
    answer = resume(stack, first["id"], max_turns=2)
    assert answer.status == 201
    second = answer.json
    assert (second["resumed_from_run_id"], second["workspace_from_run_id"]) == (first["id"], first["id"])
    drive(beginning(second["id"]))
    assert stack.run(second["id"])["errors"][0]["error_type"] == "limit_reached"
    third = resume(stack, second["id"]).json
    drive(beginning(third["id"]))
    run = stack.run(third["id"])
    assert (run["status"], run["usage"]["model_calls"]) == ("succeeded", 2)

    # One conversation: every request begins with the whole of the one before, across the runs.
    inputs = [request.body["input"] for request in provider.requests]
    assert len(inputs) == 6
    assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(inputs))
    assert provider.faults == []
    # One piece of work: the last run's difference is that of all three.
    diff = stack.request("GET", f"/runs/{third['id']}/diff").json["summary"]["files"]
    assert [(file["path"], file["status"]) for file in diff] == [(f"{number}.md", "A") for number in range(5)]
    # The runs that were stopped stay as they were.
    assert stack.run(first["id"]) == first
    for run_id in (first["id"], second["id"], third["id"]):
        assert flaws(records_of(stack), run_id) == []


def test_a_resumed_run_does_not_need_the_one_before_once_it_is_prepared(runs: Runs) -> None:
    _, stack = runs.of(*CHAPTERS[:2], finishes("done"))
    first = run_of(stack, max_turns=1)["id"]
    second = resume(stack, first).json["id"]
    state = drive(beginning(second), until="agent")
    theirs = clients.s3().list_objects_v2(Bucket="bucket", Prefix=f"t/tenant-a/p/p1/runs/{first}/")["Contents"]
    for each in theirs:
        clients.s3().delete_object(Bucket="bucket", Key=each["Key"])
    drive(state, "agent")
    assert stack.run(second)["status"] == "succeeded"


def test_a_run_that_reached_its_limit_before_its_first_turn_is_resumed_from_the_start(stack: Stack) -> None:
    stack.project()
    run_id = stack.start("touch a.md", limits={"timeout_seconds": 1})
    state = drive(beginning(run_id), until="agent")
    # As if the agent had been kept waiting.
    entry = clients.dynamodb().get_item(
        TableName="table", Key={"PK": {"S": f"T#tenant-a#R#{run_id}"}, "SK": {"S": "META"}}
    )
    began = json.loads(entry["Item"]["body"]["S"])
    began["started_at"] = "2026-01-01T00:00:00Z"
    clients.dynamodb().put_item(TableName="table", Item={**entry["Item"], "body": {"S": json.dumps(began)}})
    drive(state, "agent")
    assert stack.run(run_id)["errors"][0]["error_type"] == "limit_reached"
    again = resume(stack, run_id).json["id"]
    drive(beginning(again))
    assert stack.run(again)["status"] == "succeeded"


@pytest.mark.parametrize("instructions", ["touch a.md", "fail with no more paper"], ids=["succeeded", "failed"])
def test_only_a_limit_can_be_resumed(stack: Stack, instructions: str) -> None:
    run_id = stack.finish(instructions)
    answer = resume(stack, run_id)
    assert (answer.status, answer.json["code"]) == (409, "not_resumable")
    assert resume(stack, "0" * 32).status == 404
    assert stack.request("POST", f"/runs/{run_id}/resume", {}, tenant="tenant-b").status == 404


# ---- what is granted ----------------------------------------------------------------------------------------

ALLOWANCE = json.dumps(
    {
        "defaults": {"max_turns": 7, "max_tokens": 700, "timeout_seconds": 70},
        "ceilings": {"max_turns": 9, "max_tokens": 900, "timeout_seconds": 90, "max_cost_usd": 5},
    }
)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        pytest.param({}, (7, 700, 5, 70), id="defaults, and a ceiling where there is none"),
        pytest.param({"max_turns": 8, "timeout_seconds": 1}, (8, 700, 5, 1), id="as asked"),
        pytest.param({"max_turns": 10, "max_tokens": 10**9, "timeout_seconds": 91}, (9, 900, 5, 90), id="ceilings"),
        pytest.param({"max_cost_usd": 6}, (7, 700, 5, 70), id="ceiling of the cost"),
    ],
)
def test_limits_are_granted_up_to_the_ceilings(
    runs: Runs, asked: dict[str, float], given: tuple[float, float, float, float]
) -> None:
    _, stack = runs.of(says("done"), RUN_LIMITS=ALLOWANCE, MODEL_PRICES=PRICES)
    limits = run_of(stack, **asked)["limits"]
    assert tuple(limits[name] for name in ("max_turns", "max_tokens", "max_cost_usd", "timeout_seconds")) == given


def of_tenant(**attributes: Any) -> None:
    """What an operator writes into the tenant's item."""
    key = {"PK": {"S": "T#tenant-a"}, "SK": {"S": "META"}}
    clients.dynamodb().put_item(TableName="table", Item={**key, **attributes})


def test_a_tenant_can_have_limits_of_its_own(stack: Stack) -> None:
    of_tenant(limits={"S": json.dumps({"defaults": {"max_turns": 3}, "ceilings": {"max_turns": 4}})})
    stack.project()
    assert stack.run(stack.start("touch a.md"))["limits"]["max_turns"] == 3
    assert stack.run(stack.start("touch a.md", limits={"max_turns": 400}))["limits"]["max_turns"] == 4


def test_a_cost_limit_without_a_price_is_refused_and_nothing_is_left(stack: Stack) -> None:
    stack.project()
    body = {"instructions": "touch a.md", "limits": {"max_cost_usd": 1}}
    answer = stack.request("POST", "/projects/p1/runs", body)
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert "Models" in answer.json["detail"]
    assert stack.request("GET", "/runs").json == []
    assert records_of(stack).counted() == set()


@pytest.mark.parametrize(
    "limits", [{"max_turns": 0}, {"max_tokens": -1}, {"max_cost_usd": 0}, {"timeout_seconds": "x"}]
)
def test_a_limit_that_is_none_is_refused(stack: Stack, limits: dict[str, Any]) -> None:
    stack.project()
    answer = stack.request("POST", "/projects/p1/runs", {"instructions": "touch a.md", "limits": limits})
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert records_of(stack).counted() == set()


# ---- how many at a time -------------------------------------------------------------------------------------


def post(stack: Stack) -> Answer:
    return stack.request("POST", "/projects/p1/runs", {"instructions": "touch a.md"})


def test_a_tenant_with_a_quota_of_none_starts_nothing(stack: Stack) -> None:
    of_tenant(max_active={"N": "0"})
    stack.project()
    assert post(stack).status == 429
    assert stack.request("GET", "/runs").json == []
