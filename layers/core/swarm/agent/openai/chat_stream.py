"""A streamed chat completion, put together from its chunks.

https://platform.openai.com/docs/api-reference/chat-streaming. The pieces of a call carry its index; some servers leave
it out, and give a call whole, with an id of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from codex_swarm.models import DeltaEvent
from swarm.agent.openai.api import StreamedAnswer, error_in, event_in
from swarm.agent.openai.failures import unavailable
from swarm.agent.writing import draft_of


class StreamedCompletion(StreamedAnswer):
    """A completion as it comes in."""

    def __init__(self) -> None:
        super().__init__()
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[object, dict[str, Any]] = {}
        self._finish_reason: str | None = None
        self._model: str | None = None
        self._usage: Any = None
        self._done = False

    @property
    def whole(self) -> bool:
        return self._done

    def draft(self) -> DeltaEvent:
        return draft_of("".join(self._text), [call["arguments"] for call in self._calls.values()])

    def body(self) -> bytes:
        # Not every server marks the end, but each says why the model stopped.
        if self._finish_reason is None and not self._done:
            raise unavailable("the provider's answer broke off")
        calls = [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in self._calls.values()
        ]
        message = {"content": "".join(self._text), "refusal": "".join(self._refusal) or None, "tool_calls": calls}
        choices = [{"message": message, "finish_reason": self._finish_reason}] if self._finish_reason else []
        return to_json({"choices": choices, "model": self._model, "usage": self._usage})

    def _event(self, data: bytes) -> bool:
        if data.strip() == b"[DONE]":
            self._done = True
            return False
        event = event_in(data)
        if not isinstance(event, dict):
            return False
        if event.get("error"):
            raise error_in(event)
        self._model = event["model"] if isinstance(event.get("model"), str) else self._model
        self._usage = event.get("usage") or self._usage
        match event.get("choices"):
            case [dict(choice), *_]:
                return self._choice(choice)
        return False

    def _choice(self, choice: Mapping[str, Any]) -> bool:
        self._finish_reason = choice.get("finish_reason") or self._finish_reason
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            return False
        if isinstance(refusal := delta.get("refusal"), str):
            self._refusal.append(refusal)
        if isinstance(said := delta.get("content"), str):
            self._text.append(said)
        calls = delta.get("tool_calls")
        pieces = [piece for piece in calls if isinstance(piece, dict)] if isinstance(calls, list) else []
        for piece in pieces:
            self._piece(piece)
        return bool(said or pieces)

    def _piece(self, piece: Mapping[str, Any]) -> None:
        place = piece.get("index")
        if place is None:
            place = piece.get("id") or next(reversed(self._calls), "")
        call = self._calls.setdefault(place, {"id": "", "name": "", "arguments": ""})
        call["id"] = call["id"] or piece.get("id") or ""
        function = piece.get("function")
        told = function if isinstance(function, dict) else {}
        call["name"] = call["name"] or told.get("name") or ""
        arguments = told.get("arguments")
        call["arguments"] += arguments if isinstance(arguments, str) else ""
