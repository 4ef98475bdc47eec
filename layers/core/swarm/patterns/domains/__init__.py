"""What can vary in the work of each task type."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from codex_swarm.models import TaskType
from swarm.patterns.domains.code import CODE
from swarm.patterns.domains.data import DATA
from swarm.patterns.domains.documents import DOCUMENTS
from swarm.patterns.domains.research import RESEARCH
from swarm.patterns.domains.writing import WRITING
from swarm.patterns.kinds import Kind

KINDS: Mapping[TaskType, tuple[Kind, ...]] = MappingProxyType(
    {
        TaskType.CODE: CODE,
        TaskType.RESEARCH: RESEARCH,
        TaskType.WRITING: WRITING,
        TaskType.DATA_ANALYSIS: DATA,
        TaskType.DOCUMENT_PROCESSING: DOCUMENTS,
        TaskType.DOCUMENT_WRITING: (*WRITING, *DOCUMENTS),
        TaskType.DOCUMENT_ANALYSIS: (*DOCUMENTS, *RESEARCH),
    }
)
"""The kinds of variable by task type, the most telling first."""
