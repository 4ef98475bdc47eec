"""Nothing is lost in silence: each kind of content of each format comes out, or a note names it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from convert.formats import format_of
from convert.inventory import Item, inventory, lost, notes
from tests.convert.conftest import Converter
from tests.convert.kinds import Case, Fate, table
from tests.convert.kinds.families import FAMILIES
from tests.support.paths import ROOT

pytestmark = pytest.mark.proof

CASES = [case for family in FAMILIES for case in family.cases]
FILES = {path: content for family in FAMILIES for path, content in family.files.items()}


@pytest.fixture(scope="module")
def readings(converter: Converter) -> Mapping[str, str]:
    """What reading each file gives. All are read in one job."""
    limits = {"seconds": 120, "cpu_seconds": 60, "output_chars": 60_000}
    done = converter.calls([("read_document", {"path": path}) for path in FILES], FILES, limits)
    return {path: str(result["output"]) for path, result in zip(FILES, done.results, strict=True)}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_content_is_carried_or_noted(case: Case, readings: Mapping[str, str]) -> None:
    lines = readings[case.path].splitlines()
    notes_of_it = "\n".join(line for line in lines if line.startswith("note: "))
    text = "\n".join(line for line in lines if not line.startswith("note: "))
    if case.fate is Fate.CARRIED:
        assert case.words in text
        assert case.said in text
        assert case.words not in notes_of_it
    else:
        assert case.words in notes_of_it
        assert case.said in notes_of_it
        assert case.words not in text


@pytest.mark.parametrize("case", CASES, ids=str)
def test_dropping_it_would_be_noticed(case: Case, tmp_path: Path) -> None:
    """The raw file and nothing but it says what is there; a text that lacks the words gets a note with the kind."""
    place = tmp_path / Path(case.path).name
    place.write_bytes(FILES[case.path])
    items = inventory(place, case.path, format_of(case.path).name)
    dropped = [item for item in items if item.kind is case.kind and case.words in item.text]
    assert dropped, "the inventory does not know of it"
    kept = "\n".join(item.text for item in items if item not in dropped)
    assert dropped[0] in lost(items, kept)
    assert any(str(case.kind).split()[0] in note and case.words in note for note in notes(dropped))


def test_the_table_of_the_documentation_is_what_the_tests_hold() -> None:
    assert table(CASES) in (ROOT / "docs/conversions.md").read_text()


def test_what_came_out_is_not_noted(tmp_path: Path) -> None:
    items = [Item(case.kind, "here", case.words) for case in CASES]
    assert lost(items, " ".join(item.text for item in items)) == []
