"""What happens in a run, as it happens: one sequence of events over as many connections as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from httpx_sse import EventSource, ServerSentEvent, SSEError
from pydantic import TypeAdapter, ValidationError

from codex_swarm.connection import Connection
from codex_swarm.errors import TransportError, UnexpectedAnswer
from codex_swarm.models import EndEvent, ResetEvent, WatchedEvent

_BETWEEN_CONNECTIONS = 1.0
"""Seconds; the service may ask for another pause with `retry:`."""

_LONGEST_SILENCE = 60.0
"""Seconds without an event after which a connection counts as broken; the service waits some 20 for one."""

_SEEN_TO_THE_END = 204

_EVENT: TypeAdapter[WatchedEvent] = TypeAdapter(WatchedEvent)


def follow(connection: Connection, path: str, last_event_id: str | None = None) -> Iterator[WatchedEvent]:
    """Every event after `last_event_id`, or from the first, in order and once each, until the run ends.

    Where the run has no event of that id, a `ResetEvent` says so, and all events follow. The service sends what
    is new, waits a while and closes. The next connection goes on where the last one stopped, also when that broke;
    raises `TransportError` when several in a row bring nothing.
    """
    place = _Place(last_event_id or "")
    failures = 0
    while not place.ended:
        before = place.last_id
        try:
            for event in _one_connection(connection, path, place):
                if place.take(event):
                    yield event
        except TransportError:
            failures = failures + 1 if place.last_id == before else 1
            if failures > connection.backoff.retries:
                raise
            connection.backoff.pause(failures - 1)
        else:
            failures = 0
            if not place.ended:
                connection.backoff.sleep(place.pause)


@dataclass(slots=True)
class _Place:
    """How far a run was followed, and what the service asked for."""

    last_id: str
    pause: float = _BETWEEN_CONNECTIONS
    ended: bool = False

    def take(self, event: WatchedEvent) -> bool:
        """Moves on by one event; whether it is one of the run, and not the sign that none will follow."""
        if isinstance(event, EndEvent):
            self.ended = True
            return False
        self.last_id = "" if isinstance(event, ResetEvent) else event.id or self.last_id
        return True


def _one_connection(connection: Connection, path: str, place: _Place) -> Iterator[WatchedEvent]:
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if place.last_id:
        headers["Last-Event-ID"] = place.last_id
    with connection.stream(path, headers, read_timeout=_LONGEST_SILENCE) as response:
        if response.status_code == _SEEN_TO_THE_END:
            place.ended = True
            return
        try:
            for message in EventSource(response).iter_sse():
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
        raise UnexpectedAnswer(f"an event that is no JSON object: {message.data[:200]}") from error
    return event.model_copy(update={"id": message.id})
