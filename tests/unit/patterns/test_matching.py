"""A labelled set of requests: those that an earlier run's way fits, and those that none does."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.patterns.matching import ALIKE, best, likeness, words

EARLIER = {
    "minutes": "Write the minutes of the board meeting of 3 March from notes.md and save them as minutes.docx",
    "convert": "Convert every markdown file in reports/ to docx with a table of contents",
    "sales": "Analyse sales.csv: monthly revenue per region, a chart of the trend, the best regions in summary.md",
    "endpoint": "Add an endpoint GET /users/{id}/orders to the Flask app, with tests",
    "haiku": "Write a haiku about spring",
    "refactor": "Refactor parser.py: split the long function parse_line into smaller ones and keep the tests passing",
    "literature": "Research recent literature on heat pumps in old buildings and list ten sources with citations",
    "press": "Write a press release announcing the opening of our Hamburg office, formal tone, 400 words",
    "invoice": "Fill the invoice template for customer ACME with the positions in positions.csv and save it as a pdf",
    "translate": "Translate README.md to German and keep the code blocks as they are",
}

FITS = [
    ("minutes", "Write the minutes of the team meeting of 12 May from raw-notes.md, save as team-minutes.docx"),
    ("minutes", "Please write meeting minutes from notes.txt"),
    ("minutes", "write minutes of todays meeting, board room B"),
    ("convert", "Convert all markdown files in the folder drafts to docx, with a table of contents"),
    ("convert", "convert the markdown files under chapters/ into docx"),
    ("convert", "Converting markdown to docx with contents table, every file in /manual"),
    ("sales", "Analyse costs.csv: monthly cost per department, chart the trend, three most expensive in summary.md"),
    ("sales", "Analyze the revenue in q3.csv by region and month and draw a chart of the trend"),
    ("endpoint", "Add an endpoint GET /users/{id}/invoices to the Flask app with tests"),
    ("endpoint", "Add a new POST endpoint for comments to the Flask app, and test it"),
    ("haiku", "Write a haiku about autumn"),
    ("haiku", "a haiku, please"),
    (
        "refactor",
        "Refactor tokenizer.py by splitting the long function next_token into smaller ones, tests keep passing",
    ),
    ("literature", "Research literature on insulation of old buildings and list ten sources with citations"),
    ("press", "Write a press release announcing our new office in Munich, formal tone, 300 words"),
    ("invoice", "Fill the invoice template for Globex with positions from globex.csv, save as pdf"),
    ("translate", "Translate GUIDE.md to French, leave code blocks alone"),
    ("translate", "Translate CHANGELOG.md to German, keep code blocks"),
]

FITS_NONE = [
    "Write a report about spring sales in the Hamburg office",
    "Fix the failing test in parser.py",
    "Create a file called hello.md with a greeting",
    "Write unit tests for the orders module",
    "Summarise notes.md in five bullet points",
    "Delete all csv files",
    "Write a poem about the meeting of two rivers",
    "List the ten largest files in the repository",
    "Describe the architecture of the Flask app in architecture.md",
    "Convert 30 degrees Fahrenheit to Celsius and save the formula",
    "Draw a chart of the temperatures of last week",
    "Plan a birthday party for forty guests",
    "Write a file with words",
    "Save positions.csv as a text file",
    "touch a.md",
    "wait 5 seconds",
    "Schreibe das Protokoll der Sitzung vom 3. Mai",
    "",
    "!!! ???",
    "1 2 3",
]


@pytest.mark.parametrize(("expected", "request_"), FITS, ids=[request[:40] for _, request in FITS])
def test_the_right_pattern_is_chosen(expected: str, request_: str) -> None:
    found = best(request_, list(EARLIER.values()))
    assert found is not None
    assert list(EARLIER)[found.place] == expected
    assert ALIKE <= found.score <= 1


@pytest.mark.parametrize("request_", FITS_NONE, ids=[request[:40] or "nothing" for request in FITS_NONE])
def test_none_is_chosen_where_none_fits(request_: str) -> None:
    assert best(request_, list(EARLIER.values())) is None


def test_without_candidates_there_is_no_match() -> None:
    assert best("Write a haiku about spring", []) is None


def test_of_equals_the_first_is_chosen() -> None:
    assert best("touch b.md", ["touch a.md", "touch c.md"]) == (0, 1.0)


def test_names_of_files_do_not_count_but_their_kind_does() -> None:
    assert words("Sort docs/My-report_2.md and v1.py") == ["sort", ".md", ".py"]
    assert likeness("sort alpha.md", "sort omega.md") == 1
    assert likeness("sort alpha.md", "sort omega.py") < 1


TEXTS = st.text(alphabet="abcdefg .md/123\u00fc\n", max_size=200)


@given(TEXTS, TEXTS)
def test_likeness_is_between_nothing_and_all(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) <= 1.000001
    assert likeness(one, other) == likeness(one, other)
    assert likeness(one, one) == pytest.approx(1 if words(one) else 0)


@pytest.mark.proof
def test_the_longest_texts_take_no_time_to_speak_of() -> None:
    dice = random.Random(1)
    long = [" ".join("".join(dice.choices("abcdefgh", k=9)) for _ in range(6_000)) for _ in range(100)]
    began = time.process_time()
    best(long[0], long[1:])
    assert time.process_time() - began < 5
