"""A value for a schema: what the offline model gives where the instructions name no result."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue


def example_of(schema: JsonValue) -> JsonValue:
    """The simplest value that fits a schema of those that runs take (`swarm.runs.json_schema`)."""
    if not isinstance(schema, dict):
        return None
    choices, given = schema.get("enum"), schema.get("type")
    kind = given[0] if isinstance(given, list) else given
    found: JsonValue = None
    if isinstance(choices, list):
        found = choices[0]
    elif kind == "object":
        properties = schema.get("properties")
        found = {name: example_of(each) for name, each in (properties if isinstance(properties, dict) else {}).items()}
    elif kind == "array":
        found = [example_of(schema.get("items"))] * int(_bound(schema, "minItems"))
    elif kind == "string":
        text = str(schema.get("description") or schema.get("title") or "a text")
        found = text[: int(_bound(schema, "maxLength", len(text)))].ljust(int(_bound(schema, "minLength")), ".")
    elif kind in {"integer", "number"}:
        low = _bound(schema, "minimum", min(0.0, _bound(schema, "maximum")))
        found = int(low) if low.is_integer() else low
    elif kind == "boolean":
        found = True
    return found


def _bound(schema: Mapping[str, JsonValue], name: str, default: float = 0.0) -> float:
    bound = schema.get(name)
    return float(bound) if isinstance(bound, int | float) else float(default)
