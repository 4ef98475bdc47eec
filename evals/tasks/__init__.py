"""The 28 tasks, four of each task type."""

from __future__ import annotations

from evals.task import Task
from evals.tasks.code import CODE
from evals.tasks.data_analysis import DATA_ANALYSIS
from evals.tasks.document_analysis import DOCUMENT_ANALYSIS
from evals.tasks.document_processing import DOCUMENT_PROCESSING
from evals.tasks.document_writing import DOCUMENT_WRITING
from evals.tasks.research import RESEARCH
from evals.tasks.writing import WRITING

TASKS: tuple[Task, ...] = (
    *CODE,
    *RESEARCH,
    *WRITING,
    *DATA_ANALYSIS,
    *DOCUMENT_PROCESSING,
    *DOCUMENT_WRITING,
    *DOCUMENT_ANALYSIS,
)
"""All of them, by type."""
