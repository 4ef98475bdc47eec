"""A streamed response, put together from its events.

Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html) with the Responses API's types
(https://platform.openai.com/docs/api-reference/responses-streaming). The last event has the whole response.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json, to_json

from codex_swarm.models import DeltaEvent
from swarm.agent.openai.failures import ProviderError, failure_of, unavailable
from swarm.agent.writing import draft_of

LAST_EVENTS = frozenset({"response.completed", "response.incomplete", "response.failed"})

_BETWEEN = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LINES = re.compile(rb"\r\n|\n|\r")


class StreamedAnswer:
    """One answer as it comes in."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._text: list[str] = []
        self._arguments: dict[object, list[str]] = {}
        self._items: list[object] = []
        self._response: dict[str, Any] | None = None

    @property
    def pending(self) -> int:
        """Bytes of an event that is not whole yet."""
        return len(self._rest)

    @property
    def whole(self) -> bool:
        """Whether the last event has come; the connection may stay open behind it."""
        return self._response is not None

    def take(self, chunk: bytes) -> bool:
        """Take in what came; whether there is more of the answer to show. Raises `ModelFailure`."""
        before = len(self._rest)
        self._rest += chunk
        # The end of an event may be cut in two; nothing before that needs to be looked at again.
        if not _BETWEEN.search(self._rest, max(0, before - 3)):
            return False
        grown = [self._event(data) for data in self._messages()]
        return any(grown)

    def draft(self) -> DeltaEvent:
        """What there is of it."""
        return draft_of("".join(self._text), ["".join(parts) for parts in self._arguments.values()])

    def body(self) -> bytes:
        """The whole response as it would have come without a stream. Raises `ModelFailure` where it broke off."""
        if self._response is None:
            raise unavailable("the provider's answer broke off")
        # Some servers have the items only in the events before.
        return to_json({**self._response, "output": self._response.get("output") or self._items})

    def _messages(self) -> Iterator[bytes]:
        """The data of each event that is whole."""
        *blocks, rest = _BETWEEN.split(bytes(self._rest))
        self._rest = bytearray(rest)
        for block in blocks:
            lines = [line[5:].removeprefix(b" ") for line in _LINES.split(block) if line.startswith(b"data:")]
            if lines:
                yield b"\n".join(lines)

    def _event(self, data: bytes) -> bool:
        if data == b"[DONE]":
            return False
        try:
            event = from_json(data)
        except ValueError:
            # Half a character in a piece, say. The last event has everything again; without it nothing counts.
            return False
        match event:
            case {"type": "response.output_text.delta", "delta": str(delta)}:
                self._text.append(delta)
                return True
            case {"type": "response.function_call_arguments.delta", "delta": str(delta)}:
                self._arguments.setdefault(event.get("output_index"), []).append(delta)
                return True
            case {"type": "response.output_item.done", "item": item}:
                self._items.append(item)
            case {"type": str(kind), "response": dict(response)} if kind in LAST_EVENTS:
                self._response = response
            case {"type": "error"} | {"error": dict()}:
                raise failure_of(_error(event))
        return False


def _error(event: Mapping[str, Any]) -> ProviderError:
    """An error in the middle of an answer; its fields are the event's own or, with some servers, in an object."""
    told = event["error"] if isinstance(event.get("error"), dict) else event
    code, param, message = (str(told.get(name) or "") for name in ("code", "param", "message"))
    return ProviderError(200, code=code or "server_error", param=param, message=message)
