"""PDFs as other programs make them: columns, tables, forms, and text that one of two extractors garbles."""

from __future__ import annotations

import io
import textwrap
import unicodedata
from pathlib import Path

import pypdf
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

from convert.pdf_reading.pages import faults
from tests.convert.conftest import Converter
from tests.convert.kinds.pdf import FAMILY

PRINTED = Path(__file__).with_name("printed_by_a_browser.pdf").read_bytes()
EVERYTHING = FAMILY.files["everything.pdf"]
TEXT = "The growers of the {side} valley keep careful books of each tree and of each year, as number {n} says. "


def columns() -> bytes:
    """Two columns drawn line by line across both, under a title and over a sentence that span the page."""
    sides = [
        textwrap.wrap("".join(TEXT.format(side=side, n=n) for n in range(9)), 42) for side in ("northern", "southern")
    ]
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=A4)
    page.setFont("Times-Roman", 10)
    page.drawString(60, 780, "A title that goes across both of the columns of this page, and is as long as that")
    for number, (left, right) in enumerate(zip(*sides, strict=False)):
        page.drawString(60, 750 - 13 * number, left)
        page.drawString(310, 750 - 13 * number, right)
    page.drawString(60, 200, "A sentence below both of the columns, which goes from one side of the page to the other")
    page.save()
    return out.getvalue()


def test_columns_are_read_one_after_the_other(converter: Converter) -> None:
    shown = converter.read({"a.pdf": columns()}, "a.pdf")
    order = ["A title that goes", "northern", "number 8", "southern", "A sentence below"]
    places = [shown.index(words) for words in order]
    assert places == sorted(places)
    assert shown.rindex("northern") < shown.index("southern")


ROWS = [
    ["Item", "Number", "Price"],
    ["Apples", "12", "1.50"],
    ["Pears of the north", "3,400", "22.00"],
    ["Figs", "7", "9"],
]


@pytest.mark.parametrize("ruled", [False, True], ids=["blank", "ruled"])
def test_a_table_is_read_as_a_table(converter: Converter, ruled: bool) -> None:
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=A4)
    page.drawString(60, 760, "Words before the table that are a sentence.")
    for number, row in enumerate(ROWS):
        for left, text in zip((60, 200, 300), row, strict=True):
            page.drawString(left, 700 - 20 * number, text)
        if ruled:
            page.line(55, 714 - 20 * number, 400, 714 - 20 * number)
    page.save()
    shown = converter.read({"a.pdf": out.getvalue()}, "a.pdf").splitlines()
    for row in ROWS:
        assert f"| {' | '.join(row)} |" in shown


def test_the_cells_of_our_own_tables_come_back(converter: Converter) -> None:
    rows = [[f"cell {row} of column {column} with words" for column in range(6)] for row in range(8)]
    lines = [["Head"] * 6, ["---"] * 6, *rows]
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    made = converter.convert({"a.md": text.encode()}, "a.md", "a.pdf").files
    shown = converter.read(made, "a.pdf").splitlines()
    found = sum(f"| {' | '.join(row)} |" in shown for row in rows)
    assert found == len(rows)


FROM_THE_RIGHT = [
    "يدفع المستأجر الإيجار شهريًا في بداية كل شهر",
    "العَقْدُ شَرِيعَةُ المُتَعاقِدِين",
    "بين شركة Alpha GmbH والسيد محمد في 12 يناير 2026 مقابل 1,250 يورو",
    "قدره (ألف ومئتان) أو 3.5٪ من القيمة",
    "3.5٪ من القيمة",
    "این قرارداد بین موجر و مستأجر منعقد گردید",
    "سلام دنیا پاکستان میں کرایہ",
    "לא ישלם השוכר את דמי השכירות",
    "בְּרֵאשִׁית בָּרָא אֱלֹהִים",
    "ผู้เช่าต้องชำระค่าเช่า",
    "The word عقد inside a sentence of Latin letters.",
]
FROM_THE_LEFT = [
    "ผู้เช่าต้องชำระค่าเช่า",
    "ভাড়া প্রতি মাসে",
    "किराया प्रति माह दिया जाएगा",
    "cafe\u0301 noir",
    "Người thuê phải trả tiền",
]


@pytest.mark.parametrize("lines", [FROM_THE_RIGHT, FROM_THE_LEFT], ids=["from the right", "from the left"])
def test_letters_that_a_font_draws_in_parts_come_back_once_and_in_order(converter: Converter, lines: list[str]) -> None:
    text = "\n\n".join(lines)
    made = converter.convert({"a.md": text.encode()}, "a.md", "a.pdf").files
    shown = [unicodedata.normalize("NFC", line) for line in converter.read(made, "a.pdf").splitlines()]
    assert shown[-len(lines) - 1 : -1] == [unicodedata.normalize("NFC", line) for line in lines]


def test_words_that_pdfium_turns_are_read_by_where_their_letters_stand(converter: Converter) -> None:
    """Chromium 156 printed it, of a page with these two lines."""
    read = converter.read({"a.pdf": PRINTED}, "a.pdf").splitlines()
    assert "يدفع المستأجر الإيجار في بداية كل شهر (المادة 5) بقيمة 1,250 يورو" in read
    assert "לא ישלם השוכר את דמי השכירות (סעיף 3)" in read


def test_neighbours_that_are_the_same_letter_are_no_parts_of_one(converter: Converter) -> None:
    text = "تتابع الممالك ووصول اللبن\n\nببببب تتتتت ننننن ييييي\n\nببببب تتتتت ننننن ييييي"
    made = converter.convert({"a.md": text.encode()}, "a.md", "a.pdf").files
    shown = converter.read(made, "a.pdf").splitlines()
    assert shown.count("ببببب تتتتت ننننن ييييي") == 2
    assert "تتابع الممالك ووصول اللبن" in shown


def test_attachments_become_files_beside_the_text(converter: Converter) -> None:
    done = converter.convert({"a.pdf": EVERYTHING}, "a.pdf", "out/a.md")
    assert done.files["out/a_attachments/prices.csv"] == b"item,price\npears,2\n"
    assert "wrote out/a_attachments/prices.csv" in done.output
    assert "attachment: prices.csv, 19 bytes" in done.files["out/a.md"].decode()


def test_metadata_that_cannot_be_read_is_no_reason_to_refuse(converter: Converter) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(EVERYTHING))
    writer.write(out := io.BytesIO())
    broken = out.getvalue().replace(b"/Producer", b"/Producer /X /Y ] ", 1)
    assert "Ordinary words." in converter.read({"a.pdf": broken}, "a.pdf")


@pytest.mark.parametrize(
    "better, worse",
    [
        ("Plain words of a page", "Pl\ufffd\ufffdn w\ufffdrds of a page"),
        ("Plain words of a page", ""),
        ("Plain words of a long page that goes on", "Plainwordsofalongpagethatgoesonandon and"),
        ("שלום לכם אנשים", "םולש םכל םישנא"),
        ("الكرامة والحقوق في", "ةماركلا قوقحلاو يف"),
        ("glyphs", "/g12/g33 (cid:7)"),
    ],
    ids=["replaced", "nothing", "glued", "hebrew", "arabic", "names of glyphs"],
)
def test_of_two_texts_the_better_is_told(better: str, worse: str) -> None:
    assert faults(better) < faults(worse)


def test_code_keeps_its_indentation(converter: Converter) -> None:
    made = converter.convert({"a.md": b"```\ndef f(n):\n    if n:\n        return n\n```\n"}, "a.md", "a.pdf").files
    shown = converter.read(made, "a.pdf")
    assert "def f(n):\n    if n:\n        return n" in shown
