"""Writing: to a length, in a house style, with gaps where nobody told, and shorter than it was."""

from __future__ import annotations

from codex_swarm.models import TaskType
from evals.graders.files import no_file_but, opens, succeeded, unchanged
from evals.graders.texts import gaps, says, says_not, words
from evals.inputs import texts
from evals.task import Task

FACTS = """Facts about the community garden
- founded in 2011 by Amina Yusuf on the site of a filling station
- 64 beds, each of 12 square metres
- the waiting list has 210 names
- in 2024 the garden gave 1,900 kilograms of vegetables to the food bank
- every first Saturday of the month the gate is open to all
"""
STYLE = """# House style

- Write `colour`, `organise`, `centre`: British spelling.
- Never use these words: utilise, utilize, leverage, synergy, cutting-edge.
- No exclamation marks.
- Numbers from ten on are figures.
"""
OFFER = """Bright Cycles opens a workshop in Harbour Street. It repairs bicycles while people wait, lends cargo bikes from
15 euros a day, and teaches children to mend a puncture. The colours of the shop are green and white. Its three
mechanics are Jo, Marit and Sven.
"""
FAIR = (
    "The neighbours of Mill Lane hold a street fair with music, a flea market and cake. It is on a Saturday in June.\n"
)
LONG = """# Notice to all tenants

It has come to our attention, and we would like to take this opportunity to bring it to yours, that in the course of the
coming weeks, more precisely in the period of time between 4 May 2026 and 22 May 2026, works of a constructional nature
will be carried out in and on the staircase of the building at 17 Quarry Road by the company Lindqvist, which has been
commissioned by us for this purpose after a careful examination of several competing offers. In the course of said works
the lift will, due to reasons of safety that we ask you to understand, not be available for use on any working day
between the hours of 8:00 and 16:00, whereas on the weekend its use will be possible in the manner to which you have
become accustomed. In the event that you should be in need of assistance with regard to the carrying of objects that are
of a heavy nature, you are most kindly requested to get in touch with our caretaker, Mr Okafor, who can be reached at the
telephone number 555-0142 and who will be happy to be of help to you. The rent for the month of May will, in recognition
of the inconveniences that have been described in the above, be reduced by an amount corresponding to 6 percent.
"""

WRITING = (
    Task(
        "to a length",
        TaskType.WRITING,
        "Write an article of 300 words about the community garden for a town magazine, in article.md. Use every fact in"
        " facts.txt and no other facts or figures.",
        lambda: texts({"facts.txt": FACTS}),
        (
            succeeded(),
            words("article.md", 270, 330),
            says("article.md", "2011", "Amina Yusuf", "filling station", "64", "12", "210", ("1,900", "1.900", "1900"),
                 "food bank", "first Saturday"),
            unchanged(),
            no_file_but("article.md"),
        ),
    ),
    Task(
        "in a house style, as a Word file",
        TaskType.WRITING,
        "Write an announcement of about 150 words from the notes in offer.txt, in the house style of style.md, and"
        " deliver it as announcement.docx.",
        lambda: texts({"offer.txt": OFFER, "style.md": STYLE}),
        (
            succeeded(),
            opens("announcement.docx"),
            words("announcement.docx", 110, 200),
            says("announcement.docx", "Bright Cycles", "Harbour Street", "15 euros", "Marit", "colour"),
            says_not("announcement.docx", "the house style is kept", "utilise", "utilize", "leverage", "synergy",
                     "cutting-edge", "color", "colors", "organize", "center"),
            unchanged(),
        ),
    ),
    Task(
        "gaps instead of inventions",
        TaskType.WRITING,
        "Write the invitation to the street fair as invitation.md, for the letter boxes, from fair.txt. It names the"
        " exact date and the time at which it begins, and whom to write to.",
        lambda: texts({"fair.txt": FAIR}),
        (
            succeeded(),
            says("invitation.md", "Mill Lane", "flea market", "June"),
            gaps("invitation.md", r"\b\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?June\b|\bJune\s+\d|\b\d{1,2}[:.]\d\d\b"
                 r"|\b\d{1,2}\s*(?:am|pm|o.clock)\b|\S+@\S+|\+?\d[\d -]{6,}"),
            unchanged(),
            no_file_but("invitation.md"),
        ),
    ),
    Task(
        "shorter, with everything in it",
        TaskType.WRITING,
        "Rewrite notice.md in plain words as short.md, in at most 110 words, without losing anything that a tenant has"
        " to know. notice.md stays as it is.",
        lambda: texts({"notice.md": LONG}),
        (
            succeeded(),
            words("short.md", 40, 110),
            says("short.md", ("4 May", "May 4", "4 to 22 May", "4–22 May"), ("22 May", "May 22"), "17 Quarry Road",
                 "Lindqvist", ("8:00", "8 am", "8 a.m", "08:00", "8 to", "8 and"), ("16:00", "4 pm", "4 p.m", "16"),
                 "Okafor", "555-0142", ("6 percent", "6 per cent", "6%", "6 %")),
            unchanged(),
            no_file_but("short.md"),
        ),
    ),
)  # fmt: skip
