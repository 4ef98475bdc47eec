"""A response as the stream of events in which the Responses API gives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Json = Any

PIECE = 7
"""Characters of a delta; it cuts words, escapes and calls anywhere."""


def as_stream(response: Json) -> bytes:
    """Server-Sent Events, numbered, the last with the whole response."""
    lines = []
    for number, event in enumerate(_events(response)):
        data = json.dumps({**event, "sequence_number": number})
        lines.append(f"event: {event['type']}\ndata: {data}\n\n")
    return "".join(lines).encode()


def _events(response: Json) -> Iterator[Json]:
    began = {**response, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": began}
    for place, item in enumerate(response["output"]):
        where = {"output_index": place}
        yield {"type": "response.output_item.added", "item": _begun(item), **where}
        yield from ({**event, **where} for event in _deltas(item))
        yield {"type": "response.output_item.done", "item": item, **where}
    ended = response["status"] if response["status"] in {"incomplete", "failed"} else "completed"
    yield {"type": f"response.{ended}", "response": response}


def _begun(item: Json) -> Json:
    """The item before anything of it was streamed."""
    match item:
        case {"type": "apply_patch_call", "operation": {"diff": _, **operation}}:
            return {**item, "status": "in_progress", "operation": {**operation, "diff": ""}}
    return item


def _deltas(item: Json) -> Iterator[Json]:
    match item:
        case {"type": "function_call", "arguments": str(arguments)}:
            for piece in _pieces(arguments):
                yield {"type": "response.function_call_arguments.delta", "delta": piece}
        case {"type": "apply_patch_call", "operation": {"diff": str(diff)}}:
            for piece in _pieces(diff):
                yield {"type": "response.apply_patch_call_operation_diff.delta", "delta": piece}
        case {"type": "message", "content": [{"type": "output_text", "text": str(text)}]}:
            for piece in _pieces(text):
                yield {"type": "response.output_text.delta", "content_index": 0, "delta": piece}


def _pieces(text: str) -> list[str]:
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
