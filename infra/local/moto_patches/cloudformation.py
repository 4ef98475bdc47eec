"""CloudFormation: the properties of every resource as resolved, for the parts that moto does not keep."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.local.moto_imports import models, parsing


@dataclass(frozen=True)
class Resolved:
    """A resource as CloudFormation sees it: references, conditions and parameters filled in."""

    logical_id: str
    type: str
    name: str
    properties: dict[str, Any]


# By logical id, of the stack that was created last.
RESOLVED: dict[str, Resolved] = {}
# What is done to the resolved properties of a type before moto creates the resource.
_amendments: dict[str, Callable[[dict[str, Any], str], None]] = {}


def amend(resource_type: str, amendment: Callable[[dict[str, Any], str], None]) -> None:
    """Have moto create resources of this type from amended properties; the second argument is the name."""
    _amendments[resource_type] = amendment


def keep_resolved_properties() -> None:
    """Functions lose layers, APIs everything, and lists keep a None for AWS::NoValue."""
    original = parsing.parse_resource_and_generate_name

    def resolve(logical_id: str, resource_json: dict[str, Any], resources_map: Any) -> Any:
        found = original(logical_id, resource_json, resources_map)
        if not found:
            raise NotImplementedError(f"{resource_json['Type']} of {logical_id}: no model for it")
        model, resolved, name = found
        resolved["Properties"] = properties = _without_none(resolved["Properties"])
        if resolved["Type"] in _amendments:
            _amendments[resolved["Type"]](properties, name)
        RESOLVED[logical_id] = Resolved(logical_id, resolved["Type"], name, properties)
        return model, resolved, name

    parsing.parse_resource_and_generate_name = resolve


def leave_out_what_is_not_made() -> None:
    """What a condition leaves out is among a stack's resources as None, and asking for any resource fails."""
    stack: Any = models.Stack
    stack.stack_resources = property(lambda self: [each for each in self.resource_map.values() if each is not None])


def name_parameters() -> None:
    """An SSM parameter without a name is a KeyError."""
    amend("AWS::SSM::Parameter", lambda properties, name: properties.setdefault("Name", name))


def read_json_as_json() -> None:
    """A template in JSON is read as YAML, in pure Python: a third of the time that the whole stack takes."""
    stack = models.Stack
    original = stack.parse_template

    def parse(template: str) -> Any:
        try:
            return json.loads(template)
        except ValueError:
            return original(template)

    stack.parse_template = staticmethod(parse)


def forget_known_types() -> None:
    """moto caches its list of models; ours are newer."""
    for cached in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        cached.cache_clear()


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value if item is not None]
    return value
