"""The events of a run from a cursor on, as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

A function cannot stream, so an answer is a bounded replay: what is new since the cursor, at once; with nothing new,
the first thing that comes within a while. Clients reconnect with the id of the last event they saw.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

from swarm.events import Event
from swarm.run import Ended, RunKey
from swarm.runlog import RunLog

RETRY_MILLISECONDS = 1_000
POLL_SECONDS = 0.5
_LONGEST_CURSOR = 32


class Cursor(NamedTuple):
    """The place of an event: its slot in the log, and its number within the slot."""

    slot: int
    number: int

    def __str__(self) -> str:
        return f"{self.slot}.{self.number}"

    @staticmethod
    def parse(text: str) -> Cursor | None:
        """The cursor that `str` wrote, or None."""
        slot, dot, number = text.partition(".")
        if dot and slot.isdecimal() and number.isdecimal() and len(text) <= _LONGEST_CURSOR:
            return Cursor(int(slot), int(number))
        return None


BEGINNING = Cursor(-1, 0)


class Told(NamedTuple):
    """An event in its place. `last` says that none will ever follow."""

    cursor: Cursor
    event: Event
    last: bool


def since(log: RunLog, key: RunKey, cursor: Cursor) -> Iterator[Told]:
    """Every event behind the cursor that is in the log now."""
    for entry in log.read(key, cursor.slot - 1):
        ended = isinstance(entry.change, Ended)
        for number, event in enumerate(entry.events):
            place = Cursor(entry.slot, number)
            if place > cursor:
                yield Told(place, event, last=ended and number == len(entry.events) - 1)


def wait_for(
    log: RunLog,
    key: RunKey,
    cursor: Cursor,
    *,
    seconds: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> list[Told]:
    """What is new behind the cursor, waiting up to `seconds` for something."""
    deadline = clock() + seconds
    while True:
        told = list(since(log, key, cursor))
        left = deadline - clock()
        if told or left <= 0:
            return told
        sleep(min(POLL_SECONDS, left))


def as_json(told: Told) -> str:
    """The event as one line of JSON."""
    return json.dumps({"type": told.event.type, **told.event.fields}, ensure_ascii=False)


def encode(told: list[Told], *, ended: bool) -> str:
    """The events as the body of a `text/event-stream` answer; `ended` adds the event after which clients stop."""
    blocks = [f"retry: {RETRY_MILLISECONDS}\n\n"]
    blocks += [f"id: {event.cursor}\ndata: {as_json(event)}\n\n" for event in told]
    if ended:
        blocks.append('event: end\ndata: {"type": "end"}\n\n')
    return "".join(blocks)
