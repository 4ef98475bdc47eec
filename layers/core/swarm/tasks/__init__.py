"""The seven task types that a run can have."""

from swarm.tasks.registry import LOOKING, OURS, TASKS, Task

__all__ = ["LOOKING", "OURS", "TASKS", "Task"]
