"""The state machine: whatever a task does, the run reaches an end."""

from __future__ import annotations

import re

import pytest
from pydantic import TypeAdapter
from samtranslator.yaml_helper import yaml_parse

from swarm.records.deliveries import BACKOFF_SECONDS
from swarm.runs.limits import Allowance
from swarm.webhooks.delivering import LONGEST_PAUSE, SPREAD
from tests.template.conftest import ROOT, Document, of_type

TASKS = ["Prepare", "Agent", "Finish", "Fail"]
JOB_TASKS = ["Dispatch", "GiveUp"]
FUNCTIONS = {"GiveUp": "Dispatch"}
# What the platform does to a call. Our own errors are final, and never among them.
TRANSIENT = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
}

# A call that never began: throttled, or of a function that idled for weeks and has no network yet.
UNBEGUN = ["Lambda.TooManyRequestsException", "Lambda.ResourceNotReadyException"]
THROTTLED_SECONDS = 300


def states_of(definition: Document, kind: str) -> Document:
    return {name: state for name, state in definition["States"].items() if state["Type"] == kind}


def all_states(definition: Document) -> Document:
    """The machine's states, and those inside its Map."""
    states: Document = definition["States"]
    inner: Document = states["Tools"]["ItemProcessor"]["States"]
    return states | inner


def test_every_placeholder_is_filled_and_every_filling_used(source: Document) -> None:
    text = (ROOT / "infra/run.asl.yaml").read_text()
    filled = source["Resources"]["RunStateMachine"]["Properties"]["DefinitionSubstitutions"]
    assert set(re.findall(r"\$\{(\w+)}", text)) == filled.keys()


def test_the_tasks_are_told_in_order(definition: Document) -> None:
    assert list(states_of(definition, "Task")) == TASKS


def test_every_choice_has_a_default(definition: Document) -> None:
    choices = {name: state for name, state in all_states(definition).items() if state["Type"] == "Choice"}
    assert choices.keys() == {"Prepared", "NextStep"}
    assert all("Default" in choice for choice in choices.values())


@pytest.mark.parametrize("task", [*TASKS, *JOB_TASKS])
def test_only_what_is_transient_is_tried_again(task: str, definition: Document) -> None:
    retry, throttled, *busy = all_states(definition)[task]["Retry"]
    # What a job was done in may end without a word about the job.
    lost = {"EnvironmentLost"} if task == "Dispatch" else set()
    assert set(retry["ErrorEquals"]) == TRANSIENT | lost
    assert throttled["ErrorEquals"] == UNBEGUN
    assert [each["ErrorEquals"] for each in busy] == ([["EnvironmentsBusy"]] if task == "Dispatch" else [])


def test_a_webhooks_attempt_is_tried_again_for_the_same_reasons() -> None:
    transient, unbegun = yaml_parse((ROOT / "infra/webhook.asl.yaml").read_text())["States"]["Attempt"]["Retry"]
    assert set(transient["ErrorEquals"]) == TRANSIENT
    assert unbegun["ErrorEquals"] == UNBEGUN


@pytest.mark.parametrize("task", [*TASKS, *JOB_TASKS])
def test_a_throttled_call_waits_its_turn_for_minutes(task: str, definition: Document) -> None:
    _, throttled, *_ = all_states(definition)[task]["Retry"]
    pauses = [
        min(throttled["IntervalSeconds"] * throttled["BackoffRate"] ** number, throttled["MaxDelaySeconds"])
        for number in range(throttled["MaxAttempts"])
    ]
    # Full jitter halves a pause on average.
    assert sum(pauses) / 2 >= THROTTLED_SECONDS
    assert throttled["JitterStrategy"] == "FULL"


def test_a_run_waits_for_an_environment_longer_than_any_run_may_take(definition: Document) -> None:
    busy = all_states(definition)["Dispatch"]["Retry"][-1]
    ceiling = (
        TypeAdapter(Allowance)
        .validate_json(yaml_parse((ROOT / "template.yaml").read_text())["Parameters"]["RunLimits"]["Default"])
        .ceilings
    )
    # Dispatch ends the waiting with the run's time; full jitter halves a pause on average.
    assert busy["MaxAttempts"] * busy["MaxDelaySeconds"] / 2 > ceiling.timeout_seconds
    assert busy["JitterStrategy"] == "FULL"


def test_a_job_is_one_task_and_what_could_not_be_done_is_a_result(definition: Document) -> None:
    inner = definition["States"]["Tools"]["ItemProcessor"]
    assert (inner["StartAt"], [*inner["States"]]) == ("Dispatch", JOB_TASKS)
    assert all(state["End"] for state in inner["States"].values())
    (caught,) = inner["States"]["Dispatch"]["Catch"]
    assert caught == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "GiveUp"}


@pytest.mark.parametrize("task", [*TASKS[:-1], "Tools"])
def test_every_other_error_goes_to_fail_with_the_runs_ids(task: str, definition: Document) -> None:
    assert definition["States"][task]["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Fail"}
    ]


@pytest.mark.parametrize("task", [*TASKS, *JOB_TASKS])
def test_a_task_waits_longer_than_its_function_may_run(
    task: str, definition: Document, resources: dict[str, Document]
) -> None:
    patience = all_states(definition)[task]["TimeoutSeconds"]
    assert (
        resources[f"{FUNCTIONS.get(task, task)}Function"]["Properties"]["Timeout"]
        < patience
        < definition["TimeoutSeconds"]
    )


def test_the_machine_may_call_exactly_its_tasks(resources: dict[str, Document]) -> None:
    (machine_role,) = (
        spec for name, spec in of_type(resources, "AWS::IAM::Role").items() if name == "RunStateMachineRole"
    )
    statements = machine_role["Policies"][0]["PolicyDocument"]["Statement"]
    (invoke,) = (statement for statement in statements if statement["Action"] == "lambda:InvokeFunction")
    assert invoke["Resource"] == [
        {"Fn::GetAtt": [f"{task}Function", "Arn"]} for task in [*TASKS[:2], "Dispatch", *TASKS[2:]]
    ]


@pytest.mark.parametrize("name", ["RunStateMachine", "WebhookStateMachine"])
def test_it_is_a_standard_machine_that_logs_no_document(name: str, resources: dict[str, Document]) -> None:
    machine = of_type(resources, "AWS::StepFunctions::StateMachine")[name]
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_paths_are_jsonpath_throughout(definition: Document) -> None:
    assert "QueryLanguage" not in definition
    assert not any({"Arguments", "Output", "Assign"} & state.keys() for state in definition["States"].values())


def test_a_delivery_pauses_between_attempts_and_never_gives_up_for_our_fault() -> None:
    machine = yaml_parse((ROOT / "infra/webhook.asl.yaml").read_text())
    attempt = machine["States"]["Attempt"]
    transient, throttled = attempt["Retry"]
    assert set(transient["ErrorEquals"]) == TRANSIENT
    assert throttled["ErrorEquals"] == UNBEGUN
    assert attempt["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "OurFault"}]
    assert machine["States"]["OurFault"]["Next"] == machine["States"]["Pause"]["Next"] == "Attempt"
    longest = sum(max(pause, LONGEST_PAUSE) for pause in BACKOFF_SECONDS) * (1 + SPREAD)
    assert longest < machine["TimeoutSeconds"]
