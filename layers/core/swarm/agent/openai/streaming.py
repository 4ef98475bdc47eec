"""A streamed response, put together from its events.

Types: https://platform.openai.com/docs/api-reference/responses-streaming. The last event has the whole response.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from codex_swarm.models import DeltaEvent
from swarm.agent.openai.api import StreamedAnswer, error_in, event_in
from swarm.agent.openai.failures import unavailable
from swarm.agent.writing import draft_of

LAST_EVENTS = frozenset({"response.completed", "response.incomplete", "response.failed"})


class StreamedResponse(StreamedAnswer):
    """A response of the Responses API as it comes in."""

    def __init__(self) -> None:
        super().__init__()
        self._text: list[str] = []
        self._arguments: dict[object, list[str]] = {}
        self._patched: dict[object, str] = {}
        self._items: list[object] = []
        self._response: dict[str, Any] | None = None

    @property
    def whole(self) -> bool:
        return self._response is not None

    def draft(self) -> DeltaEvent:
        calls = {index: "".join(parts) for index, parts in self._arguments.items()}
        for index, path in self._patched.items():
            # Of a patch of the provider's own type the path comes first, and what streams is its diff alone.
            calls[index] = to_json({"path": path, "content": calls.get(index, "")}).decode()
        return draft_of("".join(self._text), list(calls.values()))

    def body(self) -> bytes:
        if self._response is None:
            raise unavailable("the provider's answer broke off")
        # Some servers have the items only in the events before.
        return to_json({**self._response, "output": self._response.get("output") or self._items})

    def _event(self, data: bytes) -> bool:
        # The last event has everything again; without it nothing counts.
        event = event_in(data)
        match event:
            case {"type": "response.output_text.delta", "delta": str(delta)}:
                self._text.append(delta)
                return True
            case {
                "type": "response.function_call_arguments.delta" | "response.apply_patch_call_operation_diff.delta",
                "delta": str(delta),
            }:
                self._arguments.setdefault(event.get("output_index"), []).append(delta)
                return True
            case {"type": "response.output_item.added", "item": {"operation": {"path": str(path)}}}:
                self._patched[event.get("output_index")] = path
            case {"type": "response.output_item.done", "item": item}:
                self._items.append(item)
            case {"type": str(kind), "response": dict(response)} if kind in LAST_EVENTS:
                self._response = response
            case {"type": "error"} | {"error": dict()}:
                raise error_in(event)
        return False
