"""What happens in a run, as it happens: one sequence of events over as many connections as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import JsonValue, TypeAdapter, ValidationError

from codex_swarm.connection import Connection
from codex_swarm.errors import TransportError, UnexpectedAnswer
from codex_swarm.models import RunStatus

_BETWEEN_CONNECTIONS = 1.0
"""Seconds; the service may ask for another pause with `retry:`."""

_LONGEST_SILENCE = 60.0
"""Seconds without an event after which a connection counts as broken; the service waits some 20 for one."""

_FINAL = tuple(status.value for status in RunStatus if status.final)
_FIELDS = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One event: its type, such as `progress` or `step`, that type's fields, and its place, to go on from."""

    type: str
    fields: dict[str, JsonValue]
    id: str = ""


def follow(connection: Connection, path: str, last_event_id: str | None = None) -> Iterator[RunEvent]:
    """Every event after `last_event_id`, or from the first, in order and once each, until the run ends.

    The service sends what is new, waits a while and closes. The next connection goes on where the last one
    stopped, also when that broke; raises `TransportError` when several in a row bring nothing.
    """
    place = _Place(last_event_id or "")
    failures = 0
    while not place.ended:
        place.moved = False
        try:
            for event in _one_connection(connection, path, place):
                if place.take(event):
                    yield event
        except TransportError:
            failures = 1 if place.moved else failures + 1
            if failures > connection.backoff.retries:
                raise
            connection.backoff.pause(failures - 1)
        else:
            failures = 0
            place.close()
            if not place.ended:
                connection.backoff.sleep(place.pause)


class _Place:
    """How far a run was followed."""

    def __init__(self, last_id: str) -> None:
        self.last_id = last_id
        self.pause = _BETWEEN_CONNECTIONS
        self.moved = False
        self.ended = False
        self._status: JsonValue = None
        self.saw_the_end = False

    def take(self, event: RunEvent) -> bool:
        """Moves on by one event; whether it tells anything new."""
        is_new = event.id not in ("", self.last_id)
        if is_new:
            self.last_id = event.id
            self.moved = True
        if event.type != "status":
            return True
        # Each connection may open with the run's present status, which has no place among the events.
        told = event.fields.get("status")
        repeated = not event.id and told == self._status
        self._status = told
        self.saw_the_end = is_new and told in _FINAL
        return not repeated

    def close(self) -> None:
        """The service closed: the run is over when its end was among the events, or when none are left."""
        self.ended = self.saw_the_end or (self._status in _FINAL and not self.moved)


def _one_connection(connection: Connection, path: str, place: _Place) -> Iterator[RunEvent]:
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if place.last_id:
        headers["Last-Event-ID"] = place.last_id
    with connection.stream(path, headers, read_timeout=_LONGEST_SILENCE) as response:
        if response.status_code == HTTPStatus.NO_CONTENT:
            place.saw_the_end = True
            return
        if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
            raise UnexpectedAnswer(f"{path} did not send events; is the base URL right?")
        yield from _read(_lines(response.iter_text()), place)


def _read(lines: Iterator[str], place: _Place) -> Iterator[RunEvent]:
    """As html.spec.whatwg.org/multipage/server-sent-events.html has it; an event's type is in its data."""
    event_id = ""
    data: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "id":
            event_id = value
        elif name == "retry" and value.isdecimal():
            place.pause = int(value) / 1000
        elif not line and data:
            yield _event(event_id, "\n".join(data))
            data = []


def _lines(chunks: Iterator[str]) -> Iterator[str]:
    # httpx's own lines would also end at a U+2028 within a text.
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split("\n")
        for line in lines:
            yield line.removesuffix("\r")


def _event(event_id: str, data: str) -> RunEvent:
    try:
        fields = _FIELDS.validate_json(data)
    except ValidationError as error:
        raise UnexpectedAnswer(f"an event that is no JSON object: {data[:200]}") from error
    return RunEvent(str(fields.get("type", "message")), fields, event_id)
