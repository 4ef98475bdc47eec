"""Every grader passes a right answer, and fails a wrong one: none is there that cannot fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from codex_swarm.models import TaskType
from evals.task import Outcome, Task
from evals.tasks import TASKS
from tests.evals.answers import (
    code,
    data_analysis,
    document_analysis,
    document_processing,
    document_writing,
    research,
    writing,
)
from tests.evals.answers.kinds import Wrong

ANSWERS = (code, research, writing, data_analysis, document_processing, document_writing, document_analysis)
RIGHT = {name: right for module in ANSWERS for name, right in module.RIGHT.items()}
BY_NAME = {task.name: task for task in TASKS}


def left(task: Task, files: Mapping[str, bytes | None], said: str, status: str = "succeeded") -> Outcome:
    """The outcome of the right answer with these files instead."""
    given = task.files()
    after = {**given, **RIGHT[task.name].files, **files}
    return Outcome(given, {path: data for path, data in after.items() if data is not None}, status, said)


def any_task(task: Task) -> Iterator[Wrong]:
    """What is wrong whatever the task, where a grader looks for it."""
    names = {grader.name for grader in task.graders}
    if "nothing else is changed" in names:
        given = {**task.files(), "new.txt": b""}
        kept = [path for path in given if path not in RIGHT[task.name].files and path != "new.txt"]
        yield from (Wrong(task.name, "nothing else is changed", {path: None}) for path in kept[:1])
    if "no scratch files" in names:
        yield Wrong(task.name, "no scratch files", {"scratch.tmp": b"x"})


WRONG = [*(wrong for module in ANSWERS for wrong in module.WRONG), *(each for task in TASKS for each in any_task(task))]
CASES = [
    pytest.param(wrong, id=f"{wrong.task}, {number}", marks=[pytest.mark.proof] if wrong.slow else [])
    for number, wrong in enumerate(WRONG)
]


def test_there_are_four_tasks_of_each_type_each_with_a_name_and_graders_of_its_own() -> None:
    assert Counter(task.type for task in TASKS) == dict.fromkeys(TaskType, 4)
    assert len(BY_NAME) == len(TASKS)
    for task in TASKS:
        names = [grader.name for grader in task.graders]
        assert len(set(names)) == len(names)


def test_every_grader_has_a_wrong_answer() -> None:
    graders = {(task.name, grader.name) for task in TASKS for grader in task.graders}
    # How a run ended is tried for all of them below.
    without = graders - {(wrong.task, wrong.grader) for wrong in WRONG}
    assert {each for each in without if each[1] != "the run succeeds"} <= {
        # There is nothing given that may not be changed.
        (task.name, "nothing else is changed")
        for task in TASKS
        if not task.files()
    }


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_right_answer_passes(task: Task) -> None:
    assert task.faults(left(task, {}, RIGHT[task.name].said)) == {}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_run_that_failed_and_one_that_left_nothing_do_not(task: Task) -> None:
    nothing = Outcome(task.files(), {}, "failed")
    faults = task.faults(nothing)
    assert faults["the run succeeds"] == "failed"
    assert len(faults) > 1


@pytest.mark.parametrize("wrong", CASES)
def test_a_wrong_answer_is_noticed(wrong: Wrong) -> None:
    task = BY_NAME[wrong.task]
    [grader] = [each for each in task.graders if each.name == wrong.grader]
    assert replace(task, graders=(grader,)).faults(left(task, wrong.files, wrong.said))
