"""The task types: for each, what the agent is told, which tools it has, which files are its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from importlib import resources
from pathlib import PurePosixPath
from types import MappingProxyType

from codex_swarm.models import TaskType

TOOLS = tuple(
    "list_files read_file write_file edit_file apply_patch move_files copy_files delete_file search_files"
    " update_plan finish"
    " convert_document read_document edit_document view_pages view_image run_command run_document".split()
)
"""What every task needs, by name: each may be given an office document, asked for one, or have something to compute."""

BATCHES = (*TOOLS, "convert_documents")


LOOKING = tuple("list_files read_file search_files read_document view_pages view_image".split())
"""What looks at files and changes none."""

OURS = frozenset({*BATCHES, "ask_user", "delegate", "read_skill", "judge"})
"""Every tool of the service; no tool of an application has such a name."""


@dataclass(frozen=True)
class Task:
    """One task type. `favoured` are the file types (`swarm.workspace.file_types`) of its main result, best first.

    `supporting` are patterns for names and paths of files that go with a result of this task and are not it.
    """

    type: TaskType
    favoured: tuple[str, ...]
    tools: tuple[str, ...] = TOOLS
    supporting: tuple[str, ...] = ()

    @cached_property
    def instructions(self) -> str:
        """What the agent is told: what all tasks share, then what this one is."""
        return f"{_text('shared')}\n{_text(self.type)}"

    def supports(self, path: str) -> bool:
        """Whether a file of this path goes with a result rather than being one."""
        name = PurePosixPath(path).name
        return any(fnmatchcase(name, pattern) or fnmatchcase(path, pattern) for pattern in self.supporting)


def _text(name: str) -> str:
    file = resources.files("swarm.tasks").joinpath("instructions", f"{name}.txt")
    return file.read_text(encoding="utf-8")


_TASKS = (
    # Finished formats stand before markdown: where a run wrote both, one was made from the other.
    Task(
        TaskType.CODE,
        # Sources in languages without a type of their own are `text`.
        tuple(
            "python typescript javascript html shell css text xml json yaml docx pdf pptx xlsx markdown".split(),
        ),
        # The type of a project that names none, so whatever anybody asks for ends here.
        tools=BATCHES,
        supporting=tuple(
            "README* LICENSE* CHANGELOG* test_* *_test.* *.test.* tests/* */tests/* conftest.py __init__.py"
            " requirements*.txt *.lock go.sum test-report.md".split()
        ),
    ),
    Task(TaskType.RESEARCH, ("docx", "pdf", "markdown", "html", "csv", "json", "text")),
    Task(TaskType.WRITING, ("docx", "pdf", "epub", "markdown", "html", "text")),
    Task(
        TaskType.DATA_ANALYSIS,
        ("docx", "pdf", "markdown", "html", "notebook", "xlsx", "csv", "image", "json", "python"),
    ),
    Task(
        TaskType.DOCUMENT_PROCESSING,
        (
            "docx",
            "pdf",
            "odt",
            "pptx",
            "xlsx",
            "epub",
            "html",
            "rtf",
            "latex",
            "rst",
            "markdown",
            "csv",
            "text",
        ),
        tools=BATCHES,
        supporting=("conversion-report.*", "processing-report.*", "processing_report.*"),
    ),
    Task(
        TaskType.DOCUMENT_WRITING,
        ("docx", "pdf", "odt", "pptx", "rtf", "latex", "markdown", "html", "rst", "text"),
    ),
    Task(TaskType.DOCUMENT_ANALYSIS, ("docx", "pdf", "markdown", "html", "csv", "xlsx", "json", "text")),
)

TASKS: Mapping[TaskType, Task] = MappingProxyType({task.type: task for task in _TASKS})
"""Every task type, by name."""
