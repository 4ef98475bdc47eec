"""Document processing."""

from __future__ import annotations

from evals.inputs import pdf, texts, word
from evals.tasks.document_processing import AGREEMENT, HANDBOOK, STAFFED
from tests.evals.answers.kinds import Right, Wrong

MANY, CHAPTERS = "many files to another format", "a document in its chapters"
NAME, SCAN = "one name in a contract", "text of pdfs, one of them a scan"
LETTER = ["# Alpha", "The first letter, to Ms Arendt.", "rent 840"]
WELCOME = f"# Welcome\n\n{HANDBOOK[1]}\n"
HOLIDAYS = f"# Holidays\n\n{HANDBOOK[3]}\n\n## Asking for them\n\n{HANDBOOK[5]}\n"
REPORT = "| file | became |\n|---|---|\n| in/receipt.pdf | nothing: it is a scan without text |\n"


def renamed(old: str = "Northwind Ltd", new: str = "Southwind GmbH") -> bytes:
    return word(
        [line.replace(old, new) for line in AGREEMENT], [[cell.replace(old, new) for cell in row] for row in STAFFED]
    )


RIGHT = {
    MANY: Right({"letters/a.docx": word(LETTER), "letters/b.docx": word(["# Beta"]),
                 "notes/c.docx": word(["# Gamma", "A note on the site."])}),
    CHAPTERS: Right(texts({"chapters/01-welcome.md": WELCOME, "chapters/02-holidays.md": HOLIDAYS,
                           "chapters/03-safety-health.md": f"# Safety & health\n\n{HANDBOOK[7]}\n"})),
    NAME: Right({"agreement.docx": renamed()}),
    SCAN: Right(texts({"in/invoice.txt": "Invoice 2217\nTotal 1,190.00 euros\nDue on 15 August 2026\n",
                       "in/terms.txt": "Goods stay ours until they are paid.\n", "conversion-report.md": REPORT})),
}  # fmt: skip
WRONG = [
    Wrong(MANY, "letters/a.docx, letters/b.docx, notes/c.docx open", {"letters/b.docx": None}),
    Wrong(MANY, "letters/a.docx, letters/b.docx, notes/c.docx open", {"letters/b.docx": b"# Beta\n"}),
    Wrong(MANY, "letters/a.docx has the facts", {"letters/a.docx": word(LETTER[:2])}),
    Wrong(MANY, "notes/c.docx has the facts", {"notes/c.docx": word(["# Gamma"])}),
    Wrong(CHAPTERS, "chapters/01-welcome.md, chapters/02-holidays.md, chapters/03-safety-health.md open",
          {"chapters/02-holidays.md": b""}),
    Wrong(CHAPTERS, "chapters/01-welcome.md has the facts", texts({"chapters/01-welcome.md": "# Welcome\n"})),
    Wrong(CHAPTERS, "chapters/02-holidays.md is in order",
          texts({"chapters/02-holidays.md": HOLIDAYS.replace("## Asking", "Asking")})),
    Wrong(CHAPTERS, "chapters do not overlap", texts({"chapters/02-holidays.md": f"{HOLIDAYS}\n# Safety & health\n"})),
    Wrong(CHAPTERS, "chapters/03-safety-health.md has the facts", texts({"chapters/03-safety-health.md": "# Safety\n"})),
    Wrong(NAME, "in agreement.docx nothing but the name changes", {"agreement.docx": word(AGREEMENT, STAFFED)}),
    Wrong(NAME, "in agreement.docx nothing but the name changes",
          {"agreement.docx": word([line.replace("Northwind Ltd", "Southwind GmbH") for line in AGREEMENT], STAFFED)}),
    Wrong(NAME, "in agreement.docx nothing but the name changes", {"agreement.docx": pdf([AGREEMENT])}),
    Wrong(SCAN, "in/invoice.txt has the facts", {"in/invoice.txt": b"Invoice\n"}),
    Wrong(SCAN, "in/terms.txt has the facts", {"in/terms.txt": None}),
    Wrong(SCAN, "in/receipt.pdf is named as a scan", texts({"conversion-report.md": REPORT.replace("scan", "file").replace(
          "without text", "done")})),
]  # fmt: skip
