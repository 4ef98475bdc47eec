"""Budgets: told of at 80 %, in the way before the next turn that costs something, with the work so far kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.functions.test_delegation import children_of, finish
from tests.functions.test_usage import ADMIN, COST, DONE, PRICES, TODAY, row, stored
from tests.provider.script import call, calls
from tests.support.provider_runs import Runs
from tests.support.stack import Stack
from tests.support.story import flaws, records_of

HOOK = "https://example.com/hooks/money"
NEXT_MONTH = f"{(TODAY.replace(day=1) + timedelta(days=32)).replace(day=1)}T00:00:00Z"
TOMORROW = f"{TODAY + timedelta(days=1)}T00:00:00Z"


def chapter(number: int) -> Any:
    return calls(call("write_file", path=f"{number}.md", content=f"Chapter {number}"))


def budget(stack: Stack, path: str = "/budget", **limits: object) -> Any:
    answer = stack.request("PUT", path, limits, authorizer=ADMIN)
    assert answer.status == 200, answer.text
    return answer.json


def deliveries(stack: Stack) -> list[tuple[str, str]]:
    found = stack.request("GET", "/webhooks/deliveries").json
    return sorted((each["type"], each["url"]) for each in found)


@pytest.mark.parametrize("path", ["/budget", "/projects/p1/budget"], ids=["of the tenant", "of the project"])
@pytest.mark.parametrize("period", ["daily", "monthly"])
def test_a_run_stops_before_the_turn_and_keeps_its_work(runs: Runs, path: str, period: str) -> None:
    provider, stack = runs.of(*map(chapter, range(5)), MODEL_PRICES=PRICES)
    stack.project()
    budget(stack, path, **{f"{period}_usd": 2 * COST})
    run = stack.run(stack.finish("Write five chapters."))
    assert (run["status"], len(provider.requests)) == ("failed", 2)
    [told] = run["errors"]
    assert (told["error_type"], told["tool"]) == ("budget_exhausted", "budgets")
    resets = TOMORROW if period == "daily" else NEXT_MONTH
    assert resets in told["message"]
    assert resets in told["suggestion"]
    listing = stack.request("GET", f"/runs/{run['id']}/workspace/files").json["files"]
    assert [file["path"] for file in listing] == ["0.md", "1.md"]
    assert flaws(records_of(stack), run["id"]) == []

    refused = stack.request("POST", "/projects/p1/runs", {"project_id": "p1", "instructions": "More."})
    assert (refused.status, refused.json["code"]) == (402, "budget_exhausted")
    assert resets in refused.json["detail"]
    left = (datetime.fromisoformat(resets) - datetime.now(UTC)).total_seconds()
    assert left <= int(refused.headers["retry-after"]) <= left + 60
    assert stack.backend.tenants.get("tenant-a").active == frozenset()

    budget(stack, path, **{f"{period}_usd": 10 * COST})
    resumed = stack.request("POST", f"/runs/{run['id']}/resume", {})
    assert resumed.status == 201
    assert len(provider.requests) == 2


def test_what_a_budget_stops_is_measured(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    _, stack = runs.of(*map(chapter, range(5)), MODEL_PRICES=PRICES)
    stack.project()
    budget(stack, daily_usd=2 * COST)
    stack.finish("Write five chapters.")
    assert stack.request("POST", "/projects/p1/runs", {"instructions": "More."}).status == 402
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"BudgetStops"' in line]
    assert [(line["period"], line["BudgetStops"]) for line in lines] == [("daily", [1.0])] * 2


def test_other_projects_and_tenants_have_budgets_of_their_own(runs: Runs) -> None:
    provider, stack = runs.of(chapter(0), DONE, chapter(0), DONE, MODEL_PRICES=PRICES)
    stack.project("poor")
    budget(stack, "/projects/poor/budget", daily_usd=0)
    refused = stack.request("POST", "/projects/poor/runs", {"project_id": "poor", "instructions": "x"})
    assert (refused.status, "project poor" in refused.json["detail"]) == (402, True)
    assert stack.run(stack.finish("Write.", "rich"))["status"] == "succeeded"
    assert stack.run(stack.finish("Write.", "poor", tenant="tenant-b"), tenant="tenant-b")["status"] == "succeeded"
    assert len(provider.requests) == 4
    seen = stack.request("GET", "/projects/poor/budget", tenant="tenant-b").json
    assert (seen["daily_usd"], seen["spent_today_usd"]) == (None, round(2 * COST, 6))


def test_what_costs_nothing_needs_no_budget(runs: Runs) -> None:
    _, stack = runs.of(MODEL_PRICES=PRICES)
    stack.project()
    budget(stack, daily_usd=0)
    wanted = {"source": "a.md", "target": "a.html", "files": [{"path": "a.md", "content": "# A"}]}
    answer = stack.request("POST", "/projects/p1/conversions", wanted)
    assert answer.status == 201, answer.text


def test_a_tenant_of_a_model_that_costs_nothing_needs_no_budget_for_that_of_others(runs: Runs) -> None:
    models = json.dumps({"large": {"input": 1, "output": 1}, "free": {}})
    _, stack = runs.of(DONE, MODELS=models, OPENAI_MODEL="large")
    stack.project()
    budget(stack, daily_usd=0)
    asked = {"project_id": "p1", "instructions": "Write."}
    assert stack.request("POST", "/projects/p1/runs", asked).json["code"] == "budget_exhausted"
    operator = {"tenant_id": "operators", "may": "operator"}
    assert stack.request("PATCH", "/tenants/tenant-a", {"models": ["free"]}, authorizer=operator).status == 200
    assert stack.run(stack.finish("Write."))["status"] == "succeeded"


def test_receivers_are_told_once_at_eighty_percent_and_at_the_end(runs: Runs) -> None:
    _, stack = runs.of(*map(chapter, range(6)), MODEL_PRICES=PRICES)
    stack.project()
    budget(stack, daily_usd=5 * COST, callback_url=HOOK)
    run = stack.finish("Write.")
    assert deliveries(stack) == [("budget.exhausted", HOOK), ("budget.warning", HOOK)]
    warning = next(each for each in stack.backend.outbox.pending() if each.type == "budget.warning")
    told = json.loads(warning.payload or "")
    assert told["data"]["budget"] == {
        "project_id": None,
        "period": "daily",
        "limit_usd": 5 * COST,
        "spent_usd": round(4 * COST, 6),
        "resets_at": TOMORROW,
    }
    assert told["type"] == "budget.warning"
    one = stack.request("GET", f"/webhooks/deliveries/{warning.id}").json
    assert (one["id"], one["type"], told["data"]["run_id"]) == (warning.id, "budget.warning", run)
    assert stack.request("GET", f"/webhooks/deliveries/{warning.id}", tenant="tenant-b").status == 404


def test_the_last_turn_of_a_run_warns_too(runs: Runs) -> None:
    _, stack = runs.of(chapter(0), DONE, MODEL_PRICES=PRICES)
    stack.project()
    budget(stack, "/projects/p1/budget", monthly_usd=2.2 * COST, callback_url=HOOK)
    assert stack.run(stack.finish("Write."))["status"] == "succeeded"
    assert deliveries(stack) == [("budget.warning", HOOK)]


def test_a_budget_tells_what_is_spent_and_when_it_begins_anew(runs: Runs) -> None:
    _, stack = runs.of(MODEL_PRICES=PRICES)
    stack.project()
    stored([row(1, cost=1.5), row(2, cost=2.0, project_id="p2"), row(3, TODAY.replace(day=1), cost=4.0)])
    told = budget(stack, daily_usd=10, callback_url=HOOK)
    today = 3.5 + 4.0 * (TODAY.day == 1)
    assert (told["spent_today_usd"], told["spent_this_month_usd"], told["day_resets_at"]) == (today, 7.5, TOMORROW)
    assert (told["daily_usd"], told["monthly_usd"], told["callback_url"]) == (10, None, HOOK)
    assert stack.request("GET", "/budget").json == told
    of_project = stack.request("GET", "/projects/p1/budget").json
    assert (of_project["project_id"], of_project["spent_this_month_usd"]) == ("p1", 5.5)
    assert budget(stack)["daily_usd"] is None


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        pytest.param("/budget", {"daily_usd": -1}, 422, "greater than or equal to 0", id="less than nothing"),
        pytest.param("/budget", {"daily": 1}, 422, "daily_usd", id="misspelt"),
        pytest.param("/budget", {"daily_usd": 1, "callback_url": "http://x/"}, 400, "callback_url", id="receiver"),
        pytest.param("/projects/none/budget", {"daily_usd": 1}, 404, "none", id="no project"),
    ],
)
def test_a_budget_that_cannot_be_set_is_refused(
    runs: Runs, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    _, stack = runs.of(MODEL_PRICES=PRICES)
    answer = stack.request("PUT", path, body, authorizer=ADMIN)
    assert (answer.status, words in answer.json["detail"]) == (status, True)


def test_without_any_price_a_budget_cannot_be_held(runs: Runs) -> None:
    _, stack = runs.of()
    answer = stack.request("PUT", "/budget", {"daily_usd": 1}, authorizer=ADMIN)
    assert (answer.status, "no model's price" in answer.json["detail"]) == (400, True)


def test_what_was_delegated_stops_too_and_whoever_waits_for_it(runs: Runs) -> None:
    tasks: Any = [{"title": title, "instructions": f"Write {title}.", "files": []} for title in ("a", "b")]
    provider, stack = runs.of(calls(call("delegate", tasks=tasks)), *map(chapter, range(5)), MODEL_PRICES=PRICES)
    stack.project()
    budget(stack, daily_usd=2 * COST)
    run_id = stack.start("Write two chapters.")
    stack.drive(run_id)
    first, second = children_of(stack, run_id)
    ended = finish(stack, run_id)
    # One turn of the run and one of its first child: the other child and the run itself take none.
    assert len(provider.requests) == 2
    stopped = [stack.run(each)["errors"][0]["error_type"] for each in (first, second, run_id)]
    assert (stopped, ended["status"]) == (["budget_exhausted"] * 3, "failed")
    assert [flaws(records_of(stack), each) for each in (first, second, run_id)] == [[], [], []]
    assert stack.backend.tenants.get("tenant-a").active == frozenset()
