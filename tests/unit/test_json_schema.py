"""Schemas that callers give: what is supported is held, and everything else is refused."""

from __future__ import annotations

from typing import Any

import pytest

from swarm.runs.json_schema import MAX_FAULTS, faults_of_schema, faults_of_value

OFFER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 20},
        "sum": {"type": ["number", "null"], "minimum": 0},
        "kind": {"enum": ["a", 1, True], "type": ["string", "integer", "boolean"]},
        "lines": {"type": "array", "maxItems": 2, "items": {"type": "object", "properties": {}}},
    },
    "required": ["title"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        pytest.param([], "a schema is an object", id="no object"),
        pytest.param({}, "type takes", id="no type"),
        pytest.param({"type": "text"}, "type takes", id="unknown type"),
        pytest.param({"type": []}, "type takes", id="none of no types"),
        pytest.param({"type": "string", "pattern": "a"}, "'pattern' is not supported", id="unsupported"),
        pytest.param({"type": "object", "required": ["a"]}, "required takes names", id="required and unknown"),
        pytest.param({"type": "object", "required": [{}]}, "required takes names", id="required no name"),
        pytest.param({"type": "object", "additionalProperties": {}}, "additionalProperties takes", id="additional"),
        pytest.param({"type": "string", "enum": []}, "enum takes", id="empty enum"),
        pytest.param({"type": "integer", "minimum": "1"}, "minimum takes a number", id="bound"),
        pytest.param({"type": "integer", "minimum": True}, "minimum takes a number", id="bound that is true"),
        pytest.param({"type": "array", "items": {"type": "x"}}, "$[]: type takes", id="items"),
        pytest.param({"type": "object", "properties": {"a": {"type": "x"}}}, "$.a: type takes", id="property"),
        pytest.param({"type": "string", "description": "x" * 20_000}, "more than", id="too long"),
    ],
)
def test_what_is_not_supported_is_refused_with_its_place(schema: Any, told: str) -> None:
    assert told in "; ".join(faults_of_schema(schema))


def test_a_schema_too_deep_is_refused() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(12):
        schema = {"type": "array", "items": schema}
    assert "deeper" in faults_of_schema(schema)[0]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        pytest.param([], "$: has to be object", id="type"),
        pytest.param({}, "$.title is missing", id="missing"),
        pytest.param({"title": ""}, "$.title: minLength is 1", id="short"),
        pytest.param({"title": "x" * 21}, "$.title: maxLength is 20", id="long"),
        pytest.param({"title": "x", "sum": -1}, "$.sum: minimum is 0", id="small"),
        pytest.param({"title": "x", "sum": True}, "$.sum: has to be number or null", id="true is no number"),
        pytest.param({"title": "x", "kind": "b"}, "$.kind: has to be one of", id="enum"),
        pytest.param({"title": "x", "kind": False}, "$.kind: has to be one of", id="false is not 0"),
        pytest.param({"title": "x", "lines": [{}, {}, {}]}, "$.lines: maxItems is 2", id="items"),
        pytest.param({"title": "x", "lines": [1]}, "$.lines[0]: has to be object", id="item"),
        pytest.param({"title": "x", "other": 1}, "$.other: there is no such property", id="additional"),
    ],
)
def test_a_value_that_does_not_fit_is_told_why_and_where(value: Any, told: str) -> None:
    assert told in "; ".join(faults_of_value(value, OFFER))


def test_what_fits_has_no_faults_and_the_schema_none_either() -> None:
    assert faults_of_schema(OFFER) == []
    values: list[Any] = [{"title": "x"}, {"title": "Ü", "sum": None, "kind": 1, "lines": [{"a": 1}]}]
    for value in values:
        assert faults_of_value(value, OFFER) == []
    assert faults_of_value(2.0, {"type": "integer"}) == []


def test_only_the_first_faults_are_told() -> None:
    assert len(faults_of_value(["x"] * 1_000, {"type": "array", "items": {"type": "integer"}})) == MAX_FAULTS
