"""The strict JSON schema of a pydantic model, as function tools take it.

Strict mode (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas) wants every
property required, optional ones nullable, no other property allowed, and knows neither defaults nor titles.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, JsonValue


def strict_schema(model: type[BaseModel]) -> Mapping[str, JsonValue]:
    """The schema of the model's fields; a field with a default must allow null."""
    schema = model.model_json_schema()
    properties = {name: _plain(field) for name, field in schema.get("properties", {}).items()}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _plain(field: Mapping[str, JsonValue]) -> JsonValue:
    """One property without what strict mode refuses; `anyOf [X, null]` becomes `type: [X, null]`."""
    kept = {key: value for key, value in field.items() if key not in {"title", "default", "anyOf"}}
    choices = field.get("anyOf")
    if isinstance(choices, list):
        kept["type"] = [choice["type"] for choice in choices if isinstance(choice, dict)]
    return dict(kept)
