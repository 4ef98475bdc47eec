"""What a run teaches, from its steps."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from codex_swarm.models import PatternRead, PatternStep, StepEvent
from swarm.patterns import distil
from swarm.patterns.steps import MAX_INSTRUCTION, MAX_STEPS
from tests.unit.patterns.recorded import a_run, called, finished, said


def taught(*steps: StepEvent, instructions: str = "Write a report") -> PatternRead:
    pattern = distil(a_run(instructions), steps)
    assert pattern is not None
    return pattern


def told(*steps: StepEvent) -> list[str]:
    return [step.instruction for step in taught(*steps).steps]


def test_a_run_teaches_what_it_did_in_order() -> None:
    pattern = taught(
        said("Write a report", role="user"),
        said("I look at the files first."),
        called("list_files", {"prefix": "docs/"}),
        called("write_file", {"path": "report.md", "content": "# Report"}),
        finished("Wrote report.md."),
    )
    assert (pattern.id, pattern.source_run_id, pattern.name) == ("pat-run1", "run1", "a run")
    assert pattern.steps == [
        PatternStep(instruction="I look at the files first."),
        PatternStep(instruction="list_files in docs/", intent="list"),
        PatternStep(instruction="write_file report.md", intent="write"),
        PatternStep(instruction="Wrote report.md.", intent="finish"),
    ]
    assert pattern.summary == "Write a report (4 steps: list, write, finish)"


@pytest.mark.parametrize(
    "step, instruction",
    [
        pytest.param(called("write_file", {"path": "a.md", "content": "secret " * 400}), "write_file a.md", id="write"),
        pytest.param(called("read_file", {"path": "a.md"}, output="its text"), "read_file a.md", id="read"),
        pytest.param(
            called("read_file", {"path": "a.py", "start_line": 10, "end_line": 20}),
            "read_file a.py lines 10 to 20",
            id="read a range",
        ),
        pytest.param(
            called("read_file", {"path": "a.py", "start_line": 10, "end_line": None}),
            "read_file a.py lines 10 to the end",
            id="read from a line on",
        ),
        pytest.param(called("list_files", {"prefix": None}), "list_files", id="list all"),
        pytest.param(
            called("search_files", {"pattern": "TODO|FIXME", "path_prefix": "src/"}),
            'search_files for "TODO|FIXME" in src/',
            id="search",
        ),
        pytest.param(
            called("edit_file", {"path": "a.py", "old_text": "foo", "new_text": "bar"}),
            'edit_file a.py to replace "foo" with "bar"',
            id="edit of a word",
        ),
        pytest.param(
            called("edit_file", {"path": "a.py", "old_text": "def f():\n", "new_text": "def g():\n"}),
            "edit_file a.py",
            id="edit of lines",
        ),
        pytest.param(called("run_command", {"command": "pytest -q"}), "run_command `pytest -q`", id="command"),
        pytest.param(
            called("convert_document", {"path": "a.md", "format": "docx"}),
            "convert_document a.md to docx",
            id="conversion",
        ),
        pytest.param(said("  One\n\n two\tthree \u00a0four "), "One two three four", id="whitespace collapses"),
        pytest.param(said("un\u200bseen\x00\U000e0041"), "unseen", id="invisible characters go"),
    ],
)
def test_a_step_becomes_a_short_instruction(step: StepEvent, instruction: str) -> None:
    assert told(step) == [instruction]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([], id="no steps"),
        pytest.param([said("Write a report", role="user")], id="only the user's"),
        pytest.param([called("write_file", {"path": "a.md"}, ok=False)], id="only a failed one"),
        pytest.param([said(" \n\t ")], id="only whitespace"),
        pytest.param([said("output", role="tool")], id="a tool without a name"),
    ],
)
def test_nothing_worth_keeping_teaches_nothing(steps: Sequence[StepEvent]) -> None:
    assert distil(a_run(), steps) is None


def test_failed_steps_are_left_out() -> None:
    failed = called("edit_file", {"path": "a.py", "old_text": "x", "new_text": "y"}, ok=False)
    assert told(failed, called("read_file", {"path": "a.py"})) == ["read_file a.py"]


def test_what_was_done_again_is_told_once() -> None:
    edit, check = called("edit_file", {"path": "a.py"}), called("run_command", {"command": "pytest"})
    assert told(edit, check, edit, check) == ["edit_file a.py", "run_command `pytest`"]


def test_a_long_message_keeps_its_beginning() -> None:
    [instruction] = told(said("word " * 1_000))
    assert len(instruction) <= MAX_INSTRUCTION
    assert instruction.startswith("word word")
    assert instruction.endswith("word…")


def test_of_many_steps_those_that_only_look_go_first_and_the_last_stays() -> None:
    looks = [called("read_file", {"path": f"{number}.md"}) for number in range(10)]
    writes = [called("write_file", {"path": f"{number}.md", "content": ""}) for number in range(8)]
    pairs = [step for pair in zip(looks, writes, strict=False) for step in pair]
    instructions = told(*pairs, *looks[8:], finished("Done."))
    assert len(instructions) == MAX_STEPS
    assert [line for line in instructions if line.startswith("write")] == [f"write_file {n}.md" for n in range(8)]
    assert [line for line in instructions if line.startswith("read")] == [f"read_file {n}.md" for n in range(3)]
    assert instructions[:2] == ["read_file 0.md", "write_file 0.md"]
    assert instructions[-1] == "Done."


def test_the_summary_stays_short() -> None:
    pattern = taught(said("Done."), instructions="Explain everything " * 3_000)
    assert len(pattern.summary) <= 160
    assert pattern.summary.endswith("… (1 step)")


def test_values_come_from_the_instructions_and_then_from_the_steps() -> None:
    pattern = taught(
        called("read_file", {"path": "src/app.py", "start_line": 3, "end_line": 9}),
        called("edit_file", {"path": "src/app.py", "old_text": "colour", "new_text": "color"}),
        instructions="Fix the spelling and note it in CHANGES.md",
    )
    assert {name: found.example for name, found in pattern.variables.items()} == {
        "file_range": "src/app.py lines 3 to 9",
        "substitution": "colour -> color",
        "file_name": "CHANGES.md",
        "file_name_2": "src/app.py",
    }
