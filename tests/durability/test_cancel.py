"""On the laptop cloud: after a cancellation was answered, no function writes anything of the run any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.calls import Call
from tests.durability.world import PROJECT, World
from tests.local.clouds import eventually
from tests.support.story import flaws, told

pytestmark = pytest.mark.proof

S3_WRITES = {"PutObject", "PostObject", "CopyObject", "DeleteObject"}


def trace(world: World, run_id: str) -> dict[str, Any]:
    """Everything that is kept of a run, its log and its objects."""
    prefix = f"t/local/p/{PROJECT}/"
    found = world.cloud.client("s3").list_objects_v2(Bucket=world.cloud.bucket_name, Prefix=prefix)
    return {
        "run": world.records.json(f"/runs/{run_id}"),
        "slots": world.records.slots(run_id),
        "events": told(world.records, run_id),
        "objects": {each["Key"]: each["LastModified"] for each in found.get("Contents", [])},
    }


def begins(world: World, run_id: str, kind: str) -> bool:
    return kind in [each for _, each, _ in world.records.slots(run_id)]


def nobody_works(world: World, *functions: str) -> bool:
    return not any(world.cloud.functions[name].busy_pids() for name in functions)


MOMENTS: dict[str, tuple[str, Callable[[World, str], bool]]] = {
    "queued": ("wait 2 seconds", lambda world, run_id: world.status(run_id) is not None),
    "at its first turn": ("wait 2 seconds", lambda world, run_id: begins(world, run_id, "claimed")),
    "between turns": ("touch a.md. wait 2 seconds", lambda world, run_id: begins(world, run_id, "turn")),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_is_written_after_the_answer(world: World, moment: str) -> None:
    instructions, come = MOMENTS[moment]
    run_id = world.post(f"cancelled {moment}", instructions).json()["id"]
    eventually(lambda: come(world, run_id))
    answer = world.http.post(f"/runs/{run_id}/cancel")
    with world.cloud.recorded_calls() as calls:
        assert answer.status_code == 200
        before = trace(world, run_id)
        # The agent goes on with its wait, which is a model call here, and finds out after it.
        eventually(lambda: nobody_works(world, "PrepareFunction", "AgentFunction", "FinishFunction"))
        assert trace(world, run_id) == before
    assert [call for call in calls if writes(call)] == []
    assert (before["run"]["status"], before["run"]["machine_summary"]["reason_for_failure"]) == (
        "cancelled",
        "cancelled",
    )
    assert before["events"][-1][1]["status"] == "cancelled"
    assert flaws(world.records, run_id) == []
    assert world.execution(run_id) == "ABORTED"
    again = world.http.post(f"/runs/{run_id}/cancel")
    assert (again.status_code, again.json()["code"]) == (400, "run_already_ended")


def writes(call: Call) -> bool:
    return call.service == "s3" and call.operation in S3_WRITES


def test_a_command_that_runs_when_its_run_is_cancelled_changes_nothing_of_it(world: World) -> None:
    """No function can stop another's process: the command ends by itself, and nothing of it is taken."""
    run_id = world.post("cancelled command", "run `sleep 2; echo late > late.txt`").json()["id"]
    sandbox = world.cloud.functions["SandboxFunction"]
    eventually(sandbox.busy_pids)
    assert world.http.post(f"/runs/{run_id}/cancel").status_code == 200
    before = trace(world, run_id)
    eventually(lambda: nobody_works(world, "SandboxFunction", "DispatchFunction", "AgentFunction"))
    after = trace(world, run_id)
    results = after["objects"].keys() - before["objects"].keys()
    # Its result lies where a result is waited for, and nobody waits for it.
    assert {key.split("/")[6] for key in results} <= {"calls"}
    assert {**after, "objects": 0} == {**before, "objects": 0}
    assert world.records.json(f"/runs/{run_id}/workspace/files")["files"] == []
    assert flaws(world.records, run_id) == []
