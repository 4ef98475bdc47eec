"""Functions are real processes, and what the template says of them holds."""

from __future__ import annotations

import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from infra.local.deployment import specifications
from infra.local.lambdas.function import MOST_WORKERS
from infra.local.lambdas.invocation import REQUEST_LIMIT, RESPONSE_LIMIT, RequestTooLarge, Throttled
from tests.local.clouds import call, eventually, item, no_room


def alive(pid: int) -> bool:
    """Whether the process does anything still; a dead one may wait for whoever adopted it to ask how it ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def described(fixture_cloud: LocalCloud) -> dict[str, object]:
    answer = call(fixture_cloud, "TaskFunction", {"do": "describe"})
    assert isinstance(answer, dict)
    return answer


def test_function_runs_in_a_process_of_its_own(described: dict[str, object]) -> None:
    assert described["pid"] != os.getpid()


def test_layer_is_importable(described: dict[str, object]) -> None:
    assert described["greeting"] == "hello from the layer"


def test_context_tells_limits_and_arn(described: dict[str, object], fixture_cloud: LocalCloud) -> None:
    assert described["memory"] == "128"
    assert 0 < int(str(described["left_ms"])) <= 2000
    assert described["arn"] == fixture_cloud.functions["TaskFunction"].specification.arn


def test_environment_is_the_templates_and_not_the_developers(
    fixture_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-functions")
    monkeypatch.setenv("AWS_PROFILE", "the-developers")
    fixture_cloud.functions["TaskFunction"].kill_workers()
    environment = call(fixture_cloud, "TaskFunction", {"do": "describe"})["environment"]
    assert environment["TABLE_NAME"] == fixture_cloud.table_name
    assert environment["STAGE"] == "local"
    assert environment["FAKE_SWARM"] == "1"
    assert environment["AWS_ENDPOINT_URL"] == fixture_cloud.endpoint_url
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert "OPENAI_API_KEY" not in environment
    assert "AWS_PROFILE" not in environment
    assert "sk-not-for-functions" not in environment.values()


def test_sequential_calls_use_one_warm_process(fixture_cloud: LocalCloud) -> None:
    fixture_cloud.functions["TaskFunction"].kill_workers()
    answers = [call(fixture_cloud, "TaskFunction", {"do": "describe"}) for _ in range(20)]
    assert len({answer["pid"] for answer in answers}) == 1
    assert answers[-1]["calls"] == 20


@pytest.mark.proof
def test_parallel_calls_run_in_parallel_processes(fixture_cloud: LocalCloud) -> None:
    function = fixture_cloud.functions["PatientFunction"]
    # Long enough for the third to be started on a machine that has no time for it.
    started = [function.begin(b'{"do": "sleep", "seconds": 6}') for _ in range(3)]
    assert len(set(function.busy_pids())) == 3
    assert [each.result().payload for each in started] == [b'"slept"'] * 3


@pytest.mark.parametrize(
    ("event", "error_type", "message"),
    [
        pytest.param(
            {"do": "sleep", "seconds": 60}, "Sandbox.Timedout", "Task timed out after 2.00 seconds", id="timeout"
        ),
        pytest.param({"do": "exit", "status": 7}, "Runtime.ExitError", "exit status 7", id="exit"),
        pytest.param({"do": "raise", "text": "no good"}, "ValueError", "no good", id="exception"),
        pytest.param(
            {"do": "size", "bytes": RESPONSE_LIMIT}, "Function.ResponseSizeTooLarge", "maximum allowed", id="too-much"
        ),
    ],
)
def test_failure_is_told_the_way_aws_does(
    event: dict[str, object], error_type: str, message: str, fixture_cloud: LocalCloud
) -> None:
    outcome = fixture_cloud.functions["TaskFunction"].invoke(json.dumps(event).encode())
    assert outcome.error == "Unhandled"
    document = json.loads(outcome.payload)
    assert document["errorType"] == error_type
    assert message in document["errorMessage"]


def test_function_works_again_after_each_kind_of_death(fixture_cloud: LocalCloud) -> None:
    call(fixture_cloud, "TaskFunction", {"do": "exit", "status": 0})
    assert call(fixture_cloud, "TaskFunction", {"value": 1}) == 1


def test_handler_that_cannot_be_imported_is_an_error_of_each_call(fixture_cloud: LocalCloud) -> None:
    for _ in range(2):
        assert call(fixture_cloud, "BrokenFunction", {})["errorType"] == "Runtime.HandlerNotFound"


def test_killed_worker_fails_its_call(fixture_cloud: LocalCloud) -> None:
    function = fixture_cloud.functions["TaskFunction"]
    invocation = function.begin(b'{"do": "sleep", "seconds": 1}')
    [pid] = function.busy_pids()
    os.kill(pid, signal.SIGKILL)
    document = json.loads(invocation.result().payload)
    assert document["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in document["errorMessage"]


def test_idle_worker_that_was_killed_is_not_used_again(fixture_cloud: LocalCloud) -> None:
    pid = call(fixture_cloud, "TaskFunction", {"do": "describe"})["pid"]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: pid not in fixture_cloud.worker_pids())
    assert call(fixture_cloud, "TaskFunction", {"do": "describe"})["pid"] != pid


@pytest.mark.parametrize(
    "event", [{"do": "sleep", "seconds": 60}, {"do": "exit", "status": 7}], ids=["timeout", "exit"]
)
def test_worker_ends_though_its_log_has_no_room(event: dict[str, object], fixture_cloud: LocalCloud) -> None:
    function = fixture_cloud.functions["TaskFunction"]
    # A death that is in the log, because a file of no bytes has room for one, and a worker that is not still starting.
    call(fixture_cloud, "TaskFunction", {"do": "exit", "status": 7})
    call(fixture_cloud, "TaskFunction", {"do": "describe"})
    with no_room():
        invocation = function.begin(json.dumps(event).encode())
        [pid] = function.busy_pids()
        assert invocation.result().error == "Unhandled"
        eventually(lambda: pid not in fixture_cloud.worker_pids())
    assert call(fixture_cloud, "TaskFunction", {"value": 1}) == 1


@pytest.mark.proof
def test_timeout_kills_children_in_other_process_groups_too(fixture_cloud: LocalCloud) -> None:
    call(fixture_cloud, "TaskFunction", {"do": "leave", "key": "child"})
    found = item(fixture_cloud, "child")
    assert found is not None
    assert eventually(lambda: not alive(int(found["value"]["S"])))


def test_reserved_concurrency_throttles_what_exceeds_it(fixture_cloud: LocalCloud) -> None:
    function = fixture_cloud.functions["OneAtATimeFunction"]
    running = function.begin(b'{"do": "sleep", "seconds": 1}')
    with pytest.raises(Throttled):
        function.invoke(b"{}")
    lambda_client = fixture_cloud.client("lambda")
    with pytest.raises(lambda_client.exceptions.TooManyRequestsException):
        lambda_client.invoke(FunctionName=function.specification.name, Payload=b"{}")
    assert running.result().payload == b'"slept"'


def test_calls_beyond_the_most_workers_queue(fixture_cloud: LocalCloud) -> None:
    function = fixture_cloud.functions["ListenerFunction"]
    with ThreadPoolExecutor(30) as pool:
        outcomes = list(pool.map(lambda _: function.invoke(b"{}"), range(30)))
    assert all(outcome.error is None for outcome in outcomes)
    assert len(function.workers()) <= MOST_WORKERS
    function.kill_workers()


def test_payload_over_six_megabytes_is_refused(fixture_cloud: LocalCloud) -> None:
    with pytest.raises(RequestTooLarge):
        fixture_cloud.functions["TaskFunction"].invoke(b" " * (REQUEST_LIMIT + 1))


def test_asynchronous_call_is_tried_again_as_often_as_the_template_says(fixture_cloud: LocalCloud) -> None:
    name = fixture_cloud.functions["TaskFunction"].specification.name
    event = json.dumps({"do": "fail_and_count", "key": "retried"})
    answer = fixture_cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=event)
    assert answer["StatusCode"] == 202

    def twice() -> bool:
        found = item(fixture_cloud, "retried")
        return found is not None and found["calls"]["N"] == "2"

    assert eventually(twice)


def test_alias_and_version_reach_the_function(fixture_cloud: LocalCloud) -> None:
    answer = fixture_cloud.client("lambda").invoke(
        FunctionName=fixture_cloud.outputs["AliasArn"], Payload=b'{"value": 3}'
    )
    assert json.load(answer["Payload"]) == 3


def test_output_goes_to_the_functions_log(fixture_cloud: LocalCloud) -> None:
    call(fixture_cloud, "TaskFunction", {"do": "print", "text": "a line for the log"})
    assert "a line for the log" in (fixture_cloud.log_folder / "TaskFunction.log").read_text()


def test_function_environment_reaches_only_the_named_function(fixture_cloud: LocalCloud) -> None:
    # The session's cloud has none; what is added is merged over the template's own variables.
    folders = dict.fromkeys(["SharedLayer", *fixture_cloud.functions], fixture_cloud.log_folder)
    made = {
        each.logical_id: each
        for each in specifications(fixture_cloud.resources, folders, {"TaskFunction": {"FAULT": "here", "STAGE": "x"}})
    }
    assert made["TaskFunction"].variables["FAULT"] == "here"
    assert made["TaskFunction"].variables["STAGE"] == "x"
    assert "FAULT" not in made["EchoFunction"].variables
    with pytest.raises(ValueError, match="no function Missing"):
        specifications(fixture_cloud.resources, folders, {"Missing": {}})


def test_many_calls_at_once_all_get_their_own_answer(fixture_cloud: LocalCloud) -> None:
    barrier = threading.Barrier(8)

    def ask(number: int) -> object:
        barrier.wait()
        return [call(fixture_cloud, "TaskFunction", {"value": number * 100 + i}) for i in range(20)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert answers == [[number * 100 + i for i in range(20)] for number in range(8)]
