"""What runs cost: a row for each, that outlives it and counts once wherever a process dies, and reports of the rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from codex_swarm.models import Usage
from swarm.adapters import adapter
from swarm.aws import clients
from swarm.records.keys import usage_key
from swarm.runs.spending import UsageRow
from tests.provider.script import Reply, call, calls, finishes
from tests.provider.server import Received
from tests.support.driving import dying_at_each_call
from tests.support.moments import Moment, When
from tests.support.provider_runs import Runs
from tests.support.stack import Stack

PRICES = json.dumps({"test-model": {"input": 3.0, "cached": 0.5, "output": 10.0}})
COST = (60 * 3.0 + 40 * 0.5 + 20 * 10.0) / 1_000_000
WRITES = calls(call("write_file", path="a.md", content="one"))
DONE = finishes("done")
TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)
ADMIN = {"tenant_id": "tenant-a", "may": "read run manage admin"}


def report(stack: Stack, query: str = "group_by=day", **more: Any) -> Any:
    answer = stack.request("GET", f"/usage?{query}", **more)
    assert answer.status == 200, answer.text
    return answer.json["report"]


def stored(rows: Iterable[UsageRow], tenant: str = "tenant-a") -> None:
    """Rows as runs of other days would have left them."""
    lot: list[Any] = []
    for row in rows:
        item = {
            **usage_key(tenant, row.day.isoformat(), row.run_id, row.model).attributes(),
            "version": {"N": "1"},
            "body": {"S": adapter(UsageRow).dump_json(row).decode()},
        }
        lot.append({"PutRequest": {"Item": item}})
        if len(lot) == 25:
            clients.dynamodb().batch_write_item(RequestItems={"table": lot})
            lot = []
    if lot:
        clients.dynamodb().batch_write_item(RequestItems={"table": lot})


def row(number: int, day: date = TODAY, **more: Any) -> UsageRow:
    cost = more.pop("cost", 0.25)
    known: dict[str, Any] = {"project_id": "p1", "task_type": "code", "model": "large", "metadata": {}, **more}
    usage = Usage(model_calls=2, input_tokens=100, output_tokens=10, tool_calls=3, seconds=1.5, cost_usd=cost)
    return UsageRow(day=day, run_id=f"{number:032x}", usage=usage, **known)


def test_a_run_leaves_a_row_with_what_it_used_and_it_outlives_the_run(runs: Runs) -> None:
    _, stack = runs.of(WRITES, DONE, MODEL_PRICES=PRICES, USAGE_METADATA="customer, team")
    run = stack.finish("Write.", metadata={"customer": "شركة", "secret": "not kept"})
    asked = "group_by=day,project_id&group_by=task_type&group_by=model&group_by=metadata.customer,metadata.team"
    before = report(stack, asked)
    [told] = before["rows"]
    assert told == {
        "day": TODAY.isoformat(),
        "project_id": "p1",
        "task_type": "code",
        "model": "test-model",
        "metadata": {"customer": "شركة", "team": ""},
        "runs": 1,
        "model_calls": 2,
        "unpriced_calls": 0,
        "input_tokens": 200,
        "cached_tokens": 80,
        "output_tokens": 40,
        "reasoning_tokens": 10,
        "tool_calls": 2,
        "seconds": stack.run(run)["usage"]["seconds"],
        "cost_usd": round(2 * COST, 6),
    }
    assert stack.request("DELETE", f"/runs/{run}").status == 204
    assert report(stack, asked) == before
    assert "not kept" not in json.dumps(
        clients.dynamodb().query(
            TableName="table",
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": usage_key("tenant-a", TODAY.isoformat()).pk}},
        )["Items"]
    )


def test_a_call_without_a_price_is_counted_as_such(runs: Runs) -> None:
    _, stack = runs.of(WRITES, DONE)
    stack.finish("Write.")
    total = report(stack)["total"]
    assert (total["model_calls"], total["unpriced_calls"], total["cost_usd"]) == (2, 2, 0.0)


def test_prices_hold_from_their_day_on(runs: Runs) -> None:
    later = {"valid_from": (TODAY + DAY).isoformat(), "input": 1_000, "output": 1_000}
    now = {"valid_from": TODAY.isoformat(), "input": 3.0, "cached": 0.5, "output": 10.0}
    before = {"valid_from": (TODAY - DAY).isoformat(), "input": 500, "output": 500}
    models = {"test-model": {"input": 900, "output": 900, "prices": [later, now, before]}}
    _, stack = runs.of(WRITES, DONE, MODELS=json.dumps(models))
    stack.finish("Write.")
    assert report(stack)["total"]["cost_usd"] == round(2 * COST, 6)


def _writes_a_file(received: Received) -> Reply:
    """A provider that writes a file, and then ends, as often as it is asked."""
    return DONE if '"function_call_output"' in json.dumps(received.body["input"]) else WRITES


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"], ids=["before the call", "with its answer lost"])
def test_a_run_that_died_at_any_call_is_counted_once(runs: Runs, when: When) -> None:
    _, stack = runs.asking(_writes_a_file, MODEL_PRICES=PRICES)
    stack.project()
    assert stack.request("PUT", "/budget", {"monthly_usd": 1e6}, authorizer=ADMIN).status == 200
    started: list[str] = []

    def check(run_id: str, moment: Moment) -> None:
        started.append(run_id)
        rows = [each for each in stack.backend.usage.between("tenant-a", TODAY, TODAY) if each.run_id == run_id]
        used = stack.run(run_id)["usage"]
        assert [each.usage.model_dump(mode="json") for each in rows] == [used], moment.calls

    assert dying_at_each_call(lambda: stack.start("Write."), check, when) > 20
    assert report(stack)["total"]["runs"] == len(started)


def test_a_report_has_its_days_only_across_months(stack: Stack) -> None:
    days = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1)]
    stored(row(number, day) for number, day in enumerate(days))
    found = report(stack, "from=2026-02-01&to=2026-03-01")
    assert [each["day"] for each in found["rows"]] == ["2026-02-01", "2026-02-28", "2026-03-01"]
    assert (found["first_day"], found["last_day"]) == ("2026-02-01", "2026-03-01")
    assert found["total"]["runs"] == 3


def test_a_run_of_two_days_is_one_run_in_the_total(stack: Stack) -> None:
    stored([row(1, date(2026, 2, 1)), row(1, date(2026, 2, 2))])
    found = report(stack, "from=2026-02-01&to=2026-02-28")
    assert [each["runs"] for each in found["rows"]] == [1, 1]
    assert (found["total"]["runs"], found["total"]["cost_usd"]) == (1, 0.5)


def test_nobody_sees_what_another_tenant_or_project_used(stack: Stack) -> None:
    stored([row(1), row(2, project_id="other")])
    assert report(stack, tenant="tenant-b")["total"]["runs"] == 0
    narrow = {"tenant_id": "tenant-a", "may": "read", "projects": '["p"]'}
    assert report(stack, authorizer=narrow)["total"]["runs"] == 1
    assert report(stack, "project_id=other")["total"]["runs"] == 1
    refused = stack.request("GET", "/usage?project_id=other", authorizer=narrow)
    assert (refused.status, refused.json["code"]) == (403, "project_not_allowed")


def test_a_spreadsheet_gets_lines_and_no_formulas(runs: Runs) -> None:
    _, stack = runs.of(USAGE_METADATA="customer")
    stored(
        [
            row(1, metadata={"customer": '=1+1, "x"'}),
            row(2, metadata={"customer": "شركة"}),
            row(3, metadata={"customer": " =1+1"}),
        ]
    )
    answer = stack.request("GET", "/usage?format=csv&group_by=metadata.customer,model")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "usage.csv" in answer.headers["content-disposition"]
    # Without the mark a spreadsheet takes a name in Arabic for signs of an older encoding.
    assert answer.content.startswith(b"\xef\xbb\xbf")
    first, second, third = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    names = [each["metadata.customer"] for each in (first, second, third)]
    assert names == ["' =1+1", '\'=1+1, "x"', "شركة"]
    assert (first["model"], first["runs"], first["cost_usd"]) == ("large", "1", "0.25")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("from=2026-02-02&to=2026-02-01", "earlier day in from", id="backwards"),
        pytest.param("from=2020-01-01&to=2026-02-01", "366 days", id="too long"),
        pytest.param("group_by=colour", "project_id, task_type, model", id="unknown group"),
        pytest.param("group_by=metadata.colour", "UsageMetadata", id="metadata that is not kept"),
        pytest.param("from=yesterday", "from", id="no day"),
        pytest.param("format=xml", "format", id="no such format"),
        pytest.param("form=2026-02-01", "did you mean", id="misspelt"),
        pytest.param("project_id=..", "project", id="no id"),
    ],
)
def test_a_question_that_cannot_be_answered_is_told_why(stack: Stack, query: str, words: str) -> None:
    answer = stack.request("GET", f"/usage?{query}")
    assert answer.status in (400, 422)
    assert words in answer.json["detail"]


def test_ten_thousand_runs_are_added_up(stack: Stack) -> None:
    days = [date(2026, 2, 1) + number * DAY for number in range(28)]
    stored(row(number, days[number % 28], project_id=f"p{number % 7}") for number in range(10_000))
    found = report(stack, "from=2026-02-01&to=2026-02-28&group_by=day,project_id")
    assert (found["total"]["runs"], found["total"]["cost_usd"], len(found["rows"])) == (10_000, 2_500.0, 28)
