"""The seven task types that a run can have."""

from swarm.tasks.registry import OURS, TASKS, Task

__all__ = ["OURS", "TASKS", "Task"]
