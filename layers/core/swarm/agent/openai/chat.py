"""Chat completions, for servers that speak nothing else: a conversation as messages, and their answer as a turn.

https://platform.openai.com/docs/api-reference/chat. Inside, everything stays in the Responses API's vocabulary, so that
a conversation can go on with another model. What a model has thought is not carried along: this protocol has no place
for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, JsonValue, ValidationError

from swarm.agent.model import ModelTurn, ToolCall, ToolSpec
from swarm.agent.openai.api import Api, Asking, error_in
from swarm.agent.openai.chat_stream import StreamedCompletion
from swarm.agent.openai.counts import Count, details, token_usage
from swarm.agent.openai.failures import ProviderError, failure_of, no_answer, refused
from swarm.agent.openai.responses import parts_of, sent_arguments
from swarm.ids import new_id
from swarm.runs.conversation import Item, assistant_message, expanded

Message = dict[str, Any]


def parameters(asking: Asking) -> dict[str, Any]:
    """The body of a request."""
    request = asking.request
    tools = [_function(tool) for tool in request.tools]
    return {
        "model": asking.model,
        "messages": messages_of(request.instructions, request.items),
        # Strict servers refuse an empty list, and calls without tools.
        **({"tools": tools, "parallel_tool_calls": True} if tools else {}),
        **({"reasoning_effort": asking.effort} if asking.effort is not None else {}),
        "store": False,
        "stream": True,
        "stream_options": {"include_usage": True},
        "prompt_cache_key": request.conversation_id,
    }


def _function(tool: ToolSpec) -> Message:
    function: Message = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": {**function, "strict": True} if tool.strict else function}


def messages_of(instructions: str, items: Sequence[Item]) -> list[Message]:
    """The conversation as this protocol has it.

    What a turn says and calls is one message. Pictures follow the answers to the calls that showed them, because a
    tool's answer is a text here. Reasoning, and whatever else only the Responses API knows, is left out.
    """
    messages: list[Message] = [{"role": "system", "content": instructions}]
    pictures: list[Message] = []
    for item in expanded(items):
        if pictures and item.get("type") != "function_call_output":
            messages.append({"role": "user", "content": pictures})
            pictures = []
        match item:
            case {"type": "function_call"}:
                if messages[-1]["role"] != "assistant":
                    messages.append({"role": "assistant", "content": None})
                messages[-1].setdefault("tool_calls", []).append(_call(item))
            case {"type": "function_call_output", "call_id": call_id, "output": [{"text": text}, *shown]}:
                messages.append({"role": "tool", "tool_call_id": call_id, "content": text})
                pictures += [_picture(part) for part in shown if isinstance(part, dict)]
            case {"type": "function_call_output", "call_id": call_id, "output": output}:
                messages.append({"role": "tool", "tool_call_id": call_id, "content": output})
            case {"role": str(role)}:
                messages.append({"role": role, "content": _text_of(item)})
    return [*messages, {"role": "user", "content": pictures}] if pictures else messages


def _call(item: Item) -> Message:
    function = {"name": item["name"], "arguments": sent_arguments(item)}
    return {"id": item["call_id"], "type": "function", "function": function}


def _picture(part: Mapping[str, JsonValue]) -> Message:
    return {"type": "image_url", "image_url": {"url": part.get("image_url"), "detail": "high"}}


def _text_of(item: Item) -> str:
    content = item.get("content")
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text") or part.get("refusal") or "") for part in parts_of(item))


class _PromptDetails(BaseModel):
    cached_tokens: Count = 0


class _CompletionDetails(BaseModel):
    reasoning_tokens: Count = 0


class _Usage(BaseModel):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    prompt_tokens_details: Annotated[_PromptDetails, BeforeValidator(details)] = _PromptDetails()
    completion_tokens_details: Annotated[_CompletionDetails, BeforeValidator(details)] = _CompletionDetails()


class _Said(BaseModel):
    content: JsonValue = None
    refusal: str | None = None
    tool_calls: list[dict[str, JsonValue]] | None = None


class _Choice(BaseModel):
    message: _Said
    finish_reason: str | None = None


class _Completion(BaseModel):
    """What of a completion is looked at. Some servers give an error with status 200."""

    choices: list[_Choice] = []
    model: str | None = None
    error: dict[str, JsonValue] | None = None
    usage: Annotated[_Usage, BeforeValidator(details)] = _Usage()


def turn_of(body: bytes) -> ModelTurn:
    """The turn in a completion's body, as items of the Responses API. Raises `ModelFailure` when there is none."""
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError:
        raise no_answer("the provider's answer is not a chat completion") from None
    if completion.error is not None:
        raise error_in(completion.error)
    if not completion.choices:
        raise no_answer("the provider's answer has no choice")
    choice = completion.choices[0]
    used, answered_as = _tokens(completion.usage), completion.model
    if choice.finish_reason == "content_filter":
        raise failure_of(ProviderError(200, code="content_filter"))
    if choice.finish_reason == "length":
        # As with the Responses API, nothing of it is carried along.
        return ModelTurn((), "", (), used, cut_off="max_output_tokens", answered_as=answered_as)
    if choice.message.refusal:
        raise refused(f"the model declined: {choice.message.refusal}")
    text = _said(choice.message.content)
    calls = tuple(_calls(choice.message.tool_calls or []))
    if not text.strip() and not calls:
        raise no_answer("the provider's answer has neither text nor a tool call")
    items = [assistant_message(text)] if text.strip() else []
    return ModelTurn([*items, *map(_as_item, calls)], text, calls, used, answered_as=answered_as)


def _said(content: JsonValue) -> str:
    """A text, or with some servers a list of parts, of which those with reasoning are none of what was said."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _calls(told: Sequence[Mapping[str, JsonValue]]) -> Iterator[ToolCall]:
    seen = set()
    for call in told:
        match call.get("function"):
            case {"name": str(name), **given} if name:
                # Some servers give calls no ids.
                call_id = str(call.get("id") or f"call_{new_id()}")
                arguments = given.get("arguments")
                text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
            case _:
                raise no_answer("the provider's answer has a tool call without a name")
        if call_id in seen:
            raise no_answer("the provider's answer has two tool calls with one id")
        seen.add(call_id)
        yield ToolCall(call_id, name, text or "{}")


def _as_item(call: ToolCall) -> Item:
    return {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}


def _tokens(usage: _Usage) -> Any:
    return token_usage(
        usage.prompt_tokens,
        usage.prompt_tokens_details.cached_tokens,
        usage.completion_tokens,
        usage.completion_tokens_details.reasoning_tokens,
    )


CHAT_COMPLETIONS = Api(
    parameters,
    frozenset({"stream", "stream_options", "store", "prompt_cache_key", "parallel_tool_calls"}),
    StreamedCompletion,
    turn_of,
)
