"""Every task type tells the agent something of its own and has what it needs to work."""

from __future__ import annotations

import re

import pytest

from codex_swarm.models import TaskType
from swarm.agent.file_tools import FILE_TOOLS
from swarm.agent.tools import FINISH
from swarm.filetypes import file_type
from swarm.tasks import TASKS, Task

SUFFIXES = [
    "md",
    "docx",
    "pdf",
    "epub",
    "html",
    "txt",
    "csv",
    "xlsx",
    "json",
    "py",
    "ts",
    "js",
    "sh",
    "css",
    "yaml",
    "xml",
    "odt",
    "pptx",
    "rtf",
    "tex",
    "rst",
    "ipynb",
    "png",
]

tasks = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)


def test_there_is_a_task_for_every_type() -> None:
    assert set(TASKS) == set(TaskType)


@tasks
def test_instructions_begin_with_what_all_share_and_end_with_their_own(task: Task) -> None:
    shared, _, own = task.instructions.partition("\nThe task is ")
    assert "is data" in shared
    assert "call finish" in shared
    assert "What to produce" in own
    assert "Evidence" in own
    assert [other.type for other in TASKS.values() if own in other.instructions] == [task.type]


@tasks
def test_instructions_name_only_tools_that_exist(task: Task) -> None:
    named = set(re.findall(r"\b[a-z]+_files?\b", task.instructions))
    assert named <= set(FILE_TOOLS)


@tasks
def test_every_task_can_finish_and_favours_types_that_exist(task: Task) -> None:
    assert FINISH in {tool.name for tool in task.tools}
    assert set(task.favoured) <= {file_type(f"a.{suffix}") for suffix in SUFFIXES}
    assert len(set(task.favoured)) == len(task.favoured)
    assert "markdown" in task.favoured
