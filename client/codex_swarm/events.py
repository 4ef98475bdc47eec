"""What happens in a run, as it happens: one sequence of events over as many connections as it takes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from httpx_sse import ServerSentEvent, SSEError
from pydantic import ConfigDict, TypeAdapter, ValidationError

from codex_swarm.connection import Connection, Outage
from codex_swarm.errors import CodexSwarmError, UnexpectedAnswer
from codex_swarm.models import DeltaEvent, EndEvent, ResetEvent, WatchedEvent
from codex_swarm.shaping import faults

_BETWEEN_CONNECTIONS = 1.0
"""Seconds; the service may ask for another pause with `retry:`."""

_LONGEST_SILENCE = 60.0
"""Seconds without an event after which a connection counts as broken; the service waits some 20 for one."""

_SEEN_TO_THE_END = 204

_EVENT: TypeAdapter[WatchedEvent] = TypeAdapter(WatchedEvent, config=ConfigDict(defer_build=True))


class TimeIsUp(Exception):
    """The deadline of whoever follows the run has come."""


async def follow(
    connection: Connection,
    path: str,
    last_event_id: str | None = None,
    deadline: float | None = None,
    *,
    drafts: bool = False,
) -> AsyncGenerator[WatchedEvent, None]:
    """Every event after `last_event_id`, or from the first, in order and once each, until the run ends.

    With `drafts`, a `DeltaEvent` now and then has what is being written; it is none of the sequence.
    Where the run has no event of that id, a `ResetEvent` says so, and all events follow. The service sends what
    is new, waits a while and closes. The next connection goes on where the last one stopped, also when that broke;
    an outage of the service is waited out. Raises `TimeIsUp` at the deadline.
    """
    place = _Place(last_event_id or "", drafts)
    outage = Outage(connection, deadline)
    while not place.ended:
        left = _LONGEST_SILENCE if deadline is None else deadline - connection.clock()
        if left <= 0:
            raise TimeIsUp
        try:
            async with aclosing(_one_connection(connection, path, place, min(left, _LONGEST_SILENCE))) as events:
                async for event in events:
                    outage.over()
                    if place.take(event):
                        yield event
                    if deadline is not None and connection.clock() >= deadline and not place.ended:
                        raise TimeIsUp
        except CodexSwarmError as error:
            if deadline is not None and connection.clock() >= deadline:
                raise TimeIsUp from error
            await outage.wait_out(error)
        else:
            outage.over()
            if not place.ended:
                left = place.pause if deadline is None else deadline - connection.clock()
                await connection.transport.sleep(max(0.0, min(place.pause, left)))


@dataclass(slots=True)
class _Place:
    """How far a run was followed, and what the service asked for."""

    last_id: str
    with_drafts: bool
    pause: float = _BETWEEN_CONNECTIONS
    ended: bool = False

    def take(self, event: WatchedEvent) -> bool:
        """Moves on by one event; whether it is one of the run, and not the sign that none will follow."""
        if isinstance(event, DeltaEvent):
            return self.with_drafts
        if isinstance(event, EndEvent):
            self.ended = True
            return False
        self.last_id = "" if isinstance(event, ResetEvent) else event.id or self.last_id
        return True


async def _one_connection(
    connection: Connection, path: str, place: _Place, silence: float
) -> AsyncGenerator[WatchedEvent, None]:
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if place.last_id:
        headers["Last-Event-ID"] = place.last_id
    async with connection.stream(path, headers, read_seconds=silence) as response:
        if response.status_code == _SEEN_TO_THE_END:
            place.ended = True
            return
        try:
            async with aclosing(connection.transport.messages(response)) as messages:
                async for message in messages:
                    if message.retry is not None:
                        place.pause = message.retry / 1000
                    if message.data:
                        yield _event(message)
        except SSEError as error:
            raise UnexpectedAnswer(f"{path} did not send events; is the base URL right?") from error


def _event(message: ServerSentEvent) -> WatchedEvent:
    try:
        event = _EVENT.validate_json(message.data)
    except ValidationError as error:
        raise UnexpectedAnswer(f"an event that this client does not know: {faults(error)}") from None
    # A message without an id counts as one with that of the message before.
    return event if isinstance(event, DeltaEvent) else event.model_copy(update={"id": message.id})
