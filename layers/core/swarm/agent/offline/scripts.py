"""Which script the offline model follows: that of the task type, where the tools for it are offered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from codex_swarm.models import TaskType
from swarm.agent.offline import code_study, conversion_report
from swarm.agent.offline.data_study import data_study
from swarm.agent.offline.document_study import document_study
from swarm.agent.offline.grammar import Understood
from swarm.agent.offline.naming import document_name
from swarm.agent.offline.revision import revising
from swarm.agent.offline.script import Script, as_planned
from swarm.agent.offline.turns import RUN, plan


def script_for(
    understood: Understood,
    task_type: TaskType,
    offered: frozenset[str],
    succeeded: Sequence[bool],
    earlier: Callable[[], str],
) -> Script:
    """The turns to take. Steps that were asked for are taken as asked; prose is worked on as the task type does.

    `earlier` gives what was said and done before, for what speaks of a document without naming it.
    """
    if understood.revision is not None:
        # The first call looks for the document.
        turns = plan(understood.steps, task_type, offered, succeeded[1:])
        return revising(understood.revision, earlier(), offered, turns)
    turns, prose = plan(understood.steps, task_type, offered, succeeded), understood.prose
    if prose is not None:
        study = _study(prose, understood.formats, task_type, offered)
        if study is not None:
            return study
    elif task_type is TaskType.DOCUMENT_PROCESSING and conversion_report.is_wanted(understood.steps, offered):
        return conversion_report.reporting(turns)
    return as_planned(turns)


def _study(prose: str, formats: Sequence[str], task_type: TaskType, offered: frozenset[str]) -> Script | None:
    """What the task type does with a question; None where a document about it is all that can be made."""
    name = document_name(prose, task_type)
    match task_type:
        case TaskType.DATA_ANALYSIS if RUN in offered and name.endswith(".md"):
            return data_study(prose, formats, offered)
        case TaskType.DOCUMENT_ANALYSIS | TaskType.RESEARCH if name.endswith(".md"):
            return document_study(prose, task_type, formats, offered)
        case TaskType.CODE if RUN in offered and name.endswith(".py") and code_study.is_wanted(prose):
            return code_study.code_study(prose, offered)
    return None
