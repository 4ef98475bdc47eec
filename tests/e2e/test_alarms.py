"""Each alarm of the template, fired by its cause on a laptop cloud; and none while all is well."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunRead
from infra.local.cloud import LocalCloud
from infra.local.faults import THROTTLED_TABLE, Fault
from tests.local.clouds import Clouds, call, eventually
from tests.provider.script import Reply, calls, error, finishes, held
from tests.provider.script import call as asks
from tests.provider.server import Received, ScriptedProvider

pytestmark = pytest.mark.proof

MODEL = "test-model"


class Desk:
    """How the provider answers everybody, until it is told otherwise."""

    def __init__(self) -> None:
        self.answer: Callable[[], Reply] = lambda: finishes("Done.")

    def next(self, _: Received) -> Reply:
        return self.answer()


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def alarmed(clouds: Clouds, desk: Desk) -> Iterator[LocalCloud]:
    with ScriptedProvider(desk.next) as provider:
        yield clouds.get(
            "alarms",
            offline=False,
            api_key=provider.api_key,
            parameters={
                "OpenAIBaseUrl": provider.base_url,
                "OpenAIModel": MODEL,
                # 120 tokens of a turn are some dollars.
                "ModelPrices": json.dumps({MODEL: {"input": 10_000, "output": 100_000}}),
                "AlarmCostUsdPerDay": "2",
                "MaxActiveRuns": "1",
                "CanaryMinutes": "5",
            },
            function_environment={"CanaryFunction": {"API_URL": ""}},
        )
        # The next test that asks for a cloud may not find this provider any more.
        clouds.stop()


@pytest.fixture(autouse=True)
def quiet_desk(desk: Desk) -> None:
    desk.answer = lambda: finishes("Done.")


def rings(cloud: LocalCloud, alarm: str, seconds: float = 20) -> bool:
    return eventually(lambda: cloud.cloudwatch.states()[alarm] == "ALARM", seconds, longest_pause=0.5)


@contextmanager
def later(cloud: LocalCloud, **time_: float) -> Iterator[None]:
    """Whoever looks at the alarms does so that much later."""
    measurements = cloud.cloudwatch.measurements
    measurements.clock = lambda: time.time() + timedelta(**time_).total_seconds()
    try:
        yield
    finally:
        measurements.clock = time.time


def run(cloud: LocalCloud, seconds: float = 60) -> RunRead:
    with CodexSwarmClient(cloud.url) as client:
        return client.wait(client.start_run("alarms", "Write a greeting.", "writing").run_id, seconds, poll=0.05)


def reconcile(cloud: LocalCloud, after: timedelta) -> Any:
    return call(cloud, "ReconcileFunction", {"time": (datetime.now(UTC) + after).isoformat()})


def test_nothing_rings_while_all_is_well(alarmed: LocalCloud, desk: Desk) -> None:
    answers = iter([calls(asks("write_file", path="a.md", content="# A\n")), finishes("Done.")])
    desk.answer = lambda: next(answers)
    assert run(alarmed).status == "succeeded"
    assert call(alarmed, "CanaryFunction", {})["succeeded"] is True
    assert reconcile(alarmed, timedelta())["broken"] == 0
    call(alarmed, "JanitorFunction", {})
    assert {name: state for name, state in alarmed.cloudwatch.states().items() if state != "OK"} in (
        {},
        # Two turns of ten dollars.
        {"CostToday": "ALARM"},
    )
    exposed = httpx.get(f"{alarmed.url}/metrics").text
    assert f'codex_swarm_turns_total{{model="{MODEL}",stage="local"}} 2.0' in exposed
    assert 'codex_swarm_runs_ended_total{error_type="none",stage="local",status="succeeded"} 2.0' in exposed
    assert 'codex_swarm_alarm{alarm="ApiErrors"} 0.0' in exposed


def test_models_that_cost_more_than_was_meant(alarmed: LocalCloud) -> None:
    assert run(alarmed).usage.cost_usd
    assert rings(alarmed, "CostToday")


def test_a_run_that_works_too_long_and_one_that_waits_too_long(alarmed: LocalCloud, desk: Desk) -> None:
    released = threading.Event()
    desk.answer = lambda: held(finishes("Done."), released)
    with CodexSwarmClient(alarmed.url) as client:
        first = client.start_run("alarms", "Write a greeting.", "writing").run_id
        eventually(lambda: client.get_run(first).status == "running")
        second = client.start_run("alarms", "Write another.", "writing").run_id
        assert client.get_run(second).status == "queued"
        try:
            reconcile(alarmed, timedelta(minutes=55))
            states = alarmed.cloudwatch.states()
            assert (states["OldestActiveRun"], states["OldestQueuedRun"]) == ("OK", "OK")
            reconcile(alarmed, timedelta(hours=2))
            assert rings(alarmed, "OldestQueuedRun")
            assert alarmed.cloudwatch.states()["OldestActiveRun"] == "OK"
            reconcile(alarmed, timedelta(hours=7))
            assert rings(alarmed, "OldestActiveRun")
            # And a run that reconciliation cannot help.
            with alarmed.faults.of(Fault("states", frozenset({"DescribeExecution"}), code="AccessDenied", status=403)):
                assert reconcile(alarmed, timedelta())["broken"] == 1
            assert rings(alarmed, "RunsBroken")
        finally:
            released.set()
        assert [client.wait(each, 60).status for each in (first, second)] == ["succeeded", "succeeded"]


def test_nobody_looks_after_runs_any_more(alarmed: LocalCloud) -> None:
    reconcile(alarmed, timedelta())
    with later(alarmed, hours=2):
        assert alarmed.cloudwatch.states()["OldestActiveRun"] == "ALARM"


def test_an_execution_that_nothing_catches(alarmed: LocalCloud) -> None:
    states = alarmed.client("stepfunctions")
    started = states.start_execution(stateMachineArn=alarmed.state_machine_arn, name="of-no-run", input="{}")
    described = eventually(
        lambda: (
            (found := states.describe_execution(executionArn=started["executionArn"]))["status"] != "RUNNING" and found
        )
    )
    assert described["status"] == "FAILED"
    assert rings(alarmed, "ExecutionsFailed")
    # The state that failed last is the one that ends runs.
    assert rings(alarmed, "EndingErrors")


def test_functions_that_fail(alarmed: LocalCloud) -> None:
    for _ in range(10):
        assert "errorType" in call(alarmed, "PrepareFunction", {})
    assert rings(alarmed, "FunctionErrors")
    assert rings(alarmed, "NewVersionTaskErrors")


def test_a_new_version_with_which_a_run_fails_is_not_let_through(alarmed: LocalCloud) -> None:
    refused = Fault("lambda", frozenset({"Invoke"}), frozenset({"DispatchFunction"}), code="AccessDenied", status=403)
    with alarmed.faults.of(refused):
        # Nobody is there to be told the verdict, but it is in the log.
        call(alarmed, "SmokeFunction", {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"})
    log = alarmed.functions["SmokeFunction"].log_path.read_text("utf-8").splitlines()
    [verdict] = [json.loads(line) for line in log if "a new version was asked" in line]
    assert (verdict["status"], "failed" in verdict["reason"]) == ("Failed", True)


def test_a_call_that_nobody_waits_for_is_given_up(alarmed: LocalCloud) -> None:
    alarmed.functions.send(alarmed.functions["ArchiveFunction"].specification.name, b'{"no": "archive"}')
    assert rings(alarmed, "DeadLetters", 40)
    sqs = alarmed.client("sqs")
    [letter] = sqs.receive_message(QueueUrl=alarmed.outputs["DeadLetterQueueUrl"])["Messages"]
    told = json.loads(letter["Body"])
    assert told["requestPayload"] == {"no": "archive"}
    assert told["requestContext"]["approximateInvokeCount"] == 3
    assert told["responsePayload"]["errorType"] == "ValidationError"


def test_an_account_without_room(alarmed: LocalCloud) -> None:
    executions = alarmed.account.executions
    executions.most = 0
    try:
        assert httpx.get(f"{alarmed.url}/healthz").status_code == 503
    finally:
        executions.most = None
    assert rings(alarmed, "Throttles")


def test_a_table_that_refuses_fails_requests_and_the_canary(alarmed: LocalCloud) -> None:
    throttled = replace(THROTTLED_TABLE, functions=frozenset({"ApiFunction"}))
    with alarmed.faults.of(throttled), ThreadPoolExecutor(12) as pool:
        canary = pool.submit(call, alarmed, "CanaryFunction", {})
        list(pool.map(lambda _: httpx.get(f"{alarmed.url}/projects", timeout=60), range(12)))
        assert canary.result()["succeeded"] is False
    assert rings(alarmed, "TableThrottles")
    assert rings(alarmed, "ApiErrors")
    assert rings(alarmed, "NewVersionErrors")
    # Twice in a row; and a canary that nobody starts is silent, too.
    with later(alarmed, minutes=30):
        assert alarmed.cloudwatch.states()["Canary"] == "ALARM"
    assert httpx.get(f"{alarmed.url}/projects").status_code == 200


def test_a_provider_that_takes_the_key_no_longer(alarmed: LocalCloud, desk: Desk) -> None:
    desk.answer = lambda: error(401, "invalid_api_key", "Incorrect API key provided")
    # Five of everything, and the runs of the other tests that went well.
    for _ in range(8):
        assert run(alarmed).errors[0].error_type == "provider_authentication"
    assert rings(alarmed, "ProviderRefuses")
    assert rings(alarmed, "ProviderErrors")
    assert rings(alarmed, "RunsFailing")


def test_each_alarm_of_the_template_is_fired_here(alarmed: LocalCloud) -> None:
    text = Path(__file__).read_text("utf-8")
    assert [alarm.name for alarm in alarmed.cloudwatch.alarms if f'"{alarm.name}"' not in text] == []
    assert len(alarmed.cloudwatch.alarms) > 12
