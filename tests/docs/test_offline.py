"""docs/offline.md: each sentence does what it says."""

from __future__ import annotations

import re

import pytest

from codex_swarm.cli import sentences
from codex_swarm.models import TaskType
from swarm.agent.offline.clauses import file_names
from swarm.agent.offline.grammar import read_instructions
from swarm.agent.offline.revision import revision_in
from swarm.agent.offline.steps import (
    Ask,
    Call,
    Convert,
    Delegate,
    Delete,
    Edit,
    Execute,
    Fail,
    LookUp,
    Return,
    Run,
    Search,
    Touch,
    UseSkill,
    Wait,
    Write,
)
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "offline.md").read_text(encoding="utf-8")
SENTENCES = re.findall(r"^\| `+ ?(.+?) ?`+ \|", PAGE, re.MULTILINE)
KINDS = [
    Write,
    Write,
    Touch,
    Delete,
    # What it means where there is no document to change.
    Write,
    Edit,
    Convert,
    Convert,
    Search,
    LookUp,
    LookUp,
    UseSkill,
    Run,
    Execute,
    Ask,
    Call,
    Delegate,
    Return,
    Wait,
    Fail,
    Fail,
]


def test_each_sentence_is_the_step_that_it_says() -> None:
    steps = [read_instructions(sentence, TaskType.CODE) for sentence in SENTENCES]
    assert [[type(step) for step in each] for each in steps] == [[kind] for kind in KINDS]


def test_the_page_has_what_the_command_lists() -> None:
    assert [sentence.text for sentence in sentences.SENTENCES] == SENTENCES


def test_what_asks_for_changes_of_a_document_is_read_as_such() -> None:
    assert [text for text in SENTENCES if revision_in(text)] == ["make it shorter, and add the budget"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Write a summary based on budget.csv and notes.md",
        "Write a summary of a.csv, b.csv and notes.md",
        "Create a report that compares a.csv with b.csv",
        "Make an overview from notes.md, the file plan.docx and budget.xlsx",
        "Draft a letter that quotes notes.md",
    ],
)
def test_what_is_only_mentioned_is_never_written(sentence: str) -> None:
    mentioned = set(re.findall(r"\w+\.\w+", sentence))
    written = {step.path for step in read_instructions(sentence, TaskType.DOCUMENT_WRITING) if isinstance(step, Write)}
    assert written
    assert not written & mentioned


@pytest.mark.parametrize(
    ("sentence", "outputs"),
    [
        ("Create a.md and b.md", ["a.md", "b.md"]),
        ("Write a summary of notes.md and budget.csv to result.md", ["result.md"]),
        ("Create a file called report.md about notes.md, plan.md and a file called more.md", ["report.md", "more.md"]),
    ],
)
def test_what_is_named_as_an_output_is_written(sentence: str, outputs: list[str]) -> None:
    assert [named.path for named in file_names(sentence)] == outputs
