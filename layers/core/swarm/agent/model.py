"""What the agent loop asks of a language model: one request in, one turn out.

The vocabulary is that of the OpenAI Responses API (https://platform.openai.com/docs/api-reference/responses):
a conversation is a list of items, and a response adds items to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from codex_swarm.models import DeltaEvent
from swarm.runs.conversation import Item
from swarm.runs.usage import TokenUsage


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A function tool as the model sees it. `parameters` is a JSON schema; `strict`, of the service's own."""

    name: str
    description: str
    parameters: Mapping[str, JsonValue]
    strict: bool = True


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model asks for. `arguments` is the model's own JSON text and may be malformed."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """Everything a model needs for the next turn.

    `seconds` bounds the whole call, retries included. With `hosted` the provider may use tools of its own.
    `before_attempt` is called before anything is sent, each time: what it raises ends the call, because by then the run
    may have been cancelled. `wrote` is called as the answer grows, as often as the model likes, with what gives the
    draft so far; what it raises ends the call, too.
    """

    instructions: str
    items: Sequence[Item]
    tools: Sequence[ToolSpec]
    conversation_id: str
    seconds: float
    hosted: bool = False
    before_attempt: Callable[[], None] = lambda: None
    wrote: Callable[[Callable[[], DeltaEvent]], None] = lambda _draft: None


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """One response: the items to carry along verbatim, what was said, and the calls it asks for, in order.

    `cut_off` says why the provider stopped the model in the middle; then there is nothing else in it. `answered_as` is
    the model's name in the answer.
    """

    items: Sequence[Item]
    text: str
    calls: Sequence[ToolCall]
    usage: TokenUsage
    cut_off: str | None = None
    answered_as: str | None = None


class Model(Protocol):
    """A language model, or something that behaves like one.

    `name` is the operator's, and empty where no model is asked at all; `effort` is how much it reasons.
    """

    name: str
    effort: str | None
    offline: bool

    @property
    def compacts(self) -> bool:
        """Whether its provider shortens a long conversation itself."""
        ...

    def respond(self, request: ModelRequest) -> ModelTurn:
        """The next turn. Raises `swarm.errors.ModelFailure` when there is none to be had."""
        ...
