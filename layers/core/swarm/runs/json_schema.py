"""The part of JSON Schema that callers describe values in: what providers of models take for strict outputs, too.

`type` (one, or several), `properties`, `required`, `additionalProperties` (true or false), `items`, `enum`, `minimum`,
`maximum`, `minLength`, `maxLength`, `minItems`, `maxItems`, `description` and `title`, as in
https://json-schema.org/draft/2020-12. Anything else is refused rather than ignored, so that what was asked for is held.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from pydantic import JsonValue

MAX_SCHEMA = 16_000
"""Characters of a schema as JSON."""

MAX_DEPTH = 10
MAX_FAULTS = 10

Schema = Mapping[str, JsonValue]

_TYPES: Mapping[str, Callable[[JsonValue], bool]] = MappingProxyType(
    {
        "object": lambda value: isinstance(value, dict),
        "array": lambda value: isinstance(value, list),
        "string": lambda value: isinstance(value, str),
        "boolean": lambda value: isinstance(value, bool),
        "null": lambda value: value is None,
        "integer": lambda value: not isinstance(value, bool) and (isinstance(value, int) or _is_whole(value)),
        "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    }
)

_BOUNDS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = MappingProxyType(
    {
        "minimum": ("number", lambda found, bound: found >= bound),
        "maximum": ("number", lambda found, bound: found <= bound),
        "minLength": ("string", lambda found, bound: found >= bound),
        "maxLength": ("string", lambda found, bound: found <= bound),
        "minItems": ("array", lambda found, bound: found >= bound),
        "maxItems": ("array", lambda found, bound: found <= bound),
    }
)

_KNOWN = frozenset(
    {
        *("type", "properties", "required", "additionalProperties", "items", "enum", "description", "title"),
        *_BOUNDS,
    }
)


def _is_whole(value: JsonValue) -> bool:
    return isinstance(value, float) and value.is_integer()


def faults_of_schema(schema: JsonValue) -> list[str]:
    """What is wrong with the schema itself, each with its place; nothing where it can be held."""
    if isinstance(schema, dict) and len(json.dumps(schema, ensure_ascii=False)) > MAX_SCHEMA:
        return [f"it has more than {MAX_SCHEMA} characters"]
    return [fault for fault, _ in zip(_of_schema(schema, "$", 0), range(MAX_FAULTS), strict=False)]


def faults_of_value(value: JsonValue, schema: Schema) -> list[str]:
    """Why the value is none of this schema, each with its place; nothing where it is one."""
    return [fault for fault, _ in zip(_of_value(value, schema, "$"), range(MAX_FAULTS), strict=False)]


def _of_schema(schema: JsonValue, place: str, depth: int) -> Iterator[str]:
    if not isinstance(schema, dict):
        yield f"{place}: a schema is an object"
        return
    if depth > MAX_DEPTH:
        yield f"{place}: deeper than {MAX_DEPTH} levels"
        return
    for name in schema.keys() - _KNOWN:
        yield f"{place}: {name[:40]!r} is not supported; there are {', '.join(sorted(_KNOWN))}"
    yield from (f"{place}: {name} takes {takes}" for name, takes, fits in _KEYWORDS if not fits(schema))
    properties = schema.get("properties")
    for name, each in properties.items() if isinstance(properties, dict) else ():
        yield from _of_schema(each, f"{place}.{name[:60]}", depth + 1)
    if "items" in schema:
        yield from _of_schema(schema["items"], f"{place}[]", depth + 1)


def _requires_properties(schema: Schema) -> bool:
    required, properties = schema.get("required", []), schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    return isinstance(required, list) and all(isinstance(name, str) and name in known for name in required)


def _has_number(name: str) -> Callable[[Schema], bool]:
    return lambda schema: isinstance(schema.get(name, 0), int | float) and not isinstance(schema.get(name), bool)


_KEYWORDS: Sequence[tuple[str, str, Callable[[Schema], bool]]] = (
    ("type", f"one or several of {', '.join(_TYPES)}", lambda schema: all(each in _TYPES for each in _types(schema))),
    ("properties", "an object", lambda schema: isinstance(schema.get("properties", {}), dict)),
    ("required", "names of properties", _requires_properties),
    (
        "additionalProperties",
        "true or false",
        lambda schema: isinstance(schema.get("additionalProperties", True), bool),
    ),
    ("enum", "a list of values", lambda schema: isinstance(schema.get("enum", [0]), list) and schema.get("enum") != []),
    *((name, "a number", _has_number(name)) for name in _BOUNDS),
)


def _of_value(value: JsonValue, schema: Schema, place: str) -> Iterator[str]:
    types = _types(schema)
    if not any(_TYPES[each](value) for each in types):
        yield f"{place}: has to be {' or '.join(types)}"
        return
    choices = schema.get("enum")
    if isinstance(choices, list) and not any(_same(value, each) for each in choices):
        yield f"{place}: has to be one of {json.dumps(choices, ensure_ascii=False)[:200]}"
    yield from _out_of_bounds(value, schema, place)
    if isinstance(value, dict):
        yield from _of_object(value, schema, place)
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, dict):
        for number, each in enumerate(value):
            yield from _of_value(each, items, f"{place}[{number}]")


def _of_object(value: Mapping[str, JsonValue], schema: Schema, place: str) -> Iterator[str]:
    properties, required = schema.get("properties"), schema.get("required")
    known = properties if isinstance(properties, dict) else {}
    for name in required if isinstance(required, list) else []:
        if name not in value:
            yield f"{place}.{name} is missing"
    if schema.get("additionalProperties") is False:
        for name in value.keys() - known.keys():
            yield f"{place}.{name[:60]}: there is no such property"
    for name, each in known.items():
        if name in value and isinstance(each, dict):
            yield from _of_value(value[name], each, f"{place}.{name}")


def _out_of_bounds(value: JsonValue, schema: Schema, place: str) -> Iterator[str]:
    for name, (kind, holds) in _BOUNDS.items():
        bound = schema.get(name)
        if not isinstance(bound, int | float) or not _TYPES[kind](value):
            continue
        measured = value if isinstance(value, int | float) else len(value) if isinstance(value, str | list) else 0
        if not holds(measured, bound):
            yield f"{place}: {name} is {bound}, and this is {measured}"


def _types(schema: Schema) -> list[str]:
    """The types that a value may have."""
    given = schema.get("type")
    return [str(each) for each in (given or [""] if isinstance(given, list) else [given])]


def _same(value: JsonValue, other: JsonValue) -> bool:
    """Equality of JSON: true is not 1."""
    return isinstance(value, bool) == isinstance(other, bool) and value == other
