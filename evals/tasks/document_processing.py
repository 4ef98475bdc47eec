"""Document processing: many files to another format, a document in parts, one name in a contract, and a scan."""

from __future__ import annotations

from codex_swarm.models import TaskType
from evals.graders.documents import only_replaced
from evals.graders.files import in_order, no_file_but, opens, succeeded, unchanged
from evals.graders.texts import names_scan, says, says_not
from evals.inputs import pdf, scan, texts, word
from evals.task import Files, Task

CHAPTERS = {
    "letters/a.md": "# Alpha\n\nThe first letter, to *Ms Arendt*.\n\n| item | sum |\n|---|---|\n| rent | 840 |\n",
    "letters/b.md": "# Beta\n\nThe second letter.\n\n- one\n- two\n",
    "notes/c.md": "# Gamma\n\nA note on [the site](https://example.org).\n",
}
HANDBOOK = [
    "# Welcome", "Good to have you here. The reception is open from 8 to 18.",
    "# Holidays", "There are 28 days a year.", "## Asking for them", "Ask three weeks ahead.",
    "# Safety & health", "The first-aid box hangs beside the lift.",
]  # fmt: skip
AGREEMENT = [
    "# Supply agreement",
    "This agreement is between Northwind Ltd and Harbour Foods Inc.",
    "# 1 Delivery",
    "Northwind Ltd delivers each Tuesday. Harbour Foods Inc pays within 30 days.",
    "# 2 Liability",
    "Northwind Ltd is liable for damage in transit.",
]
STAFFED = [["Party", "Contact"], ["Northwind Ltd", "R. Mensah"], ["Harbour Foods Inc", "L. Ortiz"]]


def _letters() -> Files:
    return {
        **texts(CHAPTERS),
        "readme.txt": b"Letters and notes.\n",
    }


def _archive() -> Files:
    return {
        "in/invoice.pdf": pdf([["Invoice 2217", "Total 1,190.00 euros", "Due on 15 August 2026"]]),
        "in/receipt.pdf": scan(["Receipt", "Paid 75 euros"]),
        "in/terms.pdf": pdf([["Terms of delivery"], ["Goods stay ours until they are paid."]]),
    }


DOCUMENT_PROCESSING = (
    Task(
        "many files to another format",
        TaskType.DOCUMENT_PROCESSING,
        "Convert all markdown files to docx",
        _letters,
        (
            succeeded(),
            opens("letters/a.docx", "letters/b.docx", "notes/c.docx"),
            says("letters/a.docx", "Alpha", "Ms Arendt", "840"),
            says("notes/c.docx", "Gamma", "the site"),
            unchanged(),
            no_file_but("*.docx", "conversion-report.md"),
        ),
    ),
    Task(
        "a document in its chapters",
        TaskType.DOCUMENT_PROCESSING,
        "Split handbook.docx into one markdown file for each chapter (first-level heading), in the folder chapters, named"
        " 01-welcome.md, 02-holidays.md and 03-safety-health.md. Each begins with its heading; wording stays as it is.",
        lambda: {"handbook.docx": word(HANDBOOK)},
        (
            succeeded(),
            opens("chapters/01-welcome.md", "chapters/02-holidays.md", "chapters/03-safety-health.md"),
            says("chapters/01-welcome.md", "# Welcome", HANDBOOK[1]),
            in_order("chapters/02-holidays.md", ["# Holidays", HANDBOOK[3], "## Asking for them", HANDBOOK[5]]),
            says_not("chapters/02-holidays.md", "chapters do not overlap", "Welcome", "Safety"),
            says("chapters/03-safety-health.md", HANDBOOK[7]),
            unchanged(),
            no_file_but("chapters/*.md", "conversion-report.md"),
        ),
    ),
    Task(
        "one name in a contract",
        TaskType.DOCUMENT_PROCESSING,
        'Replace "Northwind Ltd" by "Southwind GmbH" in agreement.docx',
        lambda: {"agreement.docx": word(AGREEMENT, STAFFED), "signed.txt": b"Signed by Northwind Ltd.\n"},
        (
            succeeded(),
            only_replaced("agreement.docx", "Northwind Ltd", "Southwind GmbH"),
            unchanged("agreement.docx"),
            no_file_but(),
        ),
    ),
    Task(
        "text of pdfs, one of them a scan",
        TaskType.DOCUMENT_PROCESSING,
        "Convert all pdf files in in/*.pdf to txt. Say in conversion-report.md for each file what became of it.",
        _archive,
        (
            succeeded(),
            says("in/invoice.txt", "Invoice 2217", "1,190.00", "15 August 2026"),
            says("in/terms.txt", "Goods stay ours until they are paid."),
            names_scan("in/receipt.pdf"),
            unchanged(),
            no_file_but("in/*.txt", "conversion-report.md"),
        ),
    ),
)
