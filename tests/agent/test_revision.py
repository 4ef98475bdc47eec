"""A follow-up such as "shorter, and add the budget" changes the document that is there, and adds no other."""

from __future__ import annotations

import pytest

from codex_swarm.models import TaskType
from swarm.runs.conversation import user_message
from tests.agent.test_offline import CONVERT, Conversation

PLAN = "# Plan\n\nOf the week.\n\n## One\n\nFirst.\n\n## Two\n\nSecond.\n\n## Three\n\nThird.\n"
SHORTER = "# Plan\n\nOf the week.\n\n## One\n\nFirst.\n\n## Two\n\nSecond."
BUDGET = "\n\n## Budget\n\n[What is to be said about the budget.]\n"


def revised(text: str, **files: str) -> Conversation:
    named = {name.replace("_", "."): content for name, content in files.items()}
    return Conversation(text, TaskType.DOCUMENT_WRITING, files=named).finish()


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Shorter, and add the budget", SHORTER + BUDGET),
        ("Please make it a bit shorter.", SHORTER + "\n"),
        ("Add the budget", PLAN.rstrip() + BUDGET),
        ("Add a section about the budget to plan.md", PLAN.rstrip() + BUDGET),
        ("Shorten the plan and mention the budget", SHORTER + BUDGET),
    ],
)
def test_the_document_that_is_there_is_changed_and_no_other_is_made(text: str, content: str) -> None:
    run = revised(text, plan_md=PLAN, budget_csv="what,sum\nrent,900\n")
    assert run.text("plan.md") == content
    assert run.workspace.paths() == ["budget.csv", "plan.md"]
    assert run.summary
    assert run.summary.startswith("Done: plan.md ")


def test_of_several_documents_it_is_the_one_that_was_spoken_of_last() -> None:
    run = Conversation('Write "# A" to a.md. Write "# Z" to z.md', TaskType.DOCUMENT_WRITING).finish()
    run.items.append(user_message("Create b.md with a letter"))
    run.summary = None
    run.finish()
    before = {path: run.text(path) for path in run.workspace.paths()}
    run.items.append(user_message("Shorter"))
    run.summary = None
    run.finish()
    assert [path for path in run.workspace.paths() if run.text(path) != before[path]] == ["b.md"]


def test_a_word_file_is_made_again_from_the_text_beside_it_in_its_own_look() -> None:
    files = {"plan.md": PLAN, "plan.docx": "a Word file"}
    run = Conversation("Shorter", TaskType.DOCUMENT_WRITING, extra=(CONVERT,), files=files).finish()
    assert run.text("plan.md") == SHORTER + "\n"
    [converted] = run.asked("convert_document")
    assert (converted["source"], converted["target"]) == ("plan.md", "plan.docx")
    assert converted["reference_document"] == "plan.docx"
    assert run.summary == "Done: plan.docx is shorter."


def test_without_conversions_a_word_file_stays_as_it_is_and_this_is_said() -> None:
    run = revised("Shorter", plan_docx="a Word file", plan_md=PLAN)
    assert run.text("plan.md") == PLAN
    assert run.summary == "Nothing was written. Not done: change plan.docx (documents cannot be converted here)."


def test_what_is_longer_than_is_read_at_once_is_left_whole() -> None:
    long = PLAN + "One line of many.\n" * 20_000
    run = revised("Shorter", plan_md=long)
    assert run.text("plan.md") == long
    assert run.summary == "Nothing was written. Not done: change plan.md, which cannot be read as a whole."


@pytest.mark.parametrize(
    ("text", "files"),
    [
        pytest.param("Shorter, and add the budget", {}, id="nothing-there"),
        pytest.param("Add tests for the parser", {"README.md": PLAN, "parser.py": "pass"}, id="code"),
        pytest.param("Add the budget to other.md", {"plan.md": PLAN}, id="another-name"),
        pytest.param("Add a file called b.md", {"plan.md": PLAN}, id="a-new-file"),
        pytest.param("Write a shorter summary of plan.md", {"plan.md": PLAN}, id="a-summary"),
    ],
)
def test_what_changes_no_document_is_done_as_before(text: str, files: dict[str, str]) -> None:
    run = Conversation(text, TaskType.DOCUMENT_WRITING, files=files).finish()
    assert {path: run.text(path) for path in files} == files
    assert len(run.workspace.paths()) == len(files) + 1
