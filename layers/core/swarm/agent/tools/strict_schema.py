"""The strict JSON schema of a pydantic model, as function tools take it.

Strict mode (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas) wants every
property required, optional ones nullable, no other property allowed, and knows neither defaults nor titles.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, JsonValue


@cache
def strict_schema(model: type[BaseModel]) -> Mapping[str, JsonValue]:
    """The schema of the model's fields; a field with a default must allow null.

    Made once a process: every slice of every run wants that of every tool.
    """
    schema = model.model_json_schema()
    return _object(schema, schema.get("$defs", {}))


def _object(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, JsonValue]:
    properties: dict[str, JsonValue] = {
        name: _plain(field, definitions) for name, field in schema.get("properties", {}).items()
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _plain(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, JsonValue]:
    """One property without what strict mode refuses; `anyOf [X, null]` becomes X with `type: [X's, null]`."""
    if "$ref" in field:
        return _object(definitions[field["$ref"].rpartition("/")[2]], definitions)
    kept: dict[str, JsonValue] = {
        key: value for key, value in field.items() if key not in {"title", "default", "anyOf", "items"}
    }
    if "items" in field:
        kept["items"] = _plain(field["items"], definitions)
    if choices := [_plain(choice, definitions) for choice in field.get("anyOf", [])]:
        for choice in choices:
            kept |= {key: value for key, value in choice.items() if key != "type"}
        kept["type"] = [choice["type"] for choice in choices]
    return kept
