"""What the agent is told, joined: what earlier runs taught, then the task type's instructions, then the user's own."""

from __future__ import annotations

from collections.abc import Iterable

from swarm.runs.run import Run
from swarm.tasks import TASKS


def base_prompt(run: Run, blocks: Iterable[str]) -> str:
    """What stands before the user's instructions, which `Run.system_instructions` joins to it; `blocks` come first."""
    return "\n\n".join([*blocks, TASKS[run.task_type].instructions])
