"""Chat completions at the server: what that protocol refuses, and a response in its form, whole or as a stream.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming

from tests.provider.rules import LONGEST_CACHE_KEY, schema_faults

Json = Any
PARAMETERS = frozenset(CompletionCreateParamsNonStreaming.__annotations__) | {"stream"}
PIECE = 7
"""Characters of a delta; it cuts words, escapes and calls anywhere."""

_KEYS = {
    "system": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls"},
    "tool": {"role", "content", "tool_call_id"},
}
_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


def chat_faults(body: Json) -> list[str]:
    """Everything wrong with a request body."""
    if not isinstance(body, dict):
        return ["the body is not a JSON object"]
    return [
        *(f"Unknown parameter: '{name}'." for name in body if name not in PARAMETERS),
        *_parameter_faults(body),
        *(fault for tool in body.get("tools", []) for fault in _tool_faults(tool)),
        *_message_faults(body.get("messages") or []),
    ]


def _parameter_faults(body: Mapping[str, Json]) -> Iterator[str]:
    if not isinstance(body.get("model"), str) or not body["model"]:
        yield "Missing required parameter: 'model'."
    if body.get("store", False) is not False:
        yield "store has to be false: nothing may be kept by the provider"
    if "stream_options" in body and not body.get("stream"):
        yield "The 'stream_options' parameter is only allowed when 'stream' is enabled."
    if "parallel_tool_calls" in body and not body.get("tools"):
        yield "'parallel_tool_calls' is only allowed when 'tools' are specified."
    if body.get("tools") == []:
        yield "[] is too short - 'tools'"
    if len(body.get("prompt_cache_key", "")) > LONGEST_CACHE_KEY:
        yield f"Invalid 'prompt_cache_key': longer than {LONGEST_CACHE_KEY}."


def _tool_faults(tool: Json) -> list[str]:
    match tool:
        case {"type": "function", "function": {"name": str(name), "description": str(), "strict": True, **rest}}:
            return [f"Invalid schema for function '{name}': {fault}" for fault in schema_faults(rest.get("parameters"))]
    return [f"not a strict function tool: {tool}"]


def _message_faults(messages: Sequence[Json]) -> Iterator[str]:
    if not messages or messages[0].get("role") != "system":
        yield "the instructions are no system message at the beginning"
    waiting: list[str] = []
    for number, message in enumerate(messages):
        role = message.get("role")
        if extra := set(message) - _KEYS.get(role, set()):
            yield f"messages[{number}]: {role} with {sorted(extra)}"
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                yield f"messages[{number}]: 'tool' must be a response to a preceding message with 'tool_calls'."
            else:
                waiting.remove(message["tool_call_id"])
            if not isinstance(message.get("content"), str):
                yield f"messages[{number}]: content of a tool is no text"
            continue
        if waiting:
            yield f"messages[{number}]: these tool calls were not answered: {waiting}"
        waiting = [call["id"] for call in message.get("tool_calls", [])]
        yield from (f"messages[{number}]: {fault}" for fault in _content_faults(message))


def _content_faults(message: Mapping[str, Json]) -> Iterator[str]:
    content = message.get("content")
    for call in message.get("tool_calls", []):
        match call:
            case {"id": str(), "type": "function", "function": {"name": str(), "arguments": str(text)}, **rest}:
                if rest or not isinstance(json.loads(text), dict):
                    yield f"invalid call {call}"
            case _:
                yield f"invalid call {call}"
    if content is None and message.get("tool_calls"):
        return
    for part in content if isinstance(content, list) else []:
        match part:
            case {"type": "image_url", "image_url": {"url": str(url), "detail": "high"}} if url.startswith("data:"):
                pass
            case _:
                yield f"invalid part {str(part)[:80]}"
    if not isinstance(content, str | list):
        yield f"Invalid value for 'content': {content}"


def as_completion(response: Json) -> Json:
    """A response of the Responses API as a chat completion would have said it; reasoning has no place in it."""
    if response["error"]:
        return {"error": response["error"]}
    items = [item for item in response["output"] if not isinstance(item, dict) or item.get("type") != "reasoning"]
    if not response["output"]:
        choices: list[Json] = []
    elif not all(isinstance(item, dict) for item in items):
        choices = [{"message": items[0]}]
    else:
        reason = _REASONS.get((response["incomplete_details"] or {}).get("reason", ""))
        calls = [_call(item) for item in items if item["type"] == "function_call"]
        message: Json = {"role": "assistant", "content": None, "refusal": None}
        for part in (part for item in items if item["type"] == "message" for part in item["content"]):
            if part["type"] == "refusal":
                message["refusal"] = part["refusal"]
            else:
                message["content"] = (message["content"] or "") + part["text"]
        if calls:
            message["tool_calls"] = calls
        ends = reason or ("tool_calls" if calls else "stop")
        choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": ends}]
    return {
        "id": response["id"],
        "object": "chat.completion",
        "created": response["created_at"],
        "model": response["model"],
        "choices": choices,
        "usage": _usage(response["usage"]),
    }


def _call(item: Json) -> Json:
    function = {name: item[name] for name in ("name", "arguments") if name in item}
    return {"id": item.get("call_id"), "type": "function", "function": function}


def _usage(usage: Json) -> Json:
    return usage and {
        "prompt_tokens": usage["input_tokens"],
        "completion_tokens": usage["output_tokens"],
        "total_tokens": usage["total_tokens"],
        "prompt_tokens_details": {"cached_tokens": usage["input_tokens_details"]["cached_tokens"]},
        "completion_tokens_details": {"reasoning_tokens": usage["output_tokens_details"]["reasoning_tokens"]},
    }


def as_chunks(completion: Json) -> bytes:
    """The completion as Server-Sent Events, its usage in the last before the mark at the end."""
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in _chunks(completion)]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


def _chunks(completion: Json) -> Iterator[Json]:
    if "error" in completion:
        yield completion
        return
    frame = {**completion, "object": "chat.completion.chunk", "usage": None}
    for choice in completion["choices"]:
        for delta in _deltas(choice["message"]):
            yield {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        yield {**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    yield {**frame, "choices": [], "usage": completion["usage"]}


def _deltas(message: Json) -> Iterator[Json]:
    yield {"role": "assistant", "content": "" if message["content"] is not None else None}
    for name in ("content", "refusal"):
        text = message[name] or ""
        yield from ({name: text[at : at + PIECE]} for at in range(0, len(text), PIECE))
    for place, call in enumerate(message.get("tool_calls", [])):
        function = {**call["function"], "arguments": ""}
        yield {"tool_calls": [{**call, "index": place, "function": function}]}
        text = call["function"].get("arguments", "")
        for at in range(0, len(text), PIECE):
            yield {"tool_calls": [{"index": place, "function": {"arguments": text[at : at + PIECE]}}]}
