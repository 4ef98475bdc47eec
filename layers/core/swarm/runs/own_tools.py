"""Tools of the application's own, as a run carries them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from swarm.errors import InvalidRequest
from swarm.runs.json_schema import faults_of_schema

MAX_TOOLS_SIZE = 32_000
"""Characters of all tools of a run together, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTool:
    """What the agent is told of it; `parameters` is a JSON Schema (`swarm.runs.json_schema`)."""

    name: str
    description: str
    parameters: Mapping[str, JsonValue]


def require_usable(tools: Sequence[OwnTool], taken: Collection[str]) -> None:
    """Raises `InvalidRequest` where a name is taken, or a schema cannot be held.

    `Write-File` is taken where `write_file` is: a model would mistake one for the other.
    """
    seen = {_alike(name) for name in taken}
    for tool in tools:
        if _alike(tool.name) in seen:
            raise InvalidRequest(f"tools: the name {tool.name!r} is taken; give each tool a name of its own")
        seen.add(_alike(tool.name))
        faults = faults_of_schema(dict(tool.parameters))
        if tool.parameters.get("type") != "object":
            faults = ["$: parameters is of type object", *faults]
        if faults:
            raise InvalidRequest(f"tools: parameters of {tool.name}: {'; '.join(faults)}")
    size = sum(len(json.dumps(dict(tool.parameters))) + len(tool.description) for tool in tools)
    if size > MAX_TOOLS_SIZE:
        raise InvalidRequest(f"tools have {size} characters together; at most {MAX_TOOLS_SIZE} are taken. Shorten them")


def _alike(name: str) -> str:
    return name.casefold().replace("-", "_")
