"""Executions end as they would in AWS, also those that are stopped, fail, or carry too much."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.local.cloud import LocalCloud
from tests.local.clouds import eventually, item

Start = Callable[..., dict[str, Any]]


class Execution:
    """One execution of the fixture's state machine."""

    def __init__(self, cloud: LocalCloud, **event: Any) -> None:
        self._client = cloud.client("stepfunctions")
        self.name = uuid.uuid4().hex
        started = self._client.start_execution(
            stateMachineArn=cloud.state_machine_arn, name=self.name, input=json.dumps(event)
        )
        self.arn = started["executionArn"]

    def state(self) -> dict[str, Any]:
        described: dict[str, Any] = self._client.describe_execution(executionArn=self.arn)
        return described

    def end(self) -> dict[str, Any]:
        return eventually(lambda: described if (described := self.state())["status"] != "RUNNING" else None)

    def states(self) -> list[str]:
        history = self._client.get_execution_history(executionArn=self.arn)["events"]
        return [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]

    def stop(self) -> None:
        self._client.stop_execution(executionArn=self.arn, error="Cancelled", cause="by the user")


def test_execution_runs_its_tasks_in_order(fixture_cloud: LocalCloud) -> None:
    execution = Execution(fixture_cloud, way="task", do="return", value={"a": 1})
    assert execution.end()["status"] == "SUCCEEDED"
    assert execution.states() == ["Which", "Task", "After"]
    assert item(fixture_cloud, f"after#{execution.name}")


def test_retry_meets_the_death_of_a_process(fixture_cloud: LocalCloud) -> None:
    execution = Execution(fixture_cloud, way="retry", do="exit_once", key=f"once#{time.time()}")
    ended = execution.end()
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"attempt": 2})


def test_throttled_task_is_tried_again(fixture_cloud: LocalCloud) -> None:
    running = fixture_cloud.functions["OneAtATimeFunction"].begin(b'{"do": "sleep", "seconds": 1}')
    ended = Execution(fixture_cloud, way="throttled", do="return", value=5).end()
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", 5)
    assert running.result().error is None


def test_error_is_caught_with_its_name_and_cause(fixture_cloud: LocalCloud) -> None:
    output = json.loads(Execution(fixture_cloud, way="task", do="raise", text="no good").end()["output"])
    assert output["error"]["Error"] == "ValueError"
    assert json.loads(output["error"]["Cause"])["errorMessage"] == "no good"
    assert output["do"] == "raise"


def test_stopped_execution_is_aborted_at_once_and_goes_to_no_further_state(fixture_cloud: LocalCloud) -> None:
    execution = Execution(fixture_cloud, way="task", do="sleep", seconds=1.5)
    function = fixture_cloud.functions["TaskFunction"]
    eventually(lambda: execution.states() == ["Which", "Task"] and function.busy_pids())
    execution.stop()
    stopped = execution.state()
    assert (stopped["status"], stopped["error"], stopped["cause"]) == ("ABORTED", "Cancelled", "by the user")
    eventually(lambda: not function.busy_pids())
    ended = execution.state()
    assert (ended["status"], ended["stopDate"]) == ("ABORTED", stopped["stopDate"])
    assert execution.states() == ["Which", "Task"]
    assert item(fixture_cloud, f"after#{execution.name}") is None


def test_stop_right_after_start_still_stops(fixture_cloud: LocalCloud) -> None:
    execution = Execution(fixture_cloud, way="wait")
    execution.stop()
    assert execution.state()["status"] == "ABORTED"


def test_stopping_an_ended_execution_changes_nothing(fixture_cloud: LocalCloud) -> None:
    execution = Execution(fixture_cloud, way="task", value=1)
    ended = execution.end()
    execution.stop()
    assert execution.state()["status"] == "SUCCEEDED"
    assert execution.state()["stopDate"] == ended["stopDate"]


def test_task_result_over_256_kib_ends_the_execution_uncaught(fixture_cloud: LocalCloud) -> None:
    ended = Execution(fixture_cloud, way="task", do="size", bytes=256 * 1024).end()
    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_task_result_of_just_under_256_kib_is_taken(fixture_cloud: LocalCloud) -> None:
    ended = Execution(fixture_cloud, way="task", do="size", bytes=250 * 1024).end()
    assert (ended["status"], ended.get("error"), ended.get("cause")) == ("SUCCEEDED", None, None)


def test_task_input_over_256_kib_ends_the_execution(fixture_cloud: LocalCloud) -> None:
    ended = Execution(fixture_cloud, way="doubled", text="x" * 150 * 1024).end()
    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_input_over_256_kib_is_refused(fixture_cloud: LocalCloud) -> None:
    with pytest.raises(fixture_cloud.client("stepfunctions").exceptions.ClientError) as refused:
        Execution(fixture_cloud, way="task", value="x" * 256 * 1024)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_parallel_starts_of_one_name_are_one_execution(fixture_cloud: LocalCloud) -> None:
    client, name = fixture_cloud.client("stepfunctions"), uuid.uuid4().hex
    key = f"count#{name}"
    event = json.dumps({"way": "task", "do": "exit_once", "key": key})

    def start(_: int) -> str:
        arn = client.start_execution(stateMachineArn=fixture_cloud.state_machine_arn, name=name, input=event)
        return str(arn["executionArn"])

    with ThreadPoolExecutor(8) as pool:
        arns = set(pool.map(start, range(8)))
    assert len(arns) == 1
    executions = client.list_executions(stateMachineArn=fixture_cloud.state_machine_arn)["executions"]
    assert [each["name"] for each in executions].count(name) == 1


@pytest.mark.parametrize(
    ("event", "status"),
    [
        pytest.param({"way": "task", "value": 1}, "SUCCEEDED", id="succeeded"),
        pytest.param({"way": "task", "do": "size", "bytes": 300_000}, "FAILED", id="failed"),
    ],
)
def test_end_of_an_execution_reaches_the_function_that_listens(
    event: dict[str, Any], status: str, fixture_cloud: LocalCloud
) -> None:
    execution = Execution(fixture_cloud, **event)
    found = eventually(lambda: item(fixture_cloud, f"event#{execution.name}"))
    assert found["value"]["S"] == status


def test_stop_of_an_execution_reaches_the_function_that_listens(fixture_cloud: LocalCloud) -> None:
    execution = Execution(fixture_cloud, way="wait")
    execution.stop()
    assert eventually(lambda: item(fixture_cloud, f"event#{execution.name}"))["value"]["S"] == "ABORTED"


def test_ten_executions_at_once_all_succeed(fixture_cloud: LocalCloud) -> None:
    executions = [Execution(fixture_cloud, way="task", value=number) for number in range(10)]
    assert {execution.end()["status"] for execution in executions} == {"SUCCEEDED"}
