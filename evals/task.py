"""What an eval is: a task with its files, and graders that compute whether what came of it is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from codex_swarm.models import TaskType

Files = Mapping[str, bytes]
"""Contents by workspace path."""


@dataclass(frozen=True)
class Outcome:
    """What a run was given and what it left: files, its final status, and the agent's closing words."""

    given: Files
    files: Files
    status: str
    said: str = ""


@dataclass(frozen=True)
class Grader:
    """One thing that has to be so. `fault` says of an outcome what is wrong; an empty text says that nothing is."""

    name: str
    fault: Callable[[Outcome], str]


@dataclass(frozen=True)
class Task:
    """An eval. `files` makes what the workspace begins with, the same bytes each time."""

    name: str
    type: TaskType
    instructions: str
    files: Callable[[], Files]
    graders: tuple[Grader, ...]

    def faults(self, outcome: Outcome) -> dict[str, str]:
        """What is wrong, by the name of the grader; empty when the task is passed.

        A file that cannot be read by whoever grades it is a fault like any other.
        """
        found = {}
        for grader in self.graders:
            try:
                fault = grader.fault(outcome)
            except Unreadable as error:
                fault = str(error)
            if fault:
                found[grader.name] = fault
        return found


class Unreadable(Exception):
    """A file that is not there, or not what its name says; the text names it and says why."""
