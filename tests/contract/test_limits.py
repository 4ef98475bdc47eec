"""Every limit of the OpenAPI document: one more is refused with a code, and no part of a request is without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from api.routes.projects import MAX_CONFIG_BYTES
from infra.pages.limits import WORDS, Place, Schema, document, parts, resolved
from swarm.runs.json_schema import MAX_SCHEMA
from tests.docs.test_errors import listed_codes
from tests.support.stack import Answer, Stack
from tests.support.stack import stack as deployed


@dataclass(frozen=True)
class Limit:
    """A keyword of the document, and the operation and the place that it is for."""

    method: str
    path: str
    place: Place
    way: tuple[Schema, ...]
    keyword: str

    @property
    def schema(self) -> Schema:
        return self.way[-1]

    @property
    def figure(self) -> int:
        return int(self.schema[self.keyword])

    @property
    def inside(self) -> list[tuple[str | int, Schema]]:
        """The steps from the body or parameter to the place, and what is there, of each union the alternative."""
        steps = self.place[len(self.place) - len(self.way) + 1 :]
        return list(zip(steps, self.way[1:], strict=True))

    def __str__(self) -> str:
        kinds = "".join(f" {each['const']}" for way in self.way for each in constants(way))
        return f"{self.method} {self.path} {self.place}{kinds} {self.keyword}"


def constants(schema: Schema) -> list[Schema]:
    """The properties that tell which of a union's alternatives a value is."""
    return [each for each in schema.get("properties", {}).values() if "const" in each]


LIMITS = [Limit(*part, keyword) for part in parts() for keyword in WORDS if keyword in part.schema]


def is_limited(schema: Schema) -> bool:
    match schema.get("type"):
        case "string":
            return bool({"maxLength", "enum", "const"} & schema.keys()) or schema.get("format") in {"date-time", "date"}
        case "array":
            return "maxItems" in schema
        case "integer" | "number":
            return "maximum" in schema
        case "object":
            return "properties" in schema or "maxProperties" in schema
        case _:
            return schema.get("type") == "boolean" or "const" in schema


def test_no_part_of_a_request_is_without_a_limit() -> None:
    # What is read of earlier installations has the shapes of answers, and one limit for all of it together.
    imported = ("body", "run")
    assert [part for part in parts() if not is_limited(part.schema) and part.place[:2] != imported] == []


SAMPLES: Mapping[str, Any] = {
    "id": "r1",
    "status": "succeeded",
    "path": "a.md",
    "source": "a.md",
    "target": "b.docx",
    "content": "x",
    "size": 1,
    "q": "word",
    "name": "look-up",
    "parameters": {"type": "object", "properties": {}},
    "criteria": ["It is short."],
}
"""What a field of the name takes, where the shape alone does not say it."""

BODIES: Mapping[str, Any] = {
    "decide": {"decision": "approve"},
    "put_skill": {"project_id": "p1"},
    "create_batch": {"items": [{"name": "x"}]},
}
"""What an operation wants besides what its schema requires."""

KEY = {"tenant_id": "tenant-a", "may": "read run manage import admin operator"}


def minimal(schema: Schema, name: str | int = "") -> Any:
    """The least that is taken for the schema."""
    schema = resolved(schema)
    if name in SAMPLES:
        return SAMPLES[str(name)]
    if "properties" in schema:
        return {each: minimal(schema["properties"][each], each) for each in schema.get("required", [])}
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("format") == "date-time":
        return "2026-01-01T00:00:00Z"
    return {"array": [], "object": {}, "integer": schema.get("minimum", 1), "number": 1, "boolean": True}.get(
        schema.get("type", ""), "x"
    )


def put(value: Any, steps: list[tuple[str | int, Schema]], more: Any) -> Any:
    """The value, with what is behind the steps replaced; what is missing on the way is the least that is taken."""
    if not steps:
        return more
    (key, schema), *rest = steps
    inside = put(minimal(schema, key), rest, more)
    return [inside] if isinstance(key, int) else {**value, key: inside}


def one_more(limit: Limit) -> Any:
    """A value of the schema that goes over the limit by one, and over no other."""
    match limit.keyword:
        case "maxLength":
            return "x" * (limit.figure + 1)
        case "maximum":
            return limit.figure + 1
        case "maxProperties":
            return {f"key{number}": "x" for number in range(limit.figure + 1)}
    each = minimal(limit.schema["items"])
    numbered = {"path": "{}.md", "name": "tool{}"}
    return [
        {**each, **{name: text.format(number) for name, text in numbered.items() if name in each}}
        if isinstance(each, dict)
        else each
        for number in range(limit.figure + 1)
    ]


@dataclass(frozen=True)
class World:
    """Functions with a project and a run that has ended."""

    stack: Stack
    ids: Mapping[str, str]

    def send(self, limit: Limit) -> Answer:
        """What over the limit is answered."""
        operation = document()["paths"][limit.path][limit.method]
        path, query, headers = limit.path, {}, {}
        for parameter in operation.get("parameters", []):
            place = (parameter["in"], parameter["name"])
            is_meant = limit.place[:2] == place
            if not (is_meant or parameter.get("required")):
                continue
            value: Any = self.ids.get(parameter["name"]) or minimal(parameter["schema"], parameter["name"])
            if is_meant:
                value = put(value, limit.inside, one_more(limit))
            match parameter["in"]:
                case "path":
                    path = path.replace(f"{{{parameter['name']}}}", str(value))
                case "header":
                    headers[parameter["name"]] = str(value)
                case _:
                    query[parameter["name"]] = value
        asked = f"{path}?{urlencode(query, doseq=True)}" if query else path
        body = None
        for content in operation.get("requestBody", {}).get("content", {}).values():
            body = minimal(content["schema"]) | BODIES.get(operation["operationId"], {})
            if limit.place[0] == "body":
                body = put(body, limit.inside, one_more(limit))
        return self.stack.request(limit.method.upper(), asked, body, headers=headers, authorizer=KEY)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, deployed(patch) as stack:
        run_id = stack.finish("Create a file called a.md with words")
        yield World(stack, {"project_id": "p1", "run_id": run_id, "thread_id": run_id})


@pytest.mark.parametrize("path", sorted({limit.path for limit in LIMITS}))
def test_one_more_than_a_limit_is_refused_with_a_code(path: str, world: World) -> None:
    codes = listed_codes()
    refused = {}
    for limit in LIMITS:
        if limit.path == path:
            answer = world.send(limit)
            refused[str(limit)] = (answer.status // 100, answer.json["code"] in codes)
            # Where the shape is at fault it is this place, and no other.
            faults = [tuple(fault["loc"]) for fault in answer.json.get("errors", [])]
            assert faults in ([], [limit.place])
    assert {limit: found for limit, found in refused.items() if found != (4, True)} == {}


def of_size(size: int) -> dict[str, Any]:
    return {"type": "object", "description": "x" * size}


@pytest.mark.parametrize(
    ("method", "path", "body", "refused"),
    [
        pytest.param(
            "PUT", "/projects/p1", {"domain_config": "x" * MAX_CONFIG_BYTES}, (413, "too_large"), id="domain_config"
        ),
        pytest.param(
            "POST",
            "/projects/p1/imports",
            {"project": {"created_at": "2026-01-01T00:00:00Z", "domain_config": "x" * MAX_CONFIG_BYTES}},
            (413, "too_large"),
            id="imported-domain_config",
        ),
        pytest.param(
            "POST",
            "/projects/p1/runs",
            {"instructions": "touch a.md", "result_schema": of_size(MAX_SCHEMA)},
            (400, "invalid_request"),
            id="result_schema",
        ),
        pytest.param(
            "POST",
            "/projects/p1/runs",
            {
                "instructions": "touch a.md",
                "tools": [{"name": "look-up", "description": "Looks up.", "parameters": of_size(MAX_SCHEMA)}],
            },
            (400, "invalid_request"),
            id="parameters",
        ),
        pytest.param(
            "POST",
            "/projects/p1/runs",
            {
                "instructions": "touch a.md",
                "acceptance": {
                    "criteria": [{"check": "matches_schema", "path": "a.json", "json_schema": of_size(MAX_SCHEMA)}]
                },
            },
            (400, "invalid_request"),
            id="json_schema",
        ),
    ],
)
def test_json_of_any_shape_is_limited_by_its_size(
    method: str, path: str, body: dict[str, Any], refused: tuple[int, str], world: World
) -> None:
    answer = world.stack.request(method, path, body, authorizer=KEY)
    assert (answer.status, answer.json["code"]) == refused


def test_a_body_of_which_nothing_is_required_may_be_left_out(world: World) -> None:
    """The document says `required: false` of it, and it is so."""
    optional = {
        (method, path)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if not operation.get("requestBody", {"required": True}).get("required", False)
    }
    key = world.stack.request("POST", "/keys", {"name": "a key"}, authorizer=KEY).json
    ids = {**world.ids, "key_id": key["id"]}
    assert ("post", "/runs/{run_id}/tokens") in optional
    for method, path in optional:
        answer = world.stack.request(method.upper(), path.format_map(ids), authorizer=KEY)
        # These two cannot be done: the run has not met a limit, and there is no receiver.
        refusals = {"resume": (409, "not_resumable"), "ping": (400, "no_callback_url")}
        expected = refusals.get(path.rpartition("/")[2], (201, None))
        assert (answer.status, answer.json.get("code")) == expected, answer.text
