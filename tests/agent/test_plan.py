"""The plan of a run: kept whole, shown, and what progress goes by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from codex_swarm.models import PlanStep
from swarm.agent.tools.toolbox import Toolbox
from swarm.runs.plan import ceiling_of, percent_of
from swarm.tasks import TASKS
from swarm.workspace.objects import MemoryObjects, ProjectArea
from swarm.workspace.snapshot import Snapshot
from swarm.workspace.working_copy import Workspace
from tests.agent.test_loop import Play, asks, done, writes
from tests.agent.test_tools import call
from tests.support.driving import beginning, drive
from tests.support.stack import Stack
from tests.support.story import flaws, records_of
from tests.support.tools import run_call


def parts(*statuses: str) -> list[dict[str, str]]:
    return [{"title": f"part {number}", "status": status} for number, status in enumerate(statuses)]


def plan(*statuses: str) -> list[PlanStep]:
    return [PlanStep.model_validate(part) for part in parts(*statuses)]


@pytest.mark.parametrize(
    ("statuses", "percent", "ceiling"),
    [
        pytest.param(["pending"] * 3, 30, 43, id="nothing done"),
        pytest.param(["in_progress", "pending", "pending"], 36, 43, id="begun"),
        pytest.param(["done", "skipped", "in_progress"], 62, 69, id="nearly done"),
        pytest.param(["done"], 69, 69, id="all done"),
        pytest.param([], 30, 69, id="no plan"),
    ],
)
def test_percent_by_what_is_done(statuses: Sequence[str], percent: int, ceiling: int) -> None:
    assert (percent_of(plan(*statuses)), ceiling_of(plan(*statuses))) == (percent, ceiling)


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        pytest.param([], "from 1 to 20 steps", id="none"),
        pytest.param(parts(*["pending"] * 21), "this one has 21", id="too many"),
        pytest.param([{"title": " ", "status": "done"}], "needs a title", id="blank title"),
        pytest.param([{"title": "x" * 201, "status": "done"}], "at most 200", id="long title"),
        pytest.param([{"title": "x", "status": "soon"}], "steps.0.status", id="unknown status"),
    ],
)
def test_what_is_no_plan_is_answered(steps: Any, says: str) -> None:
    workspace = Workspace(Snapshot(), MemoryObjects(), ProjectArea("tenant", "project"))
    result = run_call(call("update_plan", {"steps": steps}), workspace)
    assert not result.ok
    assert says in result.output


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_every_task_type_has_a_plan_and_is_asked_for_it(task: Any) -> None:
    assert "update_plan" in task.tools
    assert "call update_plan before the first" in task.instructions
    assert "update_plan" in {spec.name for spec in Toolbox(task.tools).specs}


def test_progress_follows_the_plan_and_never_goes_back(stack: Stack) -> None:
    stack.project()
    run_id = stack.start("Write.")
    drive(beginning(run_id), until="agent")
    run = stack.backend.runs.get("tenant-a", run_id)
    turns = [
        asks("update_plan", steps=parts("in_progress", "pending", "pending")),
        writes("a.md"),
        asks("update_plan", steps=parts("done", "done", "in_progress")),
        # The model found that there is more to do.
        asks("update_plan", steps=parts("done", "done", "in_progress", "pending", "pending", "pending")),
        asks("update_plan", steps=[]),
        done(),
    ]
    Play(iter(turns)).outcomes(stack, run)
    assert flaws(records_of(stack), run_id) == []
    told = stack.request("GET", f"/runs/{run_id}/events").json["events"]
    percents = [event["percent"] for event in told if event["type"] == "progress" and event["stage"] == "executing"]
    assert percents == [30, 36, 36, 62, 62, 62]
    plans = [[step["status"] for step in event["steps"]] for event in told if event["type"] == "plan"]
    assert [len(each) for each in plans] == [3, 3, 6]
    ended = stack.run(run_id)
    assert [step["status"] for step in ended["plan"]] == ["done", "done", "in_progress", *["pending"] * 3]
    assert ended["plan"][0]["title"] == "part 0"
    assert (ended["status"], ended["progress"]) == ("succeeded", 100)


def test_the_offline_model_plans_what_has_more_than_two_parts(stack: Stack) -> None:
    small = stack.run(stack.finish("Create a.md. Create b.md."))
    assert small["plan"] == []
    run_id = stack.finish("Create a.md. Create b.md. Then create c.md.")
    assert stack.run(run_id)["plan"] == [{"title": f"create {name}.md", "status": "done"} for name in "abc"]
    told = stack.request("GET", f"/runs/{run_id}/events").json["events"]
    plans = [[step["status"] for step in event["steps"]] for event in told if event["type"] == "plan"]
    assert plans == [
        ["in_progress", "pending", "pending"],
        ["done", "in_progress", "pending"],
        ["done", "done", "in_progress"],
        ["done", "done", "done"],
    ]
    assert "Done: create a.md; create b.md; create c.md." in json.dumps(told)
