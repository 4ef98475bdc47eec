"""What the offline model understands: `codex-swarm offline` lists it, and docs/offline.md has the same table."""

from __future__ import annotations

import re
from typing import NamedTuple

_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


class Sentence(NamedTuple):
    """A sentence of instructions, and what comes of it, as Markdown."""

    text: str
    does: str

    @property
    def plain(self) -> str:
        """What comes of it, without Markdown."""
        return _LINK.sub(r"\1", self.does).replace("`", "")


SENTENCES = (
    Sentence("Create a file called plan.md with a plan for the week", "a text that fits the name and the words"),
    Sentence('Write "exactly this" to notes/a.txt', "a file with that content"),
    Sentence("touch a.txt b.txt", "empty files"),
    Sentence("delete a.txt", "removes it"),
    Sentence(
        "make it shorter, and add the budget",
        "changes the document that is there: the first half of its sections is kept, and one with that heading added",
    ),
    Sentence("replace Hello by Hi in plan.docx", "in a Word file everywhere, in a text at its one place"),
    Sentence("convert plan.md to docx", "another format, beside it"),
    Sentence(
        "convert plan.md to pdf with the template report",
        "in one of the looks of [conversions.md](conversions.md#house-style-and-templates)",
    ),
    Sentence('search for "payment by card"', "looks for the words in all files, documents included"),
    Sentence(
        'search the web for "heat pumps"',
        "as the provider would, where the run has `web_search` ([hosted tools](hosted-tools.md)): a step and a source,"
        " made up and saying so",
    ),
    Sentence('ask the server tickets for "open bugs"', "the same of a remote MCP server of this name"),
    Sentence("use the skill monthly-report", "reads a [skill](house-style.md#skills) of the project"),
    Sentence("run `ls -l`", "a command, in the sandbox"),
    Sentence(
        "execute report.smd", "the code in a document, whose outputs are written into it; `into b.smd` writes another"
    ),
    Sentence(
        'ask "Which budget?" of "1,000" or "2,000", by default "1,000"',
        "asks people, where the run is `interactive`; options and default may be left out",
    ),
    Sentence('call `look_up {"term": "budget"}`', "calls a tool of the application's own, with these arguments"),
    Sentence(
        "delegate `touch a.md` and `touch b.md`",
        "each text is the instructions of a run of its own; the run waits for them, and their files are merged",
    ),
    Sentence(
        'return `{"sum": 4200}`',
        "the result of a run with a `result_schema`; without the sentence it is any value that fits",
    ),
    Sentence("wait 2 seconds", "is busy for so long, a turn a second"),
    Sentence("fail with the disk is full", "the run fails, with `runtime_error` and that message"),
    Sentence(
        "fail with provider_quota: nothing left", "the run fails with that `error_type`: any of [errors.md](errors.md)"
    ),
)
