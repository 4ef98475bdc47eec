"""What the agent is told of a Python function: a name, its docstring, and a JSON Schema of its type hints."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from codex_swarm.errors import InvalidArgument
from codex_swarm.models import ToolCreate
from codex_swarm.shaping import shaped

_PLAIN = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def tool_of(name: str, function: Callable[..., Any]) -> ToolCreate:
    """The function as a tool. Raises `InvalidArgument` where a parameter has no hint that has a schema."""
    try:
        hints, signature = get_type_hints(function), inspect.signature(function)
    except (NameError, TypeError, ValueError) as error:
        raise InvalidArgument(f"{name}: its parameters cannot be found out: {error}") from error
    properties, required = {}, []
    for parameter in signature.parameters.values():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY}:
            raise InvalidArgument(f"{name}: {parameter} cannot be given by name")
        if parameter.name not in hints:
            raise InvalidArgument(f"{name}: {parameter.name} has no type hint; give it one, such as str")
        properties[parameter.name] = schema_of(hints[parameter.name], f"{name}: {parameter.name}")
        if parameter.default is parameter.empty:
            required.append(parameter.name)
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    described = inspect.getdoc(function) or name.replace("_", " ")
    return shaped(ToolCreate, name=name, description=described[:1_000], parameters=parameters)


def schema_of(hint: Any, place: str) -> dict[str, Any]:
    """The schema of a type hint: plain types, lists, mappings, Literal, Enum, and any of these or None."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if origin is Literal:
        return _choices(inner)
    if inspect.isclass(hint) and issubclass(hint, Enum):
        return _choices([member.value for member in hint])
    if hint is dict or origin in {dict, Mapping}:
        return {"type": "object"}
    if hint is list or origin in {list, Sequence}:
        return {"type": "array", **({"items": schema_of(inner[0], place)} if inner else {})}
    if origin in {Union, types.UnionType}:
        some = [schema_of(each, place) for each in inner if each is not type(None)]
        if len(some) == 1 and len(some) < len(inner):
            nullable = {**some[0], "type": [*_types(some[0]), "null"]}
            return {**nullable, "enum": [*nullable["enum"], None]} if "enum" in nullable else nullable
    raise InvalidArgument(f"{place} has the type {hint}, which has no schema; take str, int, float, bool, list or dict")


def _choices(values: Sequence[Any]) -> dict[str, Any]:
    return {"type": sorted({_PLAIN[type(value)] for value in values}), "enum": list(values)}


def _types(schema: Mapping[str, Any]) -> list[str]:
    given = schema["type"]
    return list(given) if isinstance(given, list) else [given]
