"""One feature a file: every word comes out of reading it, or is named; the documentation has the count."""

from __future__ import annotations

import re

import pytest

from tests.convert.conftest import Converter
from tests.convert.features import missing
from tests.convert.features.every import EVERY
from tests.support.paths import ROOT

pytestmark = pytest.mark.proof


def test_every_word_comes_out_of_reading_or_is_named(converter: Converter) -> None:
    files = {each.name: each.data for each in EVERY}
    limits = {"seconds": 120, "cpu_seconds": 60, "output_chars": 60_000}
    done = converter.calls([("read_document", {"path": path}) for path in files], files, limits)
    readings = {path: str(result["output"]) for path, result in zip(files, done.results, strict=True)}
    assert missing(EVERY, readings) == []
    counted = re.search(
        r"(\d+) words in (\d+) small files.*?\d+ of them.*?now (\d+)",
        (ROOT / "docs/conversions.md").read_text(),
        re.DOTALL,
    )
    assert counted is not None
    words = sum(len(each.words) for each in EVERY)
    assert [int(each) for each in counted.groups()] == [words, len(EVERY), words]
