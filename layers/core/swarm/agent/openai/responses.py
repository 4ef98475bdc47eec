"""The Responses API: what a request says, a response's body as a turn, and carried items as input again.

https://platform.openai.com/docs/api-reference/responses. Nothing is stored at the provider (`store: false`): every
request carries the whole conversation, with the model's reasoning encrypted in it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, JsonValue, ValidationError
from pydantic_core import from_json

from swarm.agent.model import ModelTurn, ToolCall, ToolSpec
from swarm.agent.openai.api import Api, Asking, Offer
from swarm.agent.openai.counts import Count, details, token_usage
from swarm.agent.openai.failures import ProviderError, failure_of, no_answer, refused
from swarm.agent.openai.patch_calls import FUNCTION, TOOL, as_function_call, as_sent, calls_of_this_type
from swarm.agent.openai.streaming import StreamedResponse
from swarm.runs.conversation import HOSTED, Item, expanded
from swarm.runs.usage import TokenUsage

_NO_ANSWER = frozenset({"reasoning", "message", "compaction"}) | HOSTED
"""Types of items that alone leave open what the model has to say."""


class _Error(BaseModel):
    code: str | None = None
    message: str | None = None


class _Incomplete(BaseModel):
    reason: str | None = None


class _InputDetails(BaseModel):
    cached_tokens: Count = 0


class _OutputDetails(BaseModel):
    reasoning_tokens: Count = 0


class _Usage(BaseModel):
    input_tokens: Count = 0
    output_tokens: Count = 0
    input_tokens_details: Annotated[_InputDetails, BeforeValidator(details)] = _InputDetails()
    output_tokens_details: Annotated[_OutputDetails, BeforeValidator(details)] = _OutputDetails()


class _Response(BaseModel):
    """What of a response is looked at. Compatible servers leave out status and usage."""

    output: list[dict[str, JsonValue]]
    status: str | None = None
    model: str | None = None
    error: _Error | None = None
    incomplete_details: _Incomplete | None = None
    usage: Annotated[_Usage, BeforeValidator(details)] = _Usage()


def turn_of(body: bytes) -> ModelTurn:
    """The turn in a response's body, its items as they came. Raises `ModelFailure` when there is none."""
    try:
        response = _Response.model_validate_json(body)
    except ValidationError:
        raise no_answer("the provider's answer is not a response of the Responses API") from None
    if reason := _cut_off(response):
        # Nothing of it is carried along: half a call means nothing, and reasoning counts only before what it led to.
        return ModelTurn((), "", (), _tokens(response.usage), cut_off=reason[:40], answered_as=response.model)
    items = [as_function_call(_with_arguments_as_text(item)) for item in response.output]
    parts = [part for item in items if item.get("type") == "message" for part in parts_of(item)]
    refusal = [str(part.get("refusal") or "") for part in parts if part.get("type") == "refusal"]
    if refusal:
        raise refused(f"the model declined: {' '.join(refusal)}")
    text = "".join(str(part.get("text") or "") for part in parts if part.get("type") == "output_text")
    calls = tuple(_calls(items))
    if not text.strip() and all(item.get("type") in _NO_ANSWER for item in items):
        raise no_answer("the provider's answer has neither text nor a tool call")
    return ModelTurn(items, text, calls, _tokens(response.usage), answered_as=response.model)


def _cut_off(response: _Response) -> str | None:
    """Why the model was stopped in the middle of its answer; None where it was not. Raises `ModelFailure`."""
    if response.status == "failed" or response.error:
        error = response.error or _Error()
        raise failure_of(ProviderError(200, code=error.code or "server_error", message=error.message or ""))
    if response.status == "incomplete":
        reason = (response.incomplete_details or _Incomplete()).reason or "no reason given"
        if reason == "content_filter":
            raise failure_of(ProviderError(200, code=reason))
        return reason
    if response.status not in {None, "completed"}:
        raise no_answer(f"the provider's answer did not end: its status is {response.status:.40}")
    return None


def parts_of(message: Item) -> Iterator[dict[str, JsonValue]]:
    """The parts of a message's content; of a plain text none."""
    content = message.get("content")
    for part in content if isinstance(content, list) else []:
        if isinstance(part, dict):
            yield part


def _with_arguments_as_text(item: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Some servers give the arguments of a call as an object, or null for none."""
    if item.get("type") != "function_call" or isinstance(item.get("arguments"), str):
        return item
    return {**item, "arguments": json.dumps(item.get("arguments") or {}, ensure_ascii=False)}


def _calls(items: Sequence[Item]) -> Iterator[ToolCall]:
    seen = set()
    for item in items:
        if item.get("type") != "function_call":
            continue
        match item:
            case {"call_id": str(call_id), "name": str(name), "arguments": str(arguments)} if call_id not in seen:
                seen.add(call_id)
                yield ToolCall(call_id, name, arguments)
            case _:
                raise no_answer("the provider's answer has a tool call without an id, name or arguments of its own")


def _tokens(usage: _Usage) -> TokenUsage:
    return token_usage(
        usage.input_tokens,
        usage.input_tokens_details.cached_tokens,
        usage.output_tokens,
        usage.output_tokens_details.reasoning_tokens,
    )


def encrypted_in(items: Sequence[Item]) -> frozenset[str]:
    """What these items carry that only the provider can read: reasonings, and compactions."""
    return frozenset(str(item["encrypted_content"]) for item in items if item.get("encrypted_content"))


def input_items(items: Sequence[Item], unreadable: Collection[str] = (), *, patches: bool = False) -> list[Item]:
    """Carried items as the API takes them back when it stores nothing.

    An id would be looked up among stored items, of which there are none, and null or output-only fields are
    rejected; so items are sent by content alone. Reasoning is its encrypted content; without it, or where the
    provider cannot read it any more, it is nothing, and a compaction is what it replaced. Arguments of a call that are
    no JSON object are sent as `{}`: strict servers refuse a history that holds them, and the answer to the call says
    what was wrong.
    """
    whole = expanded(items, lambda item: item.get("encrypted_content") not in unreadable)
    native = calls_of_this_type(whole) if patches else frozenset()
    return [sent for item in whole for sent in (*as_sent(item, native), *_input_item(item, unreadable, native))]


def _input_item(item: Item, unreadable: Collection[str], native: Collection[str]) -> Iterator[Item]:
    if item.get("call_id") in native:
        return
    match item.get("type"):
        case "reasoning":
            if item.get("encrypted_content") and item["encrypted_content"] not in unreadable:
                yield {**_only(item, "type", "encrypted_content"), "summary": item.get("summary") or []}
        case "compaction":
            yield _only(item, "type", "encrypted_content")
        case "message" if item.get("role") == "assistant":
            parts: list[JsonValue] = [_only(part, "type", "text", "refusal") for part in parts_of(item)]
            said: list[JsonValue] = [part for part in parts if isinstance(part, dict) and len(part) > 1]
            if said:
                yield {**_only(item, "type", "role", "phase"), "content": said}
        case str(kind) if kind in HOSTED and item.get("id") in unreadable:
            return
        case "function_call":
            yield {**_only(item, "type", "call_id", "name"), "arguments": sent_arguments(item)}
        case _:
            yield {key: value for key, value in item.items() if value is not None}


def sent_arguments(call: Item) -> str:
    """The arguments of a call as they are sent again: `{}` for what is no JSON object."""
    arguments = str(call.get("arguments"))
    return arguments if _is_object(arguments) else "{}"


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(from_json(arguments, allow_inf_nan=False), dict)
    except ValueError:
        return False


def _only(item: Item, *keys: str) -> dict[str, JsonValue]:
    return {key: item[key] for key in keys if item.get(key) is not None}


CONTEXT_MANAGEMENT = "context_management"
_REASONING = "reasoning.encrypted_content"


def parameters(asking: Asking) -> dict[str, Any]:
    """The body of a request."""
    request = asking.request
    return {
        "model": asking.model,
        "instructions": request.instructions,
        "input": input_items(request.items, asking.unreadable, patches=asking.patches),
        "tools": [
            *(_function(tool, asking) for tool in request.tools),
            *(map(_hosted, asking.hosted) if request.hosted else ()),
        ],
        "parallel_tool_calls": True,
        "store": False,
        "stream": True,
        "include": [_REASONING],
        **({"reasoning": {"effort": asking.effort}} if asking.effort is not None else {}),
        **({CONTEXT_MANAGEMENT: [_compacted(asking.compact_at)]} if asking.compact_at is not None else {}),
        "prompt_cache_key": request.conversation_id,
        "truncation": "disabled",
    }


def _hosted(offer: Offer) -> dict[str, JsonValue]:
    """A tool of the provider's own, or a server that it calls (https://platform.openai.com/docs/guides/tools)."""
    if offer.tool.server_url is None:
        return {"type": "web_search"}
    # Without its optional fields it is as each of them is by default.
    return {
        "type": "mcp",
        "server_label": offer.name,
        "server_url": offer.tool.server_url,
        "require_approval": "never",
        **({"server_description": offer.tool.description} if offer.tool.description else {}),
        **({"allowed_tools": list(offer.tool.allowed_tools)} if offer.tool.allowed_tools else {}),
        **({"authorization": offer.token} if offer.token else {}),
    }


def _compacted(tokens: int) -> dict[str, JsonValue]:
    """https://platform.openai.com/docs/guides/compaction."""
    return {"type": "compaction", "compact_threshold": tokens}


def _function(tool: ToolSpec, asking: Asking) -> dict[str, JsonValue]:
    if asking.patches and tool.name == FUNCTION:
        return TOOL
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        "strict": tool.strict,
    }


# A model that does not reason refuses to be asked for its reasoning; some servers do not stream, or do not compact.
RESPONSES = Api(parameters, frozenset({"stream", "include", CONTEXT_MANAGEMENT}), StreamedResponse, turn_of)
