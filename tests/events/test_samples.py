"""The sample events: one for each function at least, and each is what its handler takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from swarm.aws import clients
from swarm.ids import RunKey
from swarm.records.api_keys import key_hash
from tests.support.lambda_context import lambda_context
from tests.support.lambdas import answering
from tests.support.paths import ROOT
from tests.support.stack import Stack
from tests.support.stack import stack as deployed

SAMPLES = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "events").glob("*.json"))}
KEY = RunKey(**SAMPLES["prepare"])


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed(monkeypatch, SANDBOX_FUNCTION="sandbox") as fresh:
        yield fresh


def function_of(sample: str) -> str:
    """The folder under functions/ that a sample is for."""
    return sample.partition("-")[0]


def invoke(sample: str, run_id: str = KEY.run_id, **changed: Any) -> Any:
    """What the handler answers to its sample, made for this run; of an HTTP answer, its status and body."""
    handler = import_module(f"{function_of(sample)}.app").handler
    event = json.loads(json.dumps(SAMPLES[sample]).replace(KEY.run_id, run_id))
    answer = handler({**event, **changed}, lambda_context())
    if function_of(sample) != "api":
        return answer
    return answer["statusCode"], answer["body"]


def start() -> str:
    """The id of the run that the samples start; no sample knows it, for when its project was made goes into it."""
    assert invoke("api-put-project")[0] == 201
    status, body = invoke("api-create-run")
    assert status == 201
    return str(json.loads(body)["id"])


def test_every_function_has_a_sample_and_every_sample_a_function() -> None:
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"].values()
    functions = [each for each in resources if each["Type"] == "AWS::Serverless::Function"]
    assert {function_of(sample) for sample in SAMPLES} == {
        each["Properties"]["Handler"].partition(".")[0] for each in functions
    }


def test_together_they_are_one_run(stack: Stack) -> None:
    run_id = start()
    assert invoke("prepare", run_id)["outcome"] == "ready"
    assert invoke("agent", run_id)["outcome"] == "ended"
    assert invoke("finish", run_id)["outcome"] == "ended"
    status, body = invoke("api-get-run", run_id)
    assert (status, json.loads(body)["status"], json.loads(body)["id"]) == (200, "succeeded", run_id)
    status, body = invoke("api-list-files", run_id)
    assert (status, [file["path"] for file in json.loads(body)["files"]]) == (200, ["hello.md"])
    assert invoke("api-get-file", run_id)[0] == 200
    status, body = invoke("api-stream", run_id)
    assert status == 200
    assert body.rstrip().endswith('data: {"type":"end"}')
    assert "id: 0.0\n" not in body
    assert invoke("archive", run_id, snapshot=stack.backend.runs.get(KEY.tenant_id, run_id).snapshot)["size"] > 0


def test_health_needs_nobody(stack: Stack) -> None:
    assert invoke("api-healthz") == (200, '{"status":"ok"}')


def test_the_authorizer_knows_the_key_once_it_is_stored(stack: Stack) -> None:
    assert invoke("authorizer") == {"isAuthorized": False, "context": {}}
    key = SAMPLES["authorizer"]["identitySource"][0].removeprefix("Bearer ")
    item = {"PK": {"S": f"KEY#{key_hash(key)}"}, "SK": {"S": "META"}, "tenant_id": {"S": KEY.tenant_id}}
    clients.dynamodb().put_item(TableName="table", Item=item)
    context = {"tenant_id": KEY.tenant_id, "key_id": key_hash(key), "may": "manage read run"}
    assert invoke("authorizer") == {"isAuthorized": True, "context": context}


def test_what_a_job_came_to_is_taken_back(stack: Stack) -> None:
    stack.project("my-workspace", tenant=KEY.tenant_id)
    run_id = stack.start("run `echo hello`", "my-workspace", tenant=KEY.tenant_id)
    invoke("prepare", run_id=run_id)
    asked = invoke("agent", run_id=run_id)
    assert asked["outcome"] == "tools"
    [job] = asked["jobs"]
    assert job.keys() == SAMPLES["dispatch"]["job"].keys()
    with answering({"sandbox": lambda event: {"job_id": event["job_id"], "calls": 1}}) as calls:
        assert invoke("dispatch", run_id=run_id, job=job) == {"job_id": job["job_id"]}
    assert calls == [("sandbox", "RequestResponse")]
    assert invoke("agent", run_id=run_id)["outcome"] == "ended"


def test_what_was_caught_ends_the_run_with_an_error(stack: Stack) -> None:
    run_id = start()
    invoke("prepare", run_id)
    assert invoke("fail", run_id)["outcome"] == "ended"
    run = stack.run(run_id, tenant=KEY.tenant_id)
    assert (run["status"], run["progress"]) == ("failed", 100)
    assert [error["error_type"] for error in run["errors"]] == ["timeout"]


def test_a_deleted_project_is_cleared_away(stack: Stack) -> None:
    run_id = start()
    invoke("prepare", run_id)
    invoke("fail", run_id)
    assert stack.request("DELETE", f"/projects/{KEY.project_id}", tenant=KEY.tenant_id).status == 202
    assert invoke("janitor", run_id)["failed"] == 0
    assert list(stack.backend.runs.of_project(KEY.tenant_id, KEY.project_id)) == []


@pytest.mark.parametrize("sample", ["reconcile-schedule", "reconcile-execution"])
def test_a_run_whose_execution_was_aborted_is_ended(stack: Stack, sample: str) -> None:
    run_id = start()
    stack.backend.executions.stop(replace(KEY, run_id=run_id), "by an operator")
    done = invoke(sample, run_id)
    assert (done["seen"], done["failed"]) == (1, 1)
    run = stack.run(run_id, tenant=KEY.tenant_id)
    assert (run["status"], run["errors"][0]["retryable"]) == ("failed", True)
    assert datetime.fromisoformat(run["created_at"]) <= datetime.now(UTC)
