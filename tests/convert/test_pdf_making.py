"""What people's documents do to a page: wide tables, long code, dead links, every script, every symbol."""

from __future__ import annotations

import io
import itertools
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from typing import Any

import pdfplumber
import pypdf
import pypdfium2
import pytest

from tests.convert.conftest import Converter
from tests.convert.documents import png

pytestmark = pytest.mark.proof

HEADS = (
    "Region Manager Strategy Comment Department Responsibility Programme Description Observation Recommendation"
    " Consequence Deadline Stakeholder Remarks"
).split()
SCRIPTS = {
    "Chinese": "人人生而自由，在尊严和权利上一律平等。",
    "Japanese": "すべての人間は、生まれながらにして自由であり",
    "Korean": "모든 인간은 태어날 때부터 자유로우며",
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระ",
    "Hindi": "सभी मनुष्यों को गौरव और अधिकारों",
    "Bengali": "সমস্ত মানুষ স্বাধীনভাবে",
    "Tamil": "மனிதப் பிறவியினர் சகலரும்",
    "Telugu": "ప్రతిపత్తిస్వత్వముల విషయమున",
    "Kannada": "ಎಲ್ಲಾ ಮಾನವರೂ ಸ್ವತಂತ್ರರಾಗಿಯೇ",
    "Malayalam": "മനുഷ്യരെല്ലാവരും തുല്യാവകാശങ്ങളോടും",
    "Gujarati": "પ્રતિષ્ઠા અને અધિકારોની",
    "Punjabi": "ਸਾਰਾ ਮਨੁੱਖੀ ਪਰਿਵਾਰ",
    "Odia": "ସମସ୍ତ ମନୁଷ୍ୟ ଜନ୍ମକାଳରୁ",
    "Sinhala": "සියලු මනුෂ්‍යයෝ නිදහස්ව",
    "Burmese": "လူတိုင်းသည် တူညီ",
    "Khmer": "មនុស្សទាំងអស់កើតមកមានសេរីភាព",
    "Lao": "ມະນຸດທຸກຄົນເກີດມາ",
    "Amharic": "የሰው ልጅ ሁሉ ሲወለድ",
    "Arabic": "يولد جميع الناس أحرارا",
    "Persian": "تمام افراد بشر آزاد",
    "Hebrew": "כל בני האדם נולדו",
    "Georgian": "ყველა ადამიანი",
    "Armenian": "Բոլոր մարդիկ",
    "Greek": "Όλοι οι άνθρωποι",
    "Russian": "Все люди рождаются",
    "Vietnamese": "Tất cả mọi người sinh ra",
    "Emoji": "😀 👍🏽 ✅ ❌ ⚠️",
}


class Sheets:
    """A PDF made of one text, and what was said of it."""

    def __init__(self, converter: Converter, text: str, suffix: str = "md", files: Mapping[str, bytes] | None = None):
        done = converter.convert({f"a.{suffix}": text.encode(), **(files or {})}, f"a.{suffix}", "a.pdf")
        self.said, self.data = done.output, done.files["a.pdf"]
        self.reader = pypdf.PdfReader(io.BytesIO(self.data))
        self.plumber: Any = pdfplumber.open(io.BytesIO(self.data))

    @property
    def words(self) -> list[dict[str, Any]]:
        """Every word with its box, and the page's width and number."""
        found = []
        for number, page in enumerate(self.plumber.pages):
            found += [{**word, "page": number, "width": page.width} for word in page.extract_words()]
        return found

    @property
    def text(self) -> str:
        """All of it, without the breaks of lines."""
        return " ".join(word["text"] for word in self.words)

    def where(self, text: str) -> dict[str, Any]:
        """The first word that is this text."""
        return next(word for word in self.words if word["text"] == text)

    def links(self) -> list[Any]:
        """What each link leads to."""
        notes: list[Any] = [note.get_object() for page in self.reader.pages for note in page.annotations or ()]
        return [note.get("/Dest") or note.get("/A") for note in notes if note.get("/Subtype") == "/Link"]


def markdown_table(heads: list[str], rows: list[list[str]], marks: str = "---") -> str:
    lines = [heads, [marks] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def overlapping(words: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of words on one page that stand on each other, or beyond the page."""
    bad = [(word["text"], "edge") for word in words if word["x1"] > word["width"] - 20 or word["x0"] < 20]
    ordered = sorted(words, key=lambda word: (word["page"], word["top"], word["x0"]))
    for one, other in itertools.pairwise(ordered):
        if one["page"] == other["page"] and other["x0"] < one["x1"] - 0.5 and abs(other["top"] - one["top"]) < 2:
            bad.append((one["text"], other["text"]))
    return bad


def test_a_long_head_is_divided_and_does_not_run_into_the_next(converter: Converter) -> None:
    heads = HEADS[:10]
    made = Sheets(converter, markdown_table(heads, [["some words in a cell"] * 10] * 3))
    assert "has 10 columns" not in made.said
    assert overlapping(made.words) == []
    shown = [word["text"] for word in made.words]
    assert "bility" in shown
    assert "Programme" in shown


@pytest.mark.parametrize(
    "heads, cell, marks, said",
    [
        (HEADS, "{head} number {row} with words", "---", "has 14 columns: it has a page turned sideways"),
        ([f"Q{n} 2026" for n in range(22)], "{row},234,567", "---:", "has 22 columns, more than fit on a page"),
        ([f"Column{n}" for n in range(60)], "value{row}", "---", "has 60 columns, more than fit on a page"),
        (HEADS[:5], "{head} number {row}", "---", ""),
    ],
    ids=["14 of text", "22 of numbers", "60", "5"],
)
def test_no_cell_of_a_wide_table_stands_on_another(
    converter: Converter, heads: list[str], cell: str, marks: str, said: str
) -> None:
    rows = [[cell.format(head=head.lower(), row=row) for head in heads] for row in range(1, 6)]
    made = Sheets(converter, f"# Wide\n\n{markdown_table(heads, rows, marks)}\nAfter it.\n")
    assert overlapping(made.words) == []
    assert said in made.said
    assert ("note: the table" in made.said) is bool(said)
    shown = re.sub(r"[\s\u00ad\u200b‐-]", "", made.text)
    for head in heads:
        assert head.replace(" ", "")[:9] in shown


def test_a_cell_begins_where_its_source_says(converter: Converter) -> None:
    table = (
        "<table><tr><th>Plain</th><th>Wide enough a head for cells</th></tr><tr><td>start</td><td>begin</td></tr>"
        '<tr><td align="right">end</td><td align="right">final</td></tr><tr><td>longest-of-all</td><td>x</td></tr>'
        "</table>"
    )
    made = Sheets(converter, table, "html")
    assert made.where("start")["x0"] == pytest.approx(made.where("longest-of-all")["x0"], abs=1)
    assert made.where("begin")["x0"] == pytest.approx(made.where("x")["x0"], abs=1)
    assert made.where("end")["x1"] == pytest.approx(made.where("longest-of-all")["x1"], abs=1)


def test_what_is_long_and_has_no_space_is_broken(converter: Converter) -> None:
    code = f"```\n{'x' * 300}\n```\n\n```python\n{'y_' * 150} = 1\n```\n\n"
    text = f"{code}`{'z' * 200}` https://example.org/{'path/' * 40}\n"
    made = Sheets(converter, text)
    assert overlapping(made.words) == []
    for letter, number in (("x", 300), ("y", 150), ("z", 200)):
        assert made.text.count(letter) >= number


GITHUB = "# 1. First & last\n\n# Größe\n\n[a](#1-first--last) [b](#first-last) [c](#größe) [d](#gr%C3%B6%C3%9Fe)"
TWICE = '<h1 id="a">A</h1><h1 id="a">B</h1><div id="b c">d</div><a href="#a">x</a> <a href="#b c">y</a>'
ANCHORS = '<p><a name="here"></a>x <span id="s">y</span></p><a href="#here">x</a> <a href="#s">y</a>'


@pytest.mark.parametrize(
    "suffix, text, alive, said",
    [
        ("md", "# Top\n\n[in](#nowhere) [x](#) [to](#top)", 1, "2 links lead to places that are not in the document"),
        ("md", "# A\n\n## Same\n\n## Same\n\n[one](#same) [two](#same-1)", 2, ""),
        ("md", GITHUB, 4, ""),
        ("html", TWICE, 2, ""),
        ("html", ANCHORS, 2, ""),
        ("html", '<html lang="x-default"><p>words<a href="">none</a>', 0, "1 link leads to a place"),
    ],
    ids=["dead", "repeated", "of GitHub and pandoc", "twice", "anchors", "no language"],
)
def test_links_lead_where_there_is_something(
    converter: Converter, suffix: str, text: str, alive: int, said: str
) -> None:
    made = Sheets(converter, text, suffix)
    assert len(made.links()) == alive
    assert said in made.said
    assert ("not in the document" in made.said) is bool(said)


def test_a_caption_has_one_number(converter: Converter) -> None:
    text = "![A square](p.png)\n\n![Figure 7: Numbered](p.png)\n\nTable: Sizes\n\n| a |\n|---|\n| 1 |\n"
    made = Sheets(converter, text, files={"p.png": png()})
    assert "Figure 1: A square" in made.text
    assert "Figure 7: Numbered" in made.text
    assert "Table 1: Sizes" in made.text
    assert len(re.findall(r"Figure \d", made.text)) == 2


SYMBOLS = [
    chr(code)
    for code in [*range(0xA1, 0x2C00), *range(0x3008, 0x301C), *range(0xFE50, 0xFE70), *range(0x1D400, 0x1D800)]
    if unicodedata.category(chr(code)) in {"Sm", "Sc", "Ps", "Pe", "Pi", "Pf"}
    or (0x370 <= code < 0x3FF and unicodedata.category(chr(code)) in {"Lu", "Ll"})
    or (0x2190 <= code < 0x2400 and unicodedata.category(chr(code)) == "So")
    or (0x2900 <= code < 0x2C00 and unicodedata.category(chr(code)) == "So")
    or (code >= 0x1D400 and unicodedata.category(chr(code)) != "Cn")
]


@pytest.mark.proof
def test_every_symbol_of_mathematics_is_set(converter: Converter) -> None:
    assert len(SYMBOLS) >= 2_084
    lines = (" ".join(f"$a {symbol} b$" for symbol in SYMBOLS[at : at + 40]) for at in range(0, len(SYMBOLS), 40))
    made = Sheets(converter, "\n\n".join(lines))
    assert "cannot be set" not in made.said
    pages = pypdfium2.PdfDocument(made.data)
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    assert [symbol for symbol in "∩⊗⊙⊖⟦⟧⋂⨂⊓" if symbol not in text] == []


def test_a_formula_that_cannot_be_set_is_shown_and_told(converter: Converter) -> None:
    made = Sheets(converter, "Good $x^2$, bad $\\frac{a}{$ and empty $\\foo{b}$.")
    assert "cannot be set" in made.said
    assert "\\frac{a}{" in made.text
    assert "Good" in made.text


def test_a_page_has_every_script(converter: Converter) -> None:
    made = Sheets(converter, markdown_table(["Language", "Sample"], [[name, text] for name, text in SCRIPTS.items()]))
    assert "empty boxes" not in made.said
    assert "PDF/A-2a and PDF/UA-1" in made.said
    text = "".join(page.extract_text() for page in made.reader.pages)
    for sample in SCRIPTS.values():
        assert sample[0] in text


def test_characters_that_no_font_has_are_told(converter: Converter) -> None:
    said = Sheets(converter, "Fine words, ᚠ and བོད").said
    assert "Runic: U+16A0" in said
    assert "Tibetan: U+0F51 U+0F56" in said
    assert "PDF/A" not in said


@pytest.mark.parametrize(
    "language, face",
    [("zh-TW", "TC"), ("zh-CN", "SC"), ("ja", "JP"), ("ko", "KR"), ("", "SC")],
    ids=["Taiwan", "China", "Japan", "Korea", "unsaid"],
)
def test_chinese_characters_are_drawn_as_their_readers_write_them(
    converter: Converter, language: str, face: str
) -> None:
    said = f"---\nlang: {language}\n---\n" if language else ""
    made = Sheets(converter, f"{said}\n{'人人生而自由，在尊严和权利上一律平等。「是」' * 12}\n")
    fonts = {char["fontname"] for page in made.plumber.pages for char in page.chars if char["text"] == "人"}
    assert all(f"CJK{face}" in re.sub(r"[ -]", "", font).upper() for font in fonts), fonts
    root: Any = made.reader.trailer["/Root"]
    assert root["/Lang"].startswith(language or "zh")
    lines = [line["text"] for page in made.plumber.pages for line in page.extract_text_lines()]
    assert len(lines) > 3
    assert not [line for line in lines if line[0] in "，。」"]


def test_each_paragraph_is_read_its_own_way(converter: Converter) -> None:
    made = Sheets(converter, "English first, and more of it than of anything else.\n\nשלום עולם\n")
    hebrew = made.where("םולש")
    assert hebrew["x1"] > 500, "it begins at the right edge"
    assert made.where("English")["x0"] < 80


RTL = "# تقرير سنوي\n\nيولد جميع الناس أحرارا.\n\nThis one is English.\n\n| الاسم | القيمة |\n|---|---|\n| أ | 12 |\n"


def test_direction_reaches_every_format(converter: Converter) -> None:
    page = converter.convert({"a.md": RTL.encode()}, "a.md", "a.html").files["a.html"].decode()
    assert 'dir="rtl"' in page.partition("<body")[0]
    assert re.search(r'<div dir="ltr">\s*<p>This one', page)
    made = converter.convert({"a.md": RTL.encode()}, "a.md", "a.docx").files["a.docx"]
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        document = archive.read("word/document.xml").decode()
    paragraphs = {re.sub(r"<[^>]+>", "", each): each for each in re.findall(r"<w:p>.*?</w:p>", document, re.DOTALL)}
    assert "<w:bidi />" in paragraphs["يولد جميع الناس أحرارا."]
    assert "<w:rtl />" in paragraphs["يولد جميع الناس أحرارا."]
    assert "<w:bidi />" not in paragraphs["This one is English."]
    assert "<w:bidiVisual" in document


def test_a_pdf_says_what_it_is(converter: Converter) -> None:
    made = Sheets(converter, "---\nauthor: Ada\nlang: de-AT\n---\n\n# Der Bericht\n\n## Zahlen\n\nText.\n")
    assert "PDF/A-2a and PDF/UA-1" in made.said
    assert made.reader.metadata is not None
    assert made.reader.metadata.title == "Der Bericht"
    root: Any = made.reader.trailer["/Root"]
    assert root["/Lang"] == "de-AT"
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfaid:part" in root["/Metadata"].get_data()
    assert [entry.title for entry in made.reader.outline if not isinstance(entry, list)] == ["Der Bericht"]


def test_a_picture_without_description_is_no_obstacle(converter: Converter) -> None:
    made = Sheets(converter, "# A\n\n![](p.png)\n", files={"p.png": png()})
    assert "PDF/A-2u" in made.said
    described = Sheets(converter, "# A\n\nSee ![a red square](p.png) here.\n", files={"p.png": png()})
    assert "PDF/UA-1" in described.said
