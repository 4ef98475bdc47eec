"""Word files that the product changed, as another office program shows them: what was asked for, and nothing else."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import pypdf
import pypdfium2
import pytest
from PIL import ImageChops

from tests.convert.conftest import Converter
from tests.convert.office import Shown, acted, installed, shown
from tests.convert.word_scenes import SCENES, Scene

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        not installed(), reason="no LibreOffice on this machine (on Debian: apt-get install libreoffice-writer-nogui)"
    ),
]
_LEAST_INK = 50
"""Dark pixels of a page that has one short word."""


class Drawn(NamedTuple):
    """A scene's file before and after, and how both are shown."""

    files: tuple[bytes, bytes]
    before: Shown
    after: Shown


@pytest.fixture(scope="module")
def drawn(converter: Converter) -> Mapping[str, Drawn]:
    states = {scene.name: acted(converter, scene) for scene in SCENES}
    seen = shown({f"{name}-{number}": data for name, both in states.items() for number, data in enumerate(both)})
    return {name: Drawn(both, seen[f"{name}-0"], seen[f"{name}-1"]) for name, both in states.items()}


@pytest.mark.parametrize("name", [scene.name for scene in SCENES])
def test_every_page_shows_something(name: str, drawn: Mapping[str, Drawn]) -> None:
    both = drawn[name]
    for seen in (both.before, both.after):
        pages = seen.pictures()
        assert len(pages) == {"numbering": 2, "stories": 2}.get(name, 1)
        for page in pages:
            assert sum(page.convert("L").histogram()[:128]) > _LEAST_INK


@pytest.mark.parametrize("scene", [each for each in SCENES if each.added], ids=lambda scene: scene.name)
def test_readers_see_what_was_asked_for_and_the_rest_as_before(scene: Scene, drawn: Mapping[str, Drawn]) -> None:
    both = drawn[scene.name]
    before, after = Counter(both.before.words), Counter(both.after.words)
    assert after - before == Counter(scene.added)
    assert before - after == Counter(scene.removed)


def test_accepted_changes_are_gone_and_clauses_have_the_numbers_that_reading_gives(
    converter: Converter, drawn: Mapping[str, Drawn]
) -> None:
    both = drawn["numbering"]
    assert "Fee" in both.before.words
    lines = [" ".join(line.split()) for page in both.after.pages for line in page.splitlines()]
    assert lines == [
        "1. Terms", "1.1 Payment", "1.2 Notice", "1.3 Form", "1.4 Interest",
        "2. Duties", "2.1 Care", "(a) of papers", "(b) of keys",
    ]  # fmt: skip
    read = converter.read({"a.docx": both.files[1]}, "a.docx")
    assert [line.removeprefix("# ") for line in read.splitlines() if re.match(r"(# )?[\d(]", line)] == lines
    # Marks of changes are yellow here, and headings blue.
    assert _coloured(both.before) > _LEAST_INK
    assert _coloured(both.after) == 0


def _coloured(seen: Shown) -> int:
    """Pixels that are much more red than blue."""
    channels = [page.split() for page in seen.pictures()]
    return sum(sum(ImageChops.subtract(red, blue).histogram()[61:]) for red, _, blue in channels)


def test_both_reviewers_are_seen(drawn: Mapping[str, Drawn]) -> None:
    pages = pypdf.PdfReader(io.BytesIO(drawn["review"].after.pdf)).pages
    comments = [each.get_object().get("/Contents") for page in pages for each in page.get("/Annots", ())]
    assert {"Please verify", "Which currency?"} <= set(comments)


def test_headers_and_the_number_of_the_page_stand_on_their_pages(drawn: Mapping[str, Drawn]) -> None:
    first, second = (page.split() for page in drawn["stories"].after.pages)
    assert first[:3] == ["Rivers", "and", "Company"]
    assert first[-2:] == ["Page", "1"]
    assert second[:2] == ["Final", "report"]
    assert second[-2:] == ["Page", "2"]


def test_text_from_right_to_left_begins_at_the_right(drawn: Mapping[str, Drawn]) -> None:
    page = pypdfium2.PdfDocument(drawn["right-to-left"].after.pdf)[0]
    text = page.get_textpage()
    width = page.get_width()

    def ends(words: str) -> tuple[float, float]:
        found = text.search(words).get_next()
        assert found is not None, words
        boxes = [text.get_charbox(found[0] + offset) for offset in range(found[1])]
        return min(box[0] for box in boxes), max(box[2] for box in boxes)

    margin = width - ends("ملزم للطرفين")[1]
    assert ends("Signed")[0] < width / 4
    assert ends("مارس")[0] > width / 2
    assert abs(ends("ينتهي")[1] - ends("العقد")[1]) < 1, "a paragraph that was added begins where its neighbour does"
    assert margin < width / 3
    assert ends("كهرباء")[0] > ends("300")[1], "the first column of the new row is the right one"


def test_a_filled_letter_keeps_its_picture_and_the_form_of_its_table(drawn: Mapping[str, Drawn]) -> None:
    for seen in (drawn["template"].before, drawn["template"].after):
        page = pypdfium2.PdfDocument(seen.pdf)[0]
        assert sum(isinstance(each, pypdfium2.PdfImage) for each in page.get_objects()) == 1
    lines = drawn["template"].after.pages[0].splitlines()
    assert "Pump 900" in lines
    assert "Valve 45" in lines


@pytest.mark.parametrize("name", ["review", "numbering", "stories", "template"])
def test_a_pdf_made_by_the_product_has_the_words_that_the_office_program_prints(
    name: str, converter: Converter, drawn: Mapping[str, Drawn]
) -> None:
    """In the house style of the file itself; but for deleted text, and for the second page after a page break."""
    both = drawn[name]
    done = converter.convert({"a.docx": both.files[1]}, "a.docx", "b.pdf", reference_document="a.docx")
    ours = "".join(Shown(done.files["b.pdf"]).words)
    missing = [word for word in both.after.words if word not in ours]
    said = {"review": ["10,00025,000", "MarchApril."], "stories": ["Final", "report", "2"]}
    assert missing == said.get(name, [])
    assert "clause" not in done.output
