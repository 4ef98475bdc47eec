"""What was particular to a run and will differ the next time: its variables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from codex_swarm.models import PatternVariable, TaskType
from swarm.patterns.domains import KINDS
from swarm.patterns.kinds import Kind
from swarm.patterns.one_line import one_line

MAX_VARIABLES = 12
MAX_OF_A_KIND = 3
MAX_EXAMPLE = 80
MAX_READ = 8_000
"""Characters of one text that are searched."""


def variables_in(texts: Sequence[str], task_type: TaskType) -> dict[str, PatternVariable]:
    """The variables that the texts show, by name: a value of each kind first, then second ones, as `name_2`.

    A kind's values come in the order of the texts, each once.
    """
    bounded = [" ".join(text[:MAX_READ].split()) for text in texts]
    found = [(kind, _values(kind, bounded)) for kind in KINDS[task_type]]
    variables: dict[str, PatternVariable] = {}
    for place in range(MAX_OF_A_KIND):
        for kind, values in found:
            if place < len(values) and len(variables) < MAX_VARIABLES:
                name = kind.name if place == 0 else f"{kind.name}_{place + 1}"
                variables[name] = PatternVariable(type=kind.type, example=values[place])
    return variables


def _values(kind: Kind, texts: Iterable[str]) -> list[str]:
    distinct: dict[str, str] = {}
    for text in texts:
        for value in kind.values(text):
            example = one_line(value, MAX_EXAMPLE)
            if example:
                distinct.setdefault(example.casefold(), example)
            if len(distinct) == MAX_OF_A_KIND:
                return list(distinct.values())
    return list(distinct.values())
