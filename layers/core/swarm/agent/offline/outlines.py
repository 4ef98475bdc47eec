"""The sections of a document of each task type, with what belongs into each of them."""

from __future__ import annotations

from collections.abc import Mapping

from codex_swarm.models import TaskType

Outline = tuple[tuple[str, str], ...]

OUTLINES: Mapping[TaskType, Outline] = {
    TaskType.CODE: (
        ("Goal", "{subject}"),
        ("Design", "- The smallest change that reaches the goal\n- The files it touches\n- What stays as it is"),
        (
            "Steps",
            "1. Read the code around the change.\n2. Write a failing test.\n3. Make it pass.\n4. Document it.",
        ),
        ("Tests", "- The ordinary case\n- Empty, missing and malformed input\n- The largest input that must work"),
    ),
    TaskType.RESEARCH: (
        ("Question", "{subject}"),
        ("Answer in brief", "[Two or three sentences, once the findings are in.]"),
        (
            "Method",
            "1. Split the question into parts.\n2. Search primary sources for each part.\n3. Weigh what disagrees.",
        ),
        (
            "Findings",
            "| Finding | Evidence | Confidence |\n| --- | --- | --- |\n| [finding] | [1] | [high, medium, low] |",
        ),
        ("Open questions", "- [What the sources do not answer]"),
        ("Sources", "1. [Author, title, date, place]"),
    ),
    TaskType.WRITING: (
        ("The idea", "The text is to be: {subject}. One idea carries it; everything else serves that idea."),
        ("Opening", "[A scene, an action or a question that makes the reader go on.]"),
        ("Middle", "[The idea unfolds: three steps, each with something concrete.]"),
        ("End", "[Where the reader arrives, without repeating the way.]"),
    ),
    TaskType.DATA_ANALYSIS: (
        ("Question", "{subject}"),
        (
            "Data",
            "| Column | Type | Unit | Missing |\n| --- | --- | --- | --- |\n| [column] | [type] | [unit] | [count] |",
        ),
        ("Method", "1. Check types, ranges, duplicates and gaps.\n2. Describe each column.\n3. Answer the question."),
        ("Findings", "[Each with its number, its unit, its base and its period.]"),
        ("Limits", "- [What the data cannot tell]"),
    ),
    TaskType.DOCUMENT_PROCESSING: (
        ("Task", "{subject}"),
        ("Files", "| Input | Output | Result |\n| --- | --- | --- |\n| [input] | [output] | [done, or why not] |"),
        ("Needs attention", "- [What a person should look at]"),
    ),
    TaskType.DOCUMENT_WRITING: (
        ("Summary", "This document is about: {subject}."),
        ("Background", "[What led to it, for a reader who was not there.]"),
        ("Details", "[The facts, each in its own paragraph, the most important first.]"),
        ("Next steps", "| What | Who | When |\n| --- | --- | --- |\n| [step] | [name] | [date] |"),
    ),
    TaskType.DOCUMENT_ANALYSIS: (
        ("Question", "{subject}"),
        ("Answer in brief", "[Two or three sentences, once the evidence is in.]"),
        (
            "Evidence",
            "| Finding | Quotation | Place |\n| --- | --- | --- |\n| [finding] | [exact words] | [file:line] |",
        ),
        ("Not mentioned", "- [What was searched for and not found]"),
    ),
}
"""Headings and texts in order; `{subject}` stands for what was asked."""
