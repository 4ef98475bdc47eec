"""What a run costs on AWS: the calls that its functions make, and the states that it goes through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from infra.local.calls import Call
from tests.durability.world import World

pytestmark = pytest.mark.proof

Calls = dict[str, dict[str, int]]

START: Calls = {
    "Api": {"GetItem": 2, "UpdateItem": 1, "PutItem": 2, "StartExecution": 1},
    "Prepare": {"Query": 2, "PutItem": 2},
}


@dataclass(frozen=True)
class Cost:
    """A run's instructions; the states it enters, in order; what each function calls; the most that may come to.

    `GetItem` is the least there are: a process looks again whether the run is still its own, before it writes an
    object, when its last look was a quarter of a second ago. The processes are warm: the agent's remembers what it
    has just read and written.
    """

    instructions: str
    states: str
    calls: Calls
    most: int


ONE_TURN = Cost(
    "wait 0 seconds",
    "Prepare Prepared Agent NextStep Ended",
    {**START, "Agent": {"Query": 1, "PutObject": 2, "UpdateItem": 1, "PutItem": 7}},
    21,
)
FIVE_TURNS = Cost(
    "touch a.md. touch b.md. touch c.md. touch d.md",
    ONE_TURN.states,
    {**START, "Agent": {"Query": 1, "PutObject": 13, "UpdateItem": 1, "PutItem": 15}},
    41,
)
BATCHES = Cost(
    "touch a.md. run `echo 1 > b.md`. touch c.md. run `echo 2 > d.md`",
    "Prepare Prepared Agent NextStep" + 2 * " Tools Dispatch Agent NextStep" + " Ended",
    {
        **START,
        "Agent": {"Query": 3, "GetObject": 4, "PutObject": 18, "UpdateItem": 1, "PutItem": 21},
        "Dispatch": {"GetItem": 2, "Query": 2, "Invoke": 2, "GetObject": 4, "PutObject": 6, "PutItem": 2},
    },
    76,
)


def counted(calls: Iterable[Call]) -> Calls:
    found: dict[str, Counter[str]] = {}
    for call in calls:
        # What is presigned is sent by the sandbox, which has a processor and a network of its own.
        if call.function is not None and not call.presigned:
            found.setdefault(call.function.removesuffix("Function"), Counter())[call.operation] += 1
    return {function: dict(counter) for function, counter in found.items()}


def without_looks(calls: dict[str, int]) -> dict[str, int]:
    return {operation: number for operation, number in calls.items() if operation != "GetItem"}


@pytest.mark.parametrize(
    "cost",
    [
        pytest.param(ONE_TURN, id="one turn"),
        pytest.param(FIVE_TURNS, id="five turns"),
        pytest.param(BATCHES, id="five turns with two command batches"),
    ],
)
def test_a_run_makes_these_calls_and_goes_through_these_states(quiet_world: World, cost: Cost) -> None:
    world = quiet_world
    world.end_of(world.post("warm-up for costs", "touch a.md").json()["id"])
    with world.cloud.recorded_calls() as calls:
        run_id = world.post(f"cost of {cost.instructions}", cost.instructions).json()["id"]
        world.end_of(run_id)
    made = counted(calls)
    for function, expected in cost.calls.items():
        looks = made[function].pop("GetItem", 0)
        assert 0 <= looks - expected.get("GetItem", 0) <= expected.get("PutObject", 0), function
    assert sum(sum(expected.values()) for expected in cost.calls.values()) <= cost.most
    assert made == {function: without_looks(expected) for function, expected in cost.calls.items()}
    client = world.cloud.client("stepfunctions")
    history = client.get_execution_history(executionArn=world.execution_arn(run_id), maxResults=1_000)["events"]
    entered = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]
    assert entered == cost.states.split()
