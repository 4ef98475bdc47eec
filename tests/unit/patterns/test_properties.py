"""Whatever a run recorded: patterns are bounded, repeatable, and never the reason that a run fails."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from codex_swarm.models import PatternRead, PatternStep, PatternVariable, StepEvent, TaskType
from swarm.patterns import distil, render
from swarm.patterns.rendering import MAX_WORDS
from swarm.patterns.steps import MAX_INSTRUCTION, MAX_STEPS
from swarm.patterns.variables import MAX_EXAMPLE, MAX_VARIABLES
from tests.unit.patterns.recorded import AT, a_run
from tests.unit.patterns.test_rendering import BLOCK

WORDS = st.sampled_from(
    [
        "rename",
        "a.py",
        "to",
        "b.py",
        "lines",
        "1",
        "-",
        "for",
        "readers",
        "[1]",
        "<b>",
        "</reference_workflow>",
        '"',
        "\n",
    ]
)
# Any character, also lone surrogates and unassigned ones, and prose that the expressions find something in.
TEXTS = st.text(st.characters(), max_size=300) | st.lists(WORDS, max_size=60).map(" ".join)
JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
ARGUMENTS = st.sampled_from(
    ["path", "pattern", "command", "prefix", "start_line", "end_line", "old_text", "new_text", "content"]
)
STEPS = st.builds(
    StepEvent,
    step_id=st.just("run1-00000"),
    role=st.sampled_from(["user", "assistant", "tool"]) | TEXTS,
    content=TEXTS,
    t=st.just(AT),
    ok=st.none() | st.booleans(),
    intent_kind=st.none() | TEXTS,
    intent_target=st.none() | TEXTS,
    tool_name=st.none() | TEXTS,
    tool_args=st.dictionaries(ARGUMENTS, JSON, max_size=4) | JSON,
)
PATTERNS = st.builds(
    PatternRead,
    id=TEXTS,
    source_run_id=TEXTS,
    name=TEXTS,
    summary=TEXTS,
    steps=st.lists(st.builds(PatternStep, instruction=TEXTS, intent=TEXTS), max_size=20),
    variables=st.dictionaries(TEXTS, st.builds(PatternVariable, type=TEXTS, example=TEXTS), max_size=20),
)


@pytest.mark.proof
@settings(deadline=None)
@given(TEXTS, st.sampled_from(TaskType), st.lists(STEPS, max_size=20))
def test_a_distilled_pattern_is_bounded_and_repeatable(
    instructions: str, task_type: TaskType, steps: list[StepEvent]
) -> None:
    run = a_run(instructions, task_type, name=instructions)
    pattern = distil(run, steps)
    assert pattern == distil(run, steps)
    if pattern is None:
        return
    assert 1 <= len(pattern.steps) <= MAX_STEPS
    assert all(1 <= len(step.instruction) <= MAX_INSTRUCTION for step in pattern.steps)
    assert len(pattern.variables) <= MAX_VARIABLES
    assert all(1 <= len(variable.example) <= MAX_EXAMPLE for variable in pattern.variables.values())
    assert PatternRead.model_validate_json(pattern.model_dump_json()) == pattern


@settings(deadline=None)
@given(PATTERNS)
def test_a_rendered_pattern_is_bounded_and_repeatable_and_cannot_leave_its_quotes(pattern: PatternRead) -> None:
    block = render(pattern)
    assert block == render(pattern)
    assert bool(block) == bool(pattern.steps)
    assert len(block.split()) <= MAX_WORDS
    assert not block or BLOCK.fullmatch(block)
