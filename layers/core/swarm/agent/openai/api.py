"""What two protocols have in common: how a request is put, how an answer comes in, and what makes a turn of it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from codex_swarm.models import DeltaEvent
from swarm.agent.model import ModelRequest, ModelTurn
from swarm.agent.openai.failures import ProviderError, failure_of
from swarm.runs.hosted_tools import HostedTool

_BETWEEN = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LINES = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool that the provider runs itself, by the operator's name for it; `token` is sent to its server."""

    name: str
    tool: HostedTool
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Asking:
    """A request to one model.

    `unreadable` are encrypted contents that the provider cannot read any more; from `compact_at` tokens on it is to
    shorten the conversation itself; with `patches` it has a type of its own for the tool `apply_patch`.
    """

    model: str
    effort: str | None
    request: ModelRequest
    unreadable: Collection[str] = ()
    compact_at: int | None = None
    patches: bool = False
    hosted: Sequence[Offer] = ()


class StreamedAnswer(ABC):
    """One answer as it comes in, as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    A protocol says what its events mean.
    """

    def __init__(self) -> None:
        self._rest = bytearray()

    @property
    def pending(self) -> int:
        """Bytes of an event that is not whole yet."""
        return len(self._rest)

    @property
    @abstractmethod
    def whole(self) -> bool:
        """Whether the last event has come; the connection may stay open behind it."""

    @abstractmethod
    def draft(self) -> DeltaEvent:
        """What there is of it."""

    @abstractmethod
    def body(self) -> bytes:
        """The whole answer as it would have come without a stream. Raises `ModelFailure` where it broke off."""

    @abstractmethod
    def _event(self, data: bytes) -> bool:
        """Take in one event; whether there is more to show. Raises `ModelFailure`."""

    def take(self, chunk: bytes) -> bool:
        """Take in what came; whether there is more of the answer to show. Raises `ModelFailure`."""
        before = len(self._rest)
        self._rest += chunk
        # The end of an event may be cut in two; nothing before that needs to be looked at again.
        if not _BETWEEN.search(self._rest, max(0, before - 3)):
            return False
        grown = [self._event(data) for data in self._messages()]
        return any(grown)

    def _messages(self) -> Iterator[bytes]:
        """The data of each event that is whole."""
        *blocks, rest = _BETWEEN.split(bytes(self._rest))
        self._rest = bytearray(rest)
        for block in blocks:
            lines = [line[5:].removeprefix(b" ") for line in _LINES.split(block) if line.startswith(b"data:")]
            if lines:
                yield b"\n".join(lines)


@dataclass(frozen=True, slots=True)
class Api:
    """A protocol. `optional` are parameters that are left out for good once a server has refused one."""

    parameters: Callable[[Asking], dict[str, Any]]
    optional: frozenset[str]
    answer: Callable[[], StreamedAnswer]
    turn_of: Callable[[bytes], ModelTurn]


def event_in(data: bytes) -> Any:
    """The JSON of an event, or None: half a character in a piece, say, or the mark behind the end."""
    try:
        return from_json(data)
    except ValueError:
        return None


def error_in(event: Mapping[str, Any]) -> Exception:
    """An error in the middle of an answer; its fields are the event's own or, with some servers, in an object."""
    told = event["error"] if isinstance(event.get("error"), dict) else event
    code, param, message = (str(told.get(name) or "") for name in ("code", "param", "message"))
    return failure_of(ProviderError(200, code=code or "server_error", param=param, message=message))
