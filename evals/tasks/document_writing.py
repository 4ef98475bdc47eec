"""Document writing: minutes as a Word file, a letter as a pdf, slides, and an offer whose sums have to be right."""

from __future__ import annotations

from codex_swarm.models import TaskType
from evals.graders.documents import headed, tabled
from evals.graders.files import in_order, no_file_but, opens, pages, succeeded, unchanged
from evals.graders.texts import gaps, says, says_not
from evals.inputs import table, texts
from evals.task import Task

NOTES = """meeting 14 april 2026, room B. there: Farah (chair), Tom, Ines. away: Piotr
budget - agreed 18,500 for the archive scanner, Tom orders by 30 april
move of the reading room: no decision, Ines asks the architect, report on 12 may
Farah: press release goes out on 20 april
next meeting 12 may
"""
CASE = """Tenant: Lea Brandt, 9 Canal Street, Flat 3. Landlord: Hollis Estates.
The heating failed from 3 to 17 January 2026. Rent 1,240 euros a month. She wants 20 percent off for those days, and the
valve replaced by 15 February 2026. Nobody knows the landlord's address yet.
"""
TALK = """Talk for the parents' evening, six slides
1 Why we learn outdoors
2 What a day looks like
3 Clothes for every weather
4 What it costs: 35 euros a term
5 How you can help
6 Questions
"""
TITLES = ("Why we learn outdoors", "What a day looks like", "Clothes for every weather", "What it costs",
          "How you can help", "Questions")  # fmt: skip
ITEMS = [("oak boards", 24, "38.50"), ("hinges", 16, "4.25"), ("hours of work", 31, "62.00")]
NET = 24 * 38.50 + 16 * 4.25 + 31 * 62.00
GROSS = NET * 1.19
INVENTED = r"\b\d{5}\b|\b(?:street|road|avenue|lane)\b(?<!canal street)"

DOCUMENT_WRITING = (
    Task(
        "minutes",
        TaskType.DOCUMENT_WRITING,
        "Write the minutes from notes.txt as minutes.docx, with a table of what was agreed: what, who, by when.",
        lambda: texts({"notes.txt": NOTES}),
        (
            succeeded(),
            headed("minutes.docx", 2),
            says("minutes.docx", ("14 April 2026", "April 14, 2026", "2026-04-14"), "Farah", "Ines", "Piotr",
                 ("18,500", "18.500"), ("12 May", "May 12", "2026-05-12")),
            tabled("minutes.docx", ("scanner", "Tom", "30 April"), ("architect", "Ines", "12 May")),
            unchanged(),
            no_file_but("minutes.docx", "minutes.md"),
        ),
    ),
    Task(
        "a letter",
        TaskType.DOCUMENT_WRITING,
        "Write the tenant's letter to the landlord about the heating from case.txt, as letter.pdf, one page.",
        lambda: texts({"case.txt": CASE}),
        (
            succeeded(),
            pages("letter.pdf", 1, 1),
            says("letter.pdf", "Lea Brandt", "Hollis Estates", ("3 to 17 January", "3–17 January", "17 January"),
                 "20", ("15 February", "February 15"), ("1,240", "1.240", "1240")),
            gaps("letter.pdf", INVENTED),
            unchanged(),
            no_file_but("letter.pdf", "letter.md"),
        ),
    ),
    Task(
        "slides",
        TaskType.DOCUMENT_WRITING,
        "Make the slides for the talk in talk.txt as talk.pptx: one slide for each line, in this order, with two to four"
        " short points each. No further slides but a title slide.",
        lambda: texts({"talk.txt": TALK}),
        (
            succeeded(),
            pages("talk.pptx", 6, 7),
            in_order("talk.pptx", TITLES),
            says("talk.pptx", "35 euros"),
            unchanged(),
            no_file_but("talk.pptx", "talk.md"),
        ),
    ),
    Task(
        "an offer with sums",
        TaskType.DOCUMENT_WRITING,
        "Write an offer to Mrs Adeyemi for a garden gate as offer.docx from items.csv: a table with each item, its number,"
        " its price and its sum, then the net total, 19 percent VAT, and the total.",
        lambda: texts({"items.csv": table("item,number,euros each", ITEMS)}),
        (
            succeeded(),
            tabled("offer.docx", *((name, f"{count}", price, f"{count * float(price):.2f}") for name, count, price in ITEMS)),
            says("offer.docx", "Adeyemi", (f"{NET:,.2f}", f"{NET:.2f}"), (f"{GROSS:,.2f}", f"{GROSS:.2f}"),
                 (f"{GROSS - NET:,.2f}", f"{GROSS - NET:.2f}")),
            says_not("offer.docx", "no filler is left", "lorem ipsum", "TODO", "TBD"),
            opens("offer.docx"),
            unchanged(),
        ),
    ),
)  # fmt: skip
