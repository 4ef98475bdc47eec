"""What people say to the agent of a run while it is active, and when the agent reads it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from codex_swarm.models import MessageEvent, MessageMode, MessageState

MAX_WAITING = 10
MAX_MESSAGES = 40
"""Of one run, whatever became of them; each takes room in the run's item."""

BEGINNING = 100
"""How many characters of its text a run tells of a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as the run knows it: `key` is where all of it is stored, `text` how it begins.

    `fingerprint` is that of the request, where it carried an idempotency key.
    """

    id: str
    mode: MessageMode
    text: str
    key: str
    created_at: datetime
    state: MessageState = MessageState.WAITING
    fingerprint: str | None = None


def waiting(messages: Sequence[Message]) -> list[Message]:
    """Those that the agent has not read yet, in the order in which they came."""
    return [message for message in messages if message.state is MessageState.WAITING]


def next_to_read(messages: Sequence[Message], *, finishing: bool) -> list[Message]:
    """Those that the agent reads now: all that steer; when it would finish, and none does, the first of the others."""
    unread = waiting(messages)
    steering = [message for message in unread if message.mode is MessageMode.STEER]
    return steering or unread[:1] if finishing else steering


def moved(messages: Sequence[Message], ids: Collection[str], state: MessageState) -> tuple[Message, ...]:
    """The messages, those of these ids in that state."""
    return tuple(replace(message, state=state) if message.id in ids else message for message in messages)


def told(message: Message, state: MessageState) -> MessageEvent:
    """What watchers are told of a message."""
    return MessageEvent(message_id=message.id, mode=message.mode, state=state, text=message.text)
