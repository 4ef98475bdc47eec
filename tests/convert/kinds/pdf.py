"""A PDF with one of each: what stands beside the words of its pages, and columns and a table among them."""

from __future__ import annotations

import io

import pypdf
from pypdf.annotations import Text
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

from convert.inventory import Content
from tests.convert.kinds import Case, Family, Fate


def _everything() -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=A4)
    page.drawString(60, 760, "Ordinary words.")
    page.acroForm.textfield(name="surname", value="Lovelace", x=60, y=600, width=200, height=20)
    page.drawString(60, 500, "a site")
    page.linkURL("https://example.org/leads-there", (60, 495, 100, 515))
    page.bookmarkPage("first")
    page.addOutlineEntry("Chapter of beginnings", "first", 0)
    page.save()
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(out.getvalue()))
    writer.add_annotation(0, Text(text="Please verify", rect=(300, 500, 320, 520)))
    writer.add_attachment("prices.csv", b"item,price\npears,2\n")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


FAMILY = Family(
    files={"everything.pdf": _everything()},
    cases=(
        Case(Content.FORM_VALUE, "everything.pdf", "Lovelace", Fate.CARRIED, said="surname"),
        Case(Content.ANNOTATION, "everything.pdf", "Please verify", Fate.CARRIED),
        Case(Content.LINK, "everything.pdf", "https://example.org/leads-there", Fate.CARRIED),
        Case(Content.OUTLINE, "everything.pdf", "Chapter of beginnings", Fate.CARRIED),
        Case(Content.EMBEDDED, "everything.pdf", "prices.csv", Fate.CARRIED),
    ),
)
