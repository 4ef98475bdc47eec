"""The seven task types that a run can have."""

from swarm.tasks.registry import TASKS, Task

__all__ = ["TASKS", "Task"]
