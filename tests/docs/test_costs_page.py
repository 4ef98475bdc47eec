"""docs/operations/costs.md is made from the price file, and from calls that another test counts."""

from __future__ import annotations

from infra.pages import costs
from tests.durability.test_costs import BATCHES
from tests.support.paths import ROOT


def test_the_page_is_as_the_script_makes_it() -> None:
    assert (ROOT / "docs" / "operations" / "costs.md").read_text("utf-8") == costs.page()


def test_a_run_makes_the_calls_that_were_counted() -> None:
    made = list(BATCHES.calls.values())
    writes = sum(calls.get("PutItem", 0) + calls.get("UpdateItem", 0) for calls in made)
    assert costs.RUN["DynamoDB write request unit"] == writes + 17
    assert costs.RUN["DynamoDB read request unit"] == sum(
        calls.get("GetItem", 0) + calls.get("Query", 0) for calls in made
    )
    assert costs.RUN["S3 PUT"] == sum(calls.get("PutObject", 0) for calls in made)
    assert costs.RUN["S3 GET"] == sum(calls.get("GetObject", 0) for calls in made)
    assert costs.RUN["state transition"] == len(BATCHES.states.split())


def test_more_runs_cost_more_of_everything_that_is_used() -> None:
    few, many = costs.month(1_000), costs.month(100_000)
    assert all(many[name] >= few[name] for name in few)
    assert costs.month(0)["HTTP API request"] == 0
    assert costs.alarm_metrics() > 15
