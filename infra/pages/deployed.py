"""What CloudFormation makes of the template for given parameters, as far as the template says it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local import template

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"

# JSON documents of other people's shape.
Document = Mapping[str, Any]


class Resolver:
    """Parameters and conditions filled in; whatever else a template refers to stays as it is."""

    def __init__(self, document: Document, given: Mapping[str, str]) -> None:
        defaults = {name: str(each.get("Default", "")) for name, each in document["Parameters"].items()}
        self._parameters = defaults | dict(given)
        self._conditions = document.get("Conditions", {})

    def holds(self, condition: Any) -> bool:
        """Whether a condition, or the one of that name, holds."""
        match condition:
            case str():
                return self.holds(self._conditions[condition])
            case {"Condition": name}:
                return self.holds(name)
            case {"Fn::Not": [one]}:
                return not self.holds(one)
            case {"Fn::And": several}:
                return all(map(self.holds, several))
            case {"Fn::Equals": [one, other]}:
                return str(self.of(one)) == str(other)
        raise NotImplementedError(condition)

    def of(self, value: Any) -> Any:
        """The value without what a condition leaves out."""
        match value:
            case {"Ref": name} if name in self._parameters:
                return self._parameters[name]
            case {"Fn::If": [condition, then, otherwise]}:
                return self.of(then if self.holds(condition) else otherwise)
            case dict():
                found = {key: self.of(each) for key, each in value.items()}
                return {key: each for key, each in found.items() if each != {"Ref": "AWS::NoValue"}}
            case list():
                return [each for each in map(self.of, value) if each != {"Ref": "AWS::NoValue"}]
        return value


def deployed(**given: str) -> dict[str, Any]:
    """Every property of every resource by its path; the name of a resource that is made stands alone, too."""
    return _resources(_loaded(given).document, given)


def with_nested(**given: str) -> dict[str, Any]:
    """The same with the resources of nested stacks, by names such as `Observability/AlarmTopic`."""
    loaded = _loaded(given)
    found = _resources(loaded.document, given)
    for stack, document in loaded.nested.items():
        handed = f"{stack}.Properties.Parameters."
        parameters = {
            # What refers to something else is something, whatever it is.
            path.removeprefix(handed).partition(".")[0]: str(value)
            for path, value in found.items()
            if path.startswith(handed)
        }
        if stack in found:
            found |= {f"{stack}/{path}": value for path, value in _resources(document, parameters).items()}
    return found


def _loaded(given: Mapping[str, str]) -> template.Template:
    # SAM's translator asks for a region, to know its partition by it.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    return template.load(TEMPLATE, given)


def _resources(document: Document, given: Mapping[str, str]) -> dict[str, Any]:
    resolver, found = Resolver(document, given), dict[str, Any]()
    for name, resource in document["Resources"].items():
        if "Condition" not in resource or resolver.holds(resource["Condition"]):
            found[name] = resource["Type"]
            _flatten(f"{name}.Properties", resolver.of(resource.get("Properties", {})), found)
    return found


def _flatten(path: str, value: Any, found: dict[str, Any]) -> None:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in members:
        _flatten(f"{path}.{key}", each, found)
    if not isinstance(value, (dict, list)):
        found[path] = value


def differences(plain: Mapping[str, Any], changed: Mapping[str, Any]) -> set[str]:
    """Resources that are in one of them only, by their names, and paths of properties that differ in those of both."""
    differing = {path for path in plain.keys() | changed.keys() if plain.get(path) != changed.get(path)}
    come_or_gone = {path for path in plain.keys() ^ changed.keys() if "." not in path}
    # Of a resource that comes or goes, its properties are no news.
    return {path for path in differing if path in come_or_gone or path.partition(".")[0] not in come_or_gone}
