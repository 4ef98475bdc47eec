"""docs/limits.md with the limits of each field of a request, as the OpenAPI document has them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from infra.pages.filled import filled

WORDS = {"maxLength": " characters", "maxItems": "", "maximum": "", "maxProperties": " entries"}
"""The keywords of a limit, and what they count where it has to be said."""

OF_ANY_SHAPE = frozenset({"domain_config", "output", "result_schema", "parameters", "result", "default", "json_schema"})
"""JSON that is limited by its size, for which JSON Schema has no keyword: descriptions and page say it."""

ANY = "any"
"""Stands for whatever name an entry has."""

Schema = Mapping[str, Any]
Place = tuple[str | int, ...]
"""The way to a value in a request: `path`, `query`, `header` or `body`, then names, and 0 for what is in a list."""


class Part(NamedTuple):
    """Something that can be sent; `way` are the schemas from the whole to it, one for each step of a union's choice."""

    method: str
    path: str
    place: Place
    way: tuple[Schema, ...]

    @property
    def schema(self) -> Schema:
        """Its own schema."""
        return self.way[-1]


@cache
def document() -> Any:
    """The OpenAPI document of the code as it is."""
    # Slow to import, and the other pages need none of it.
    from api.app import app  # noqa: PLC0415
    from api.openapi import document as described  # noqa: PLC0415

    return json.loads(described(app))


def alternatives(schema: Schema) -> list[Schema]:
    """The schema itself, or all that it may be besides null."""
    if "$ref" in schema:
        return alternatives(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    given = schema.get("anyOf", schema.get("oneOf", []))
    return [found for each in given if each.get("type") != "null" for found in alternatives(each)] or [schema]


def resolved(schema: Schema) -> Schema:
    """The schema itself, or the first that it may be besides null."""
    return alternatives(schema)[0]


def parts() -> Iterator[Part]:
    """Everything that requests with a key can have, the whole of each list and object before what is in it."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            if operation["security"] == []:
                continue
            bodies = operation.get("requestBody", {}).get("content", {}).values()
            given: list[tuple[Place, Schema]] = [(("body",), each["schema"]) for each in bodies]
            given += [((each["in"], each["name"]), each["schema"]) for each in operation.get("parameters", [])]
            for place, schema in given:
                yield from (Part(method, path, *each) for each in _inside(place, schema))


def _inside(
    place: Place, schema: Schema, before: tuple[Schema, ...] = ()
) -> Iterator[tuple[Place, tuple[Schema, ...]]]:
    for chosen in alternatives(schema):
        way = (*before, chosen)
        yield place, way
        for name, each in chosen.get("properties", {}).items():
            if name not in OF_ANY_SHAPE:
                yield from _inside((*place, name), each, way)
        if "items" in chosen:
            yield from _inside((*place, 0), chosen["items"], way)
        for each in chosen.get("patternProperties", {}).values():
            yield from _inside((*place, ANY), each, way)


def page() -> str:
    """The page with the tables as they are now."""
    return filled("limits.md", "fields", _tables())


def _tables() -> str:
    bodies: dict[str, dict[str, dict[str, None]]] = {}
    parameters: dict[str, set[str]] = {}
    for part in parts():
        for keyword in WORDS.keys() & part.schema.keys():
            figure = f"{int(part.schema[keyword]):,}{WORDS[keyword]}"
            where, *names = part.place
            if where == "body":
                fields = bodies.setdefault(f"{part.method.upper()} {part.path}", {}).setdefault(_named(names), {})
                fields[figure] = None
            else:
                parameters.setdefault(_named(names), set()).add(figure)
    lines = ["| parameter | at most |", "|---|---|"]
    lines += [f"| `{name}` | {' or '.join(sorted(parameters[name], key=_by_number))} |" for name in sorted(parameters)]
    lines += ["", "| body of | fields |", "|---|---|"]
    for request, named in bodies.items():
        told = (f"`{name}` {' or '.join(figures)}" for name, figures in named.items())
        lines.append(f"| `{request}` | {', '.join(told)} |")
    return "\n".join(lines) + "\n"


def _named(names: list[str | int]) -> str:
    return "".join("[]" if name == 0 else f".{name}" for name in names).removeprefix(".")


def _by_number(figure: str) -> int:
    return int("".join(filter(str.isdecimal, figure)))
