"""Document writing."""

from __future__ import annotations

from evals.inputs import pdf, texts, word
from evals.tasks.document_writing import GROSS, ITEMS, NET, TITLES
from tests.evals.answers.kinds import Right, Wrong, slides

MINUTES, LETTER, SLIDES, OFFER = "minutes", "a letter", "slides", "an offer with sums"
SAID = ["# Minutes of 14 April 2026", "Present: Farah (chair), Tom, Ines. Absent: Piotr.", "# Decisions",
        "18,500 euros for the scanner. Next meeting: 12 May 2026."]  # fmt: skip
AGREED = [["What", "Who", "By when"], ["Order the archive scanner", "Tom", "30 April 2026"],
          ["Ask the architect", "Ines", "12 May 2026"]]  # fmt: skip
WRITTEN = ["Lea Brandt, 9 Canal Street, Flat 3", "Hollis Estates", "[address]", "The heating failed from 3 to 17 January.",
           "I reduce the rent of 1,240 euros by 20 percent for these days.", "Please replace the valve by 15 February."]  # fmt: skip
ROWS = [["Item", "Number", "Price", "Sum"], *([name, f"{count}", f"{price} €", f"{count * float(price):,.2f} €"]
        for name, count, price in ITEMS)]  # fmt: skip
SUMS = ["# Offer", "Dear Mrs Adeyemi,", f"Net {NET:,.2f}, VAT {GROSS - NET:,.2f}, total {GROSS:,.2f} euros."]

RIGHT = {
    MINUTES: Right({"minutes.docx": word(SAID, AGREED), **texts({"minutes.md": "# Minutes\n"})}),
    LETTER: Right({"letter.pdf": pdf([WRITTEN])}),
    SLIDES: Right({"talk.pptx": slides(TITLES)}),
    OFFER: Right({"offer.docx": word(SUMS, ROWS)}),
}
WRONG = [
    Wrong(MINUTES, "minutes.docx has headings", {"minutes.docx": word([line.strip("# ") for line in SAID], AGREED)}),
    Wrong(MINUTES, "minutes.docx has the facts", {"minutes.docx": word([*SAID[:1], *SAID[2:]], AGREED)}),
    Wrong(MINUTES, "minutes.docx has the table", {"minutes.docx": word([*SAID, *map(" ".join, AGREED)])}),
    Wrong(MINUTES, "minutes.docx has the table",
          {"minutes.docx": word(SAID, [*AGREED[:1], ["Order the archive scanner", "Ines", "30 April 2026"]])}),
    Wrong(LETTER, "letter.pdf has 1 to 1 pages", {"letter.pdf": pdf([WRITTEN, ["Yours"]])}),
    Wrong(LETTER, "letter.pdf has 1 to 1 pages", {"letter.pdf": "\n".join(WRITTEN).encode()}),
    Wrong(LETTER, "letter.pdf has the facts", {"letter.pdf": pdf([WRITTEN[:-1]])}),
    Wrong(LETTER, "letter.pdf marks gaps and invents nothing",
          {"letter.pdf": pdf([[*WRITTEN, "12 King Street, 40210 Town"]])}),
    Wrong(LETTER, "letter.pdf marks gaps and invents nothing", {"letter.pdf": pdf([[*WRITTEN[:2], *WRITTEN[3:]]])}),
    Wrong(SLIDES, "talk.pptx has 6 to 7 pages", {"talk.pptx": slides([*TITLES, "Thanks", "Contact"])}),
    Wrong(SLIDES, "talk.pptx is in order", {"talk.pptx": slides([*TITLES[3:], *TITLES[:3]])}),
    Wrong(SLIDES, "talk.pptx has the facts", {"talk.pptx": slides(TITLES, "A point")}),
    Wrong(OFFER, "offer.docx has the table", {"offer.docx": word(SUMS, ROWS[:-1])}),
    Wrong(OFFER, "offer.docx has the facts", {"offer.docx": word([*SUMS[:2], f"Net {NET:,.2f} euros."], ROWS)}),
    Wrong(OFFER, "no filler is left", {"offer.docx": word([*SUMS, "TODO"], ROWS)}),
    Wrong(OFFER, "offer.docx opens", {"offer.docx": b"# Offer\n"}),
]  # fmt: skip
