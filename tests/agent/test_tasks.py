"""Every task type tells the agent something of its own, has what it needs, and knows its result when it sees it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from codex_swarm.models import TaskType
from swarm.agent.tools.tool import FINISH
from swarm.ids import RunKey
from swarm.lifecycle.summary import rank
from swarm.runs.run import Run
from swarm.tasks import TASKS, Task
from swarm.workspace.file_types import file_type
from swarm.workspace.snapshot import FileEntry, Snapshot

SUFFIXES = "md docx pdf epub html txt csv xlsx json py ts js sh css yaml xml odt pptx rtf tex rst ipynb png".split()
TOOL_NAME = re.compile(r"\b(?:list|read|write|edit|delete|search|run|convert)_[a-z]+\b")

tasks = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)


def tools_of(task: Task) -> set[str]:
    return set(task.tools)


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
def test_instructions_name_only_tools_that_the_task_has(task: Task) -> None:
    named = set(TOOL_NAME.findall(task.instructions))
    assert named <= tools_of(task)
    assert {"write_file", "convert_document", "read_document", "run_command"} <= named


@tasks
def test_every_task_can_finish_and_favours_types_that_exist(task: Task) -> None:
    assert FINISH in tools_of(task)
    assert set(task.favoured) <= {file_type(f"a.{suffix}") for suffix in SUFFIXES}
    assert len(set(task.favoured)) == len(task.favoured)
    assert "markdown" in task.favoured


def test_only_tasks_about_many_files_convert_many_at_once() -> None:
    assert {task.type for task in TASKS.values() if "convert_documents" in tools_of(task)} == {
        TaskType.DOCUMENT_PROCESSING,
        TaskType.CODE,
    }


def ranked(task_type: TaskType, *written: str, had: tuple[str, ...] = (), instructions: str = "do it") -> list[str]:
    """Results of a run that wrote these files, each larger than the one before, and had others."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    run = Run(
        key=RunKey(tenant_id="t", project_id="p", run_id="r"),
        name="r",
        task_type=task_type,
        instructions=instructions,
        created_at=now,
    )
    sizes = {path: size for size, path in enumerate([*written, *had], 1)}
    files = Snapshot({path: FileEntry("0" * 64, size, file_type(path)) for path, size in sizes.items()})
    return [*rank(run, files, set(written))]


@pytest.mark.parametrize(
    ("task_type", "best", "others"),
    [
        pytest.param("code", "main.py", ["README.md", "test_main.py", "tests/data.json"], id="code"),
        pytest.param("code", "src/app/core.py", ["__init__.py", "tests/test_core.py", "conftest.py"], id="a package"),
        pytest.param("code", "main.go", ["README.md", "main_test.go", "config.json"], id="code of no type of its own"),
        pytest.param("code", "index.ts", ["index.test.ts", "package.json"], id="typescript"),
        pytest.param("code", "report.docx", ["report.md"], id="a document all the same"),
        pytest.param("code", "README.md", [], id="a readme alone"),
        pytest.param("data_analysis", "findings.md", ["analysis.py", "chart.png", "results.csv"], id="data"),
        pytest.param("data_analysis", "findings.pdf", ["findings.md", "analysis.py"], id="data as pdf"),
        pytest.param("document_writing", "report.docx", ["report.pdf", "report.md", "chart.png"], id="document"),
        pytest.param("document_writing", "slides.pptx", ["slides.md"], id="slides"),
        pytest.param("document_processing", "out/a.docx", ["conversion-report.md"], id="processing"),
        pytest.param("document_processing", "out/deep/a.md", ["conversion-report.md"], id="processing to markdown"),
        pytest.param("document_processing", "out/a.txt", ["conversion-report.docx"], id="processing to text"),
        pytest.param("document_processing", "conversion-report.md", [], id="nothing but the report"),
        pytest.param("document_analysis", "findings.md", ["dates.csv"], id="analysis"),
        pytest.param("research", "report.docx", ["report.md", "data.csv"], id="research"),
        pytest.param("writing", "essay.md", ["notes.txt"], id="writing"),
    ],
)
def test_the_main_result_is_what_the_task_is_for(task_type: str, best: str, others: list[str]) -> None:
    had = ("given.docx", "given.md", "given.py", "given.csv")
    assert ranked(TaskType(task_type), best, *others, had=had)[0] == best
    assert set(ranked(TaskType(task_type), best, *others)) == {best, *others}


def test_of_what_the_task_favours_alike_the_file_that_the_instructions_name_comes_first() -> None:
    written = ("deep/folder/plan.md", "notes.md", "other.md")
    assert ranked(TaskType.WRITING, *written, instructions="Write plan.md, and notes if you must") == [
        "deep/folder/plan.md", "other.md", "notes.md",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path, supports",
    [("tests/helper.py", True), ("a/tests/data.json", True), ("a/README.md", True), ("src/tests.py", False)],
)
def test_what_goes_with_code_is_known_by_its_name_or_its_folder(path: str, supports: bool) -> None:
    assert TASKS[TaskType.CODE].supports(path) is supports
