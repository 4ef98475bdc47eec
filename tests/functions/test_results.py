"""Runs that end with a result of a schema, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from swarm.agent.offline.examples import example_of
from swarm.runs.json_schema import faults_of_value
from swarm.webhooks.delivering import payload
from tests.support.driving import beginning, walk
from tests.support.stack import Stack
from tests.support.story import flaws, records_of

SUMS: dict[str, Any] = {
    "type": "object",
    "properties": {"sum": {"type": "integer", "minimum": 1}, "name": {"type": "string", "maxLength": 5}},
    "required": ["sum"],
    "additionalProperties": False,
}


def test_the_result_stands_on_the_run_in_its_summary_its_webhook_and_its_artifacts(stack: Stack) -> None:
    run_id = stack.finish('touch a.md. return `{"sum": 4200}`', result_schema=SUMS)
    run = stack.run(run_id)
    assert (run["status"], run["result"], run["result_schema"]) == ("succeeded", {"sum": 4200}, SUMS)
    assert run["machine_summary"]["result"] == {"sum": 4200}
    stored = stack.backend.runs.current("tenant-a", run_id)
    assert json.loads(payload(stored))["data"]["machine_summary"]["result"] == {"sum": 4200}
    (artifact,) = [each for each in run["artifacts"] if each["kind"] == "result"]
    assert artifact["path"] == "result.json"
    download = stack.request("GET", f"/runs/{run_id}/artifacts/{artifact['id']}/download")
    assert download.json == {"sum": 4200}
    assert flaws(records_of(stack), run_id) == []


def test_what_does_not_fit_goes_back_to_the_model_a_few_times_and_then_ends_the_run(stack: Stack) -> None:
    run_id = stack.finish('touch a.md. return `{"sum": 0, "other": 1}`', result_schema=SUMS)
    run = stack.run(run_id)
    (error,) = run["errors"]
    assert (run["status"], error["error_type"], run["result"]) == ("failed", "result_invalid", None)
    assert "$.result.sum: minimum is 1" in error["message"]
    told = [step for step in stack.request("GET", f"/runs/{run_id}/steps").json if step["tool_name"] == "finish"]
    assert len(told) == 3
    assert all("$.result.other: there is no such property" in step["content"] for step in told)
    assert not [each for each in run["artifacts"] if each["kind"] == "result"]


def test_a_result_too_long_for_a_run_goes_back_too(stack: Stack) -> None:
    long = json.dumps(["x" * 100] * 150)
    run_id = stack.finish(f"return `{long}`", result_schema={"type": "array"})
    assert stack.run(run_id)["result"] == ["x" * 100] * 150
    run_id = stack.start(f"return `{json.dumps(['x' * 70] * 250)}`", result_schema={"type": "array", "maxItems": 200})
    stack.drive(run_id)
    assert stack.run(run_id)["errors"][0]["error_type"] == "result_invalid"


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"type": "string", "format": "date"}, id="unsupported"),
        pytest.param({}, id="no type"),
    ],
)
def test_a_schema_that_cannot_be_held_is_refused(stack: Stack, schema: object) -> None:
    stack.project()
    refused = stack.request("POST", "/projects/p1/runs", {"instructions": "touch a.md", "result_schema": schema})
    assert (refused.status, refused.json["code"]) == (400, "invalid_request")
    assert stack.request("GET", "/runs").json == []


def test_a_run_that_goes_on_ends_with_a_result_too(stack: Stack) -> None:
    run_id = stack.finish('touch a.md. return `{"sum": 4200}`', result_schema=SUMS)
    following = stack.request("POST", f"/runs/{run_id}/messages", {"text": 'return `{"sum": 1}`'}).json
    assert following["result"] is None
    stack.drive(following["id"])
    assert stack.run(following["id"])["result"] == {"sum": 1}


def test_a_result_that_has_to_be_approved_is_the_runs_once_it_is(stack: Stack) -> None:
    stack.project()
    run_id = stack.start('return `{"sum": 4200}`', result_schema=SUMS, require_approval=["finish"])
    assert stack.drive(run_id)[-1] == "asked"
    waits = stack.run(run_id)["waiting_for"]
    assert waits["proposal"]["result"] == {"sum": 4200}
    assert stack.run(run_id)["result"] is None
    path = f"/runs/{run_id}/decisions/{waits['request_id']}"
    assert stack.request("POST", path, {"decision": "approve"}).status == 200
    list(walk({**beginning(run_id), "round": 1}))
    assert stack.run(run_id)["result"] == {"sum": 4200}


def test_without_a_schema_there_is_no_result(stack: Stack) -> None:
    run = stack.run(stack.finish('touch a.md. return `{"sum": 4200}`'))
    assert (run["status"], run["result"], run["result_schema"]) == ("succeeded", None, None)


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(SUMS, id="object"),
        pytest.param({"type": ["null", "string"]}, id="null"),
        pytest.param({"type": "string", "minLength": 12, "maxLength": 14, "description": "long " * 9}, id="string"),
        pytest.param({"type": "array", "minItems": 2, "items": {"type": "number", "maximum": -0.5}}, id="array"),
        pytest.param({"type": "string", "enum": ["b", "a"]}, id="enum"),
        pytest.param({"type": "boolean"}, id="boolean"),
    ],
)
def test_offline_any_schema_has_a_result_that_fits(schema: dict[str, Any]) -> None:
    assert faults_of_value(example_of(schema), schema) == []
