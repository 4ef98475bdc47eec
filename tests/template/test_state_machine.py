"""The state machine: whatever a task does, the run reaches an end."""

from __future__ import annotations

import re

import pytest
from samtranslator.yaml_helper import yaml_parse

from swarm.records.deliveries import BACKOFF_SECONDS
from swarm.webhooks.delivering import LONGEST_PAUSE, SPREAD
from tests.template.conftest import ROOT, Document, of_type

TASKS = ["Prepare", "Agent", "Finish", "Fail"]
UNTRUSTED = ["Sandbox", "Convert"]
JOB_TASKS = [*UNTRUSTED, "Collect"]
# What the platform does to a call. Our own errors are final, and never among them.
TRANSIENT = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
}

THROTTLED = "Lambda.TooManyRequestsException"
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
    assert choices.keys() == {"Prepared", "NextStep", "Place"}
    assert all("Default" in choice for choice in choices.values())


@pytest.mark.parametrize("task", [*TASKS, *JOB_TASKS])
def test_only_what_is_transient_is_tried_again(task: str, definition: Document) -> None:
    retry, throttled = all_states(definition)[task]["Retry"]
    # Commands that ran out of time would take as long again.
    timeouts = {"Sandbox.Timedout"} if task in UNTRUSTED else set()
    assert set(retry["ErrorEquals"]) == TRANSIENT - timeouts
    assert throttled["ErrorEquals"] == [THROTTLED]


@pytest.mark.parametrize("task", [*TASKS, *JOB_TASKS])
def test_a_throttled_call_waits_its_turn_for_minutes(task: str, definition: Document) -> None:
    _, throttled = all_states(definition)[task]["Retry"]
    pauses = [
        min(throttled["IntervalSeconds"] * throttled["BackoffRate"] ** number, throttled["MaxDelaySeconds"])
        for number in range(throttled["MaxAttempts"])
    ]
    # Full jitter halves a pause on average.
    assert sum(pauses) / 2 >= THROTTLED_SECONDS
    assert throttled["JitterStrategy"] == "FULL"


@pytest.mark.parametrize("task", UNTRUSTED)
def test_what_an_untrusted_function_does_always_goes_through_collect(task: str, definition: Document) -> None:
    state = all_states(definition)[task]
    assert state["Next"] == "Collect"
    assert state["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Collect"}]
    assert state["Parameters"]["Payload.$"] == "$.job"


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
    assert resources[f"{task}Function"]["Properties"]["Timeout"] < patience < definition["TimeoutSeconds"]


def test_the_machine_may_call_exactly_its_tasks(resources: dict[str, Document]) -> None:
    (machine_role,) = (
        spec for name, spec in of_type(resources, "AWS::IAM::Role").items() if name == "RunStateMachineRole"
    )
    statements = machine_role["Policies"][0]["PolicyDocument"]["Statement"]
    (invoke,) = (statement for statement in statements if statement["Action"] == "lambda:InvokeFunction")
    assert invoke["Resource"] == [
        {"Fn::GetAtt": [f"{task}Function", "Arn"]} for task in [*TASKS[:2], *JOB_TASKS, *TASKS[2:]]
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
    assert throttled["ErrorEquals"] == [THROTTLED]
    assert attempt["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "OurFault"}]
    assert machine["States"]["OurFault"]["Next"] == machine["States"]["Pause"]["Next"] == "Attempt"
    longest = sum(max(pause, LONGEST_PAUSE) for pause in BACKOFF_SECONDS) * (1 + SPREAD)
    assert longest < machine["TimeoutSeconds"]
