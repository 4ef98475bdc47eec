"""The task types: for each, what the agent is told, which tools it has, which files are its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from types import MappingProxyType
from typing import Any

from codex_swarm.models import TaskType
from swarm.agent.command_tools import COMMAND_TOOLS
from swarm.agent.document_tools import DOCUMENT_TOOLS
from swarm.agent.file_tools import FILE_TOOLS
from swarm.agent.tools import Tool


@dataclass(frozen=True)
class Task:
    """One task type. `favoured` are the file types (`swarm.filetypes`) of its main result, best first."""

    type: TaskType
    favoured: tuple[str, ...]
    tools: tuple[Tool[Any], ...] = (*FILE_TOOLS.values(), *DOCUMENT_TOOLS.values(), *COMMAND_TOOLS.values())

    @cached_property
    def instructions(self) -> str:
        """What the agent is told: what all tasks share, then what this one is."""
        return f"{_text('shared')}\n{_text(self.type)}"


def _text(name: str) -> str:
    file = resources.files("swarm.tasks").joinpath("instructions", f"{name}.txt")
    return file.read_text(encoding="utf-8")


_TASKS = (
    # Finished formats stand before markdown: where a run wrote both, one was made from the other.
    Task(
        TaskType.CODE,
        (
            "python",
            "typescript",
            "javascript",
            "html",
            "shell",
            "css",
            "json",
            "yaml",
            "xml",
            "markdown",
            "text",
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
    ),
    Task(
        TaskType.DOCUMENT_WRITING,
        ("docx", "pdf", "odt", "pptx", "rtf", "latex", "markdown", "html", "rst", "text"),
    ),
    Task(TaskType.DOCUMENT_ANALYSIS, ("docx", "pdf", "markdown", "html", "csv", "xlsx", "json", "text")),
)

TASKS: Mapping[TaskType, Task] = MappingProxyType({task.type: task for task in _TASKS})
"""Every task type, by name."""
