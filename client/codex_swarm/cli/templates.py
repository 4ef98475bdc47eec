"""Kinds of work that are asked for again and again: `codex-swarm run --template NAME`."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from codex_swarm.models import TaskType


class Template(NamedTuple):
    """A task type and instructions, which a person's own words may follow."""

    title: str
    task_type: TaskType
    instructions: str


class TemplateName(StrEnum):
    """What a person says."""

    TEST = "test"
    LINT = "lint"
    FORMAT = "format"
    DOC = "doc"
    ANALYZE = "analyze"
    REFACTOR = "refactor"
    SECURITY = "security"
    DEPS = "deps"


TEMPLATES = {
    TemplateName.TEST: Template(
        "Run the tests, and mend what fails",
        TaskType.CODE,
        "Find out how the tests of this project are run, and run them. Mend the code where a test shows a fault in"
        " it; change a test only where it is wrong, and say why. Where something important has no test, add one."
        " Write what was run, what failed and what was changed to TEST_REPORT.md.",
    ),
    TemplateName.LINT: Template(
        "Find what a linter would complain about, and mend it",
        TaskType.CODE,
        "Check the code with the linter that this project is set up for, or with the usual one of its language."
        " Mend what is found without changing what the code does; do not silence a rule unless it is wrong here,"
        " and say why. Write what was found, mended and left to LINT_REPORT.md.",
    ),
    TemplateName.FORMAT: Template(
        "Bring the code into its usual form",
        TaskType.CODE,
        "Format the code with the formatter that this project is set up for, or with the usual one of its"
        " language. Change nothing but the form. List the files that were changed in FORMAT_REPORT.md.",
    ),
    TemplateName.DOC: Template(
        "Write or renew the documentation",
        TaskType.CODE,
        "Document this project for somebody who meets it for the first time: what it is for, how it is set up, how"
        " it is used, and how it is built. Renew what is there rather than write beside it. Try every command and"
        " example that can be tried here, and leave out what does not work.",
    ),
    TemplateName.ANALYZE: Template(
        "Read everything and say how it stands",
        TaskType.CODE,
        "Read the whole project and describe how it is built: its parts, how they depend on each other, where the"
        " difficult places are, and what would be worth changing first, with reasons. Name files and lines. Change"
        " nothing. Write it to ANALYSIS.md.",
    ),
    TemplateName.REFACTOR: Template(
        "Make the code simpler without changing what it does",
        TaskType.CODE,
        "Find the places of this project that are hardest to read or to change, and make them simpler without"
        " changing what the code does. Run the tests before and after; where there are none for a place, write them"
        " first. Describe each change and its reason in REFACTORING.md.",
    ),
    TemplateName.SECURITY: Template(
        "Look for weaknesses",
        TaskType.CODE,
        "Look for weaknesses in this project: input that is trusted, secrets in files, outdated cryptography,"
        " unsafe file and process handling, missing checks of permissions. For each: the place, what could happen,"
        " how likely it is, and how to mend it. Mend what is certain and small. Write it to SECURITY_REPORT.md,"
        " worst first.",
    ),
    TemplateName.DEPS: Template(
        "Look through the dependencies",
        TaskType.CODE,
        "Look through the dependencies of this project: which are declared but not used, used but not declared,"
        " not pinned, or abandoned. Take out what is not used, declare what is missing, and run the tests. List"
        " every dependency with what it is for, and what should be done about it, in DEPENDENCIES.md.",
    ),
}
