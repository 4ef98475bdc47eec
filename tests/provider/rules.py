"""What the Responses API refuses, as far as its documentation and its known answers tell.

A request is checked the way the API does it for `store: false`: nothing of an earlier response is kept on the
server, so everything a request refers to has to be in the request itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming

Json = Any
"""JSON as it came; the checks below look before they use it."""

PARAMETERS = frozenset(ResponseCreateParamsNonStreaming.__annotations__)
INCLUDABLE = {"reasoning.encrypted_content", "message.output_text.logprobs"}
LONGEST_CACHE_KEY = 64
LEAST_THRESHOLD = 1_000

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_SCHEMA_KEYS = {
    "type",
    "properties",
    "required",
    "additionalProperties",
    "description",
    "items",
    "enum",
    "anyOf",
}
_SCHEMA_TYPES = {"object", "array", "string", "number", "integer", "boolean", "null"}
_SEARCH_KEYS = {"type", "filters", "search_context_size", "user_location"}
_SERVER_KEYS = {
    "type",
    "server_label",
    "server_url",
    "server_description",
    "authorization",
    "headers",
    "allowed_tools",
    "require_approval",
}
_BEHIND_REASONING = {"reasoning", "function_call", "apply_patch_call", "web_search_call", "mcp_list_tools", "mcp_call"}
_ROLES = {"user": {"input_text"}, "system": {"input_text"}, "assistant": {"output_text", "refusal"}}


def request_faults(body: Json, issued: Collection[str]) -> list[str]:
    """Everything wrong with a request body.

    `issued` holds what the server handed out: encrypted reasonings, and ids of items of further types.
    """
    if not isinstance(body, dict):
        return ["the body is not a JSON object"]
    return [
        *(f"Unknown parameter: '{name}'." for name in body if name not in PARAMETERS),
        *_parameter_faults(body),
        *_compaction_faults(body.get("context_management", [])),
        *_tool_faults(body.get("tools", [])),
        *_input_faults(body.get("input"), issued),
    ]


def _parameter_faults(body: Mapping[str, Json]) -> Iterator[str]:
    if not isinstance(body.get("model"), str) or not body["model"]:
        yield "Missing required parameter: 'model'."
    if body.get("store") is not False:
        yield "store has to be false: nothing may be kept by the provider"
    if body.get("stream") not in {None, True, False}:
        yield "Invalid type for 'stream'."
    if not isinstance(body.get("instructions", ""), str):
        yield "Invalid type for 'instructions'."
    if set(body.get("include", [])) - INCLUDABLE:
        yield "Invalid value for 'include'."
    if len(body.get("prompt_cache_key", "")) > LONGEST_CACHE_KEY:
        yield f"Invalid 'prompt_cache_key': longer than {LONGEST_CACHE_KEY}."
    if body.get("truncation", "disabled") != "disabled":
        yield "truncation would drop part of the conversation in silence"


def _compaction_faults(entries: Sequence[Json]) -> Iterator[str]:
    for entry in entries:
        if set(entry) != {"type", "compact_threshold"} or entry["type"] != "compaction":
            yield "Invalid value for 'context_management'."
        elif entry["compact_threshold"] < LEAST_THRESHOLD:
            yield f"Invalid 'compact_threshold': less than {LEAST_THRESHOLD}."


def _tool_faults(tools: Sequence[Json]) -> Iterator[str]:
    names = [tool.get("name") for tool in tools if tool.get("type") == "function"]
    if len(names) != len(set(names)):
        yield "Function names must be unique."
    labels = [tool.get("server_label") for tool in tools if tool.get("type") == "mcp"]
    if len(labels) != len(set(labels)):
        yield "Duplicate 'server_label'."
    for tool in tools:
        if tool == {"type": "apply_patch"}:
            continue
        if tool.get("type") == "web_search":
            yield from (f"Unknown parameter: 'tools.{key}'." for key in set(tool) - _SEARCH_KEYS)
        elif tool.get("type") == "mcp":
            yield from _server_faults(tool)
        elif set(tool) != {"type", "name", "description", "parameters", "strict"} or tool["type"] != "function":
            yield f"not a function tool: {tool}"
        elif not _NAME.fullmatch(tool["name"]):
            yield f"Invalid tool name {tool['name']!r}."
        elif tool["strict"] is not True:
            yield f"{tool['name']} is not strict"
        else:
            yield from (f"Invalid schema for function '{tool['name']}': {f}" for f in schema_faults(tool["parameters"]))


def _server_faults(tool: Json) -> Iterator[str]:
    yield from (f"Unknown parameter: 'tools.{key}'." for key in set(tool) - _SERVER_KEYS)
    if not isinstance(tool.get("server_url"), str) or not _NAME.fullmatch(tool.get("server_label") or ""):
        yield "Missing required parameter: 'server_label' or 'server_url'."
    if tool.get("require_approval") != "never":
        yield "nobody would approve a call"


def schema_faults(schema: Json, where: str = "()") -> list[str]:
    """What strict mode refuses in a schema; the root has to be an object."""
    faults = list(_schema_faults(schema, where))
    if isinstance(schema, Mapping) and schema.get("type") != "object":
        faults.append(f"{where}: schema must have type 'object'")
    return faults


def _schema_faults(schema: Json, where: str) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        yield f"{where}: not a schema"
        return
    yield from (f"{where}: '{key}' is not permitted" for key in set(schema) - _SCHEMA_KEYS)
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "anyOf" not in schema and not set(kinds) <= _SCHEMA_TYPES:
        yield f"{where}: type {kind!r}"
    properties = schema.get("properties", {})
    if "object" in kinds and schema.get("additionalProperties") is not False:
        yield f"{where}: 'additionalProperties' is required to be supplied and to be false."
    if "object" in kinds and set(schema.get("required", [])) != set(properties):
        yield f"{where}: 'required' is required to be an array including every key in properties."
    for name, inner in properties.items():
        yield from _schema_faults(inner, f"{where}.{name}")
    for inner in (*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])):
        yield from _schema_faults(inner, f"{where}[]")


def _input_faults(items: Json, issued: Collection[str]) -> Iterator[str]:
    if not isinstance(items, list) or not items:
        yield "Missing required parameter: 'input'."
        return
    for number, item in enumerate(items):
        where = f"input[{number}]"
        if not isinstance(item, dict):
            yield f"{where} is not an item"
            continue
        if item.get("type") not in _ITEMS and item.get("id") in issued:
            continue
        # Any id is a reference to something stored, and nothing is.
        if "id" in item:
            yield f"Item with id '{item['id']}' not found. Items are not persisted when `store` is false."
        yield from (f"Unknown parameter: '{where}.{key}'." for key, value in item.items() if value is None)
        check = _ITEMS.get(item.get("type", "message"))
        if check is None:
            yield f"Invalid value: '{item.get('type')}' for '{where}.type'."
        else:
            yield from (f"{where}: {fault}" for fault in check(item, items[:number], items[number + 1 :], issued))
    yield from _unanswered(items)


def _message(item: Json, _before: list[Json], _after: list[Json], _issued: Collection[str]) -> Iterator[str]:
    yield from _only(item, {"type", "role", "content", "phase"})
    parts = _ROLES.get(item.get("role", ""))
    if parts is None:
        yield f"Invalid value: '{item.get('role')}' for role."
        return
    content = item.get("content")
    if isinstance(content, str):
        return
    for part in content if isinstance(content, list) and content else [{}]:
        text = part.get("refusal" if part.get("type") == "refusal" else "text")
        if part.get("type") not in parts or not isinstance(text, str):
            yield f"Invalid content part for {item['role']}: {part}"


def _call(item: Json, before: list[Json], _after: list[Json], _issued: Collection[str]) -> Iterator[str]:
    yield from _only(item, {"type", "call_id", "name", "arguments"})
    if not all(isinstance(item.get(key), str) for key in ("call_id", "name", "arguments")):
        yield "Missing required parameter."
    if item.get("call_id") in {other.get("call_id") for other in before if other.get("type") == "function_call"}:
        yield f"Duplicate call_id {item.get('call_id')}."


def _output(item: Json, before: list[Json], _after: list[Json], _issued: Collection[str]) -> Iterator[str]:
    yield from _only(item, {"type", "call_id", "output"})
    output = item.get("output")
    if isinstance(output, list):
        yield from (fault for part in output for fault in _part_of_output(part))
    elif not isinstance(output, str):
        yield "Invalid type for 'output'."
    same = [other.get("type") for other in before if other.get("call_id") == item.get("call_id")]
    if "function_call" not in same:
        yield f"No tool call found for function call output with call_id {item.get('call_id')}."
    if "function_call_output" in same:
        yield f"Two outputs for call_id {item.get('call_id')}."


def _part_of_output(part: Json) -> Iterator[str]:
    """Of the parts that an output may have: text, and images by address (also files, which nobody here sends)."""
    match part:
        case {"type": "input_text", "text": str(), **rest} if not rest:
            pass
        case {"type": "input_image", "image_url": str(url), "detail": "low" | "high" | "auto", **rest} if not rest:
            if not url.startswith(("data:image/png;base64,", "data:image/jpeg;base64,", "https://")):
                yield "Invalid 'image_url'."
        case _:
            yield "Invalid part of 'output'."


def _reasoning(item: Json, _before: list[Json], after: list[Json], issued: Collection[str]) -> Iterator[str]:
    yield from _only(item, {"type", "summary", "encrypted_content", "content"})
    if not isinstance(item.get("summary"), list):
        yield "Missing required parameter: 'summary'."
    if item.get("encrypted_content") not in issued:
        yield "The encrypted content could not be verified."
    following = after[0] if after else {}
    if following.get("type") not in _BEHIND_REASONING and following.get("role") != "assistant":
        yield "Item of type 'reasoning' was provided without its required following item."


def _compaction(item: Json, _before: list[Json], _after: list[Json], issued: Collection[str]) -> Iterator[str]:
    yield from _only(item, {"type", "encrypted_content"})
    if item.get("encrypted_content") not in issued:
        yield "The encrypted content could not be verified."


def _patch_call(item: Json, _before: list[Json], after: list[Json], _issued: Collection[str]) -> Iterator[str]:
    yield from _only(item, {"type", "call_id", "operation", "status"})
    if {"type", "path"} - set(item.get("operation") or {}):
        yield "Missing required parameter: 'operation'."
    answers = [other for other in after if other.get("type") == "apply_patch_call_output"]
    if item.get("call_id") not in {other.get("call_id") for other in answers}:
        yield f"No tool output found for apply patch call {item.get('call_id')}."


def _patch_output(item: Json, before: list[Json], _after: list[Json], _issued: Collection[str]) -> Iterator[str]:
    yield from _only(item, {"type", "call_id", "status", "output"})
    if item.get("status") not in {"completed", "failed"}:
        yield "Invalid value for 'status'."
    asked = [other for other in before if other.get("type") == "apply_patch_call"]
    if item.get("call_id") not in {other.get("call_id") for other in asked}:
        yield f"No tool call found for apply patch call output with call_id {item.get('call_id')}."


def _unanswered(items: Sequence[Json]) -> Iterator[str]:
    calls = [item.get("call_id") for item in items if item.get("type") == "function_call"]
    answered = {item.get("call_id") for item in items if item.get("type") == "function_call_output"}
    yield from (f"No tool output found for function call {call}." for call in calls if call not in answered)


def _only(item: Json, known: set[str]) -> Iterator[str]:
    yield from (f"Unknown parameter: '{key}'." for key in set(item) - known - {"id"})


_Check = Callable[[Json, list[Json], list[Json], Collection[str]], Iterator[str]]
_ITEMS: dict[str, _Check] = {
    "message": _message,
    "function_call": _call,
    "function_call_output": _output,
    "reasoning": _reasoning,
    "compaction": _compaction,
    "apply_patch_call": _patch_call,
    "apply_patch_call_output": _patch_output,
}
