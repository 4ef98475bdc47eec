"""What a run costs: five turns, two of them with commands, as AWS counts them."""

from __future__ import annotations

from collections import Counter

import pytest

from codex_swarm.client import CodexSwarmClient
from infra.local.cloud import LocalCloud

PRICE = {
    "dynamodb.PutItem": 25,
    "dynamodb.UpdateItem": 1,
    "dynamodb.GetItem": 2 + 22,
    "dynamodb.Query": 7,
    "s3.PutObject": 21,
    "s3.PostObject": 2,
    # In a process that has just begun, and with what the sandbox reads.
    "s3.GetObject": 10 + 8,
    "lambda.Invoke": 2,
}
"""At most so many calls, the functions' own and those of the addresses that they signed."""

FIVE_TURNS = "touch a.md. run `ls`. touch b.md. run `ls` `pwd`"


@pytest.fixture
def costs(cloud: LocalCloud) -> tuple[Counter[str], Counter[str]]:
    """The calls of the state machine's functions by name, and how often each state was entered."""
    with CodexSwarmClient(cloud.url) as client, cloud.recorded_calls() as calls:
        run_id = client.start_run("costs", FIVE_TURNS, "code").run_id
        run = client.wait(run_id, 60, poll=0.05, check=True)
        made = [call for call in calls if call.function not in {None, "ApiFunction", "AuthorizerFunction"}]
    assert run.usage is not None
    assert run.usage.model_calls == 5
    states = cloud.client("stepfunctions")
    arn = cloud.state_machine_arn.replace(":stateMachine:", ":execution:") + f":{run_id}"
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    events = [event for page in pages for event in page["events"]]
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
    return Counter(f"{call.service}.{call.operation}" for call in made), Counter(entered)


@pytest.mark.proof
def test_five_turns_with_two_batches_have_a_known_price(costs: tuple[Counter[str], Counter[str]]) -> None:
    calls, states = costs
    assert states == {
        "Prepare": 1,
        "Prepared": 1,
        "Agent": 3,
        "NextStep": 3,
        "Tools": 2,
        "Dispatch": 2,
        "Ended": 1,
    }
    # Looks at whether the run is still its owner's come by the clock, so a slow machine reads a little more.
    assert calls.keys() <= PRICE.keys()
    assert {operation: count for operation, count in calls.items() if count > PRICE[operation]} == {}
