"""Tells the people who watch what the agent intends, and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from codex_swarm.models import OVER, PlanStatus
from swarm.agent.tools.tool import UPDATE_PLAN, Arguments, Tool
from swarm.errors import ToolFailure

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace

MAX_STEPS = 20
MAX_TITLE = 200


class Part(Arguments):
    """One part of the plan."""

    title: str = Field(description="What this part is, in a few words.")
    status: PlanStatus = Field(description="How far it is.")


class UpdatePlan(Arguments):
    """What `update_plan` takes."""

    steps: list[Part] = Field(description="The whole plan, in order, each time; at most 20 parts.")


def update_plan(args: UpdatePlan, _workspace: Workspace) -> str:
    """Take note of the plan; the loop shows it. Raises `ToolFailure` where it is none."""
    if not 1 <= len(args.steps) <= MAX_STEPS:
        raise ToolFailure(f"a plan has from 1 to {MAX_STEPS} steps, and this one has {len(args.steps)}")
    if any(not 1 <= len(step.title.strip()) <= MAX_TITLE for step in args.steps):
        raise ToolFailure(f"each step needs a title, of at most {MAX_TITLE} characters")
    done = sum(step.status in OVER for step in args.steps)
    return f"the plan is shown: {done} of {len(args.steps)} done"


TOOL = Tool(
    name=UPDATE_PLAN,
    intent="plan",
    description=(
        "Show the people who wait what you intend and how far you are: the whole list each time. Changes no file."
    ),
    arguments=UpdatePlan,
    run=update_plan,
    reads=(),
    writes=(),
)
