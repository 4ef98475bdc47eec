"""Writing."""

from __future__ import annotations

from evals.inputs import texts, word
from tests.evals.answers.kinds import Right, Wrong

ARTICLE = (
    "# A garden on a filling station\n\nIn 2011 Amina Yusuf began to dig where a filling station had stood. There are 64"
    " beds now, 12 square metres each, and 210 names on the list. Last year, in 2024, the garden gave 1,900 kilograms"
    " of vegetables to the food bank. Every first Saturday of the month the gate is open. "
)
ARTICLE += "Come and look at what grows there. " * ((300 - len(ARTICLE.split())) // 7)
ANNOUNCED = [
    "# A workshop opens",
    "Bright Cycles opens in Harbour Street. Jo, Marit and Sven repair bicycles while you wait, and lend cargo bikes from"
    " 15 euros a day. The colour is green, and white. " + "Bring your bicycle and have a look at the shop. " * 12,
]
INVITED = (
    "# Street fair of Mill Lane\n\nMusic, cake and a flea market, on a Saturday in June: [date], from [time] on.\n"
)
SHORT = """From 4 May to 22 May 2026 Lindqvist works on the staircase of 17 Quarry Road. On working days the lift is off from
8:00 to 16:00; at the weekend you can use it. If you have something heavy to carry, call Mr Okafor, the caretaker, at
555-0142. The rent for May is 6 percent lower.
"""
LENGTH, HOUSE = "to a length", "in a house style, as a Word file"
GAPS, SHORTER = "gaps instead of inventions", "shorter, with everything in it"

RIGHT = {
    LENGTH: Right(texts({"article.md": ARTICLE})),
    HOUSE: Right({"announcement.docx": word(ANNOUNCED), "announcement.md": b"# A workshop opens\n"}),
    GAPS: Right(texts({"invitation.md": INVITED})),
    SHORTER: Right(texts({"short.md": SHORT})),
}
WRONG = [
    Wrong(LENGTH, "article.md has 270 to 330 words", texts({"article.md": ARTICLE + "And so on. " * 20})),
    Wrong(LENGTH, "article.md has the facts", texts({"article.md": ARTICLE.replace("64", "640")})),
    Wrong(HOUSE, "announcement.docx opens", {"announcement.docx": "\n".join(ANNOUNCED).encode()}),
    Wrong(HOUSE, "announcement.docx has 110 to 200 words", {"announcement.docx": word([*ANNOUNCED, "More words. " * 50])}),
    Wrong(HOUSE, "announcement.docx has the facts", {"announcement.docx": word([ANNOUNCED[1].replace("Marit", "Mary")])}),
    Wrong(HOUSE, "the house style is kept", {"announcement.docx": word([*ANNOUNCED, "We leverage the color green."])}),
    Wrong(GAPS, "invitation.md has the facts", texts({"invitation.md": "# Fair\n\nOn [date].\n"})),
    Wrong(GAPS, "invitation.md marks gaps and invents nothing", texts({"invitation.md": INVITED + "On 14 June.\n"})),
    Wrong(GAPS, "invitation.md marks gaps and invents nothing", texts({"invitation.md": INVITED + "At 3 pm.\n"})),
    Wrong(GAPS, "invitation.md marks gaps and invents nothing",
          texts({"invitation.md": INVITED.replace("[", "").replace("]", "")})),
    Wrong(SHORTER, "short.md has 40 to 110 words", texts({"short.md": SHORT * 2})),
    Wrong(SHORTER, "short.md has the facts", texts({"short.md": SHORT.replace("555-0142", "the desk")})),
]  # fmt: skip
