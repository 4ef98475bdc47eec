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
    """Raises `InvalidRequest` where a name is taken, or a schema cannot be held."""
    names = [tool.name for tool in tools]
    if twice := next((name for name in names if names.count(name) > 1 or name in taken), None):
        raise InvalidRequest(f"tools: the name {twice!r} is taken; give each tool a name of its own")
    for tool in tools:
        faults = faults_of_schema(dict(tool.parameters))
        if tool.parameters.get("type") != "object":
            faults = ["$: parameters is of type object", *faults]
        if faults:
            raise InvalidRequest(f"tools: parameters of {tool.name}: {'; '.join(faults)}")
    size = sum(len(json.dumps(dict(tool.parameters))) + len(tool.description) for tool in tools)
    if size > MAX_TOOLS_SIZE:
        raise InvalidRequest(f"tools have {size} characters together; at most {MAX_TOOLS_SIZE} are taken")
