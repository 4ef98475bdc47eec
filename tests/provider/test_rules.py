"""The scripted provider has teeth: what the real API refuses, it refuses."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.provider.rules import request_faults, schema_faults

SCHEMA = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "lines": {"type": ["integer", "null"]}},
    "required": ["path", "lines"],
    "additionalProperties": False,
}
CALL = {"type": "function_call", "call_id": "c1", "name": "read", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "text"}
REASONING = {"type": "reasoning", "summary": [], "encrypted_content": "secret"}
IMAGE = {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "high"}
SEEN = {**OUTPUT, "output": [{"type": "input_text", "text": "text"}, IMAGE]}
USER = {"role": "user", "content": "Hello"}
VALID: dict[str, Any] = {
    "model": "m",
    "store": False,
    "input": [USER, REASONING, CALL, OUTPUT],
    "tools": [{"type": "function", "name": "read", "description": "Read", "parameters": SCHEMA, "strict": True}],
}


def with_tool(**changes: Any) -> dict[str, Any]:
    return {"tools": [{**VALID["tools"][0], **changes}]}


def test_a_valid_request_has_no_fault() -> None:
    assert request_faults(VALID, {"secret"}) == []
    assert request_faults({**VALID, "input": [USER, REASONING, CALL, SEEN]}, {"secret"}) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        pytest.param({"store": True}, "store has to be false", id="store"),
        pytest.param({"temprature": 1}, "Unknown parameter: 'temprature'", id="unknown parameter"),
        pytest.param({"model": ""}, "'model'", id="model"),
        pytest.param({"stream": "yes"}, "Invalid type for 'stream'", id="stream"),
        pytest.param({"include": ["everything"]}, "'include'", id="include"),
        pytest.param({"prompt_cache_key": "k" * 65}, "prompt_cache_key", id="cache key"),
        pytest.param({"input": []}, "'input'", id="no input"),
        pytest.param({"input": [{**USER, "id": "msg_1"}]}, "not persisted", id="id"),
        pytest.param({"input": [{**USER, "status": None}]}, "status", id="null"),
        pytest.param({"input": [{"role": "robot", "content": "x"}]}, "robot", id="role"),
        pytest.param({"input": [{"role": "user", "content": [{"type": "output_text"}]}]}, "content part", id="part"),
        pytest.param({"input": [USER, OUTPUT]}, "No tool call found", id="output without its call"),
        pytest.param({"input": [USER, CALL]}, "No tool output found", id="call without its output"),
        pytest.param({"input": [USER, CALL, CALL, OUTPUT]}, "Duplicate call_id", id="call twice"),
        pytest.param({"input": [USER, CALL, OUTPUT, OUTPUT]}, "Two outputs", id="output twice"),
        pytest.param({"input": [USER, CALL, {**OUTPUT, "output": 1}]}, "Invalid type for 'output'", id="output"),
        pytest.param(
            {"input": [USER, CALL, {**OUTPUT, "output": [{**IMAGE, "image_url": "a.png"}]}]}, "image_url", id="image"
        ),
        pytest.param(
            {"input": [USER, CALL, {**OUTPUT, "output": [{"type": "output_text"}]}]},
            "part of 'output'",
            id="output part",
        ),
        pytest.param({"input": [USER, {**CALL, "status": "completed"}, OUTPUT]}, "'status'", id="status of a call"),
        pytest.param({"input": [USER, REASONING]}, "required following item", id="reasoning at the end"),
        pytest.param(
            {"input": [USER, {**REASONING, "encrypted_content": "forged"}, CALL, OUTPUT]}, "verified", id="forged"
        ),
        pytest.param({"input": [USER, {"type": "hologram"}]}, "hologram", id="item type"),
        pytest.param(with_tool(strict=False), "not strict", id="tool not strict"),
        pytest.param(with_tool(name="a b"), "Invalid tool name", id="tool name"),
        pytest.param({"tools": VALID["tools"] * 2}, "unique", id="same tool twice"),
        pytest.param(with_tool(parameters={"type": "string"}), "must have type 'object'", id="schema of no object"),
    ],
)
def test_a_fault_is_found(changes: dict[str, Any], fault: str) -> None:
    assert fault in " ".join(request_faults({**VALID, **changes}, {"secret"}))


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        pytest.param(["additionalProperties"], True, "additionalProperties", id="open object"),
        pytest.param(["required"], ["path"], "required", id="optional property"),
        pytest.param(["properties", "path", "default"], "a", "'default' is not permitted", id="default"),
        pytest.param(["properties", "path", "title"], "a", "'title' is not permitted", id="title"),
        pytest.param(["properties", "path", "type"], "text", "type 'text'", id="type"),
        pytest.param(["properties", "path"], {"type": "array", "items": {"type": "object"}}, "[]", id="inside a list"),
    ],
)
def test_a_fault_of_a_schema_is_found(path: list[str], value: object, fault: str) -> None:
    schema: Any = copy.deepcopy(SCHEMA)
    place = schema
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert fault in " ".join(schema_faults(schema))
