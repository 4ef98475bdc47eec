"""Answers are written and measured in quick ways, which come to what the plain ways come to."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from api.resolver import written
from swarm.sizes import answered, answered_json, json_text

TEXTS = st.text(st.characters(), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | TEXTS
VALUES = st.recursive(SCALARS, lambda of: st.lists(of, max_size=4) | st.dictionaries(TEXTS, of, max_size=4))


@given(VALUES)
def test_what_is_answered_is_written_as_json_is(value: object) -> None:
    assert written(value) == json_text(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_stay_what_they_are(number: float) -> None:
    assert json.loads(written({"n": number})) == {"n": number}


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"n": -float("inf")}], ids=["nan", "inf", "-inf"])
def test_what_no_json_has_is_not_written(value: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        written(value)


@given(VALUES.filter(lambda value: "\\ud" not in json.dumps(value)))
def test_json_has_the_size_of_any_other_text(value: object) -> None:
    text = TypeAdapter(object).dump_json(value).decode()
    assert answered_json(text) == answered(text)
