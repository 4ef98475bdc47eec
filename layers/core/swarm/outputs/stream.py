"""The events of a run from a cursor on: as Server-Sent Events, or as a page of them.

(https://html.spec.whatwg.org/multipage/server-sent-events.html.) A function cannot stream, so an answer is a bounded
replay: what is new since the cursor, at once; with nothing new, the first thing that comes within a while. A cursor
names a place in the run's log, so any process can go on from it, and nothing is told twice or left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from pydantic import JsonValue

from swarm.ids import RunKey
from swarm.records.runlog import RunLog
from swarm.runs.entries import Ended, Entry
from swarm.runs.events import Event

RETRY_MILLISECONDS = 1_000
POLL_SECONDS = 0.5

MAX_BYTES = 4_500_000
"""Of events in one answer, as JSON within JSON, which grows by its escapes. Lambda takes 6 MB."""

MAX_EVENT_BYTES = 500_000
"""Of one event. A larger one has empty lists and cut texts; other routes have them whole."""

_LONG = 2_000
_CURSOR = re.compile(r"(0|[1-9][0-9]{0,7})\.(0|[1-9][0-9]{0,7})", re.ASCII)


class UnknownCursor(Exception):
    """The run has no such place."""


class Cursor(NamedTuple):
    """The place of an event: its slot in the log, and its number within the slot.

    Behind the last event of a run that has ended there is one more place, that of the end itself.
    """

    slot: int
    number: int

    def __str__(self) -> str:
        return f"{self.slot}.{self.number}" if self != BEGINNING else ""

    @staticmethod
    def parse(text: str) -> Cursor:
        """The cursor that `str` wrote; without text, the beginning. Raises `UnknownCursor`."""
        if not text:
            return BEGINNING
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise UnknownCursor(text)
        return Cursor(int(found[1]), int(found[2]))


BEGINNING = Cursor(-1, 0)


class Told(NamedTuple):
    """An event in its place, as one line of JSON."""

    cursor: Cursor
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Events in order, and the place to go on from.

    `ended`: no event will ever follow; `place` is then that of the end. `reset`: the watcher's cursor was none of this
    run, so the events begin again. `slot` is the last one of the log that was looked at.
    """

    told: tuple[Told, ...]
    place: Cursor
    slot: int
    ended: bool = False
    reset: bool = False


def since(log: RunLog, key: RunKey, cursor: Cursor, *, most: int | None = None) -> Batch:
    """The events behind the cursor that the log has now, as many as an answer has room for. Raises `UnknownCursor`."""
    told: list[Told] = []
    size, slot = 0, cursor.slot
    for entry in _entries(log, key, cursor):
        slot = entry.slot
        for one in _behind(cursor, entry):
            size += len(json.dumps(one.text))
            if told and (size > MAX_BYTES or len(told) == most):
                return Batch(told=tuple(told), place=told[-1].cursor, slot=slot)
            told.append(one)
        if isinstance(entry.change, Ended):
            return Batch(told=tuple(told), place=_end_of(entry), slot=slot, ended=True)
    return Batch(told=tuple(told), place=told[-1].cursor if told else cursor, slot=slot)


def wait_for(
    log: RunLog,
    key: RunKey,
    cursor: Cursor,
    *,
    seconds: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Batch:
    """As `since`, but with nothing new it waits up to `seconds` for something. Raises `UnknownCursor`."""
    deadline = clock() + seconds
    batch = since(log, key, cursor)
    while not batch.told and not batch.ended and (left := deadline - clock()) > 0:
        sleep(min(POLL_SECONDS, left))
        # The one slot that comes next is cheaper to look for than the log is to read.
        if log.has(key, batch.slot + 1):
            batch = since(log, key, cursor)
    return batch


def or_from_the_start(read: Callable[[Cursor], Batch], text: str) -> Batch:
    """What `read` gives for the cursor that the text is, or with `reset` from the beginning where it is none."""
    try:
        return read(Cursor.parse(text))
    except UnknownCursor:
        return replace(read(BEGINNING), reset=True)


def _entries(log: RunLog, key: RunKey, cursor: Cursor) -> Iterator[Entry]:
    """The log from the cursor's own slot on, once it is sure that there is such a place."""
    entries = log.read(key, max(cursor.slot - 1, -1))
    if cursor == BEGINNING:
        return entries
    own = next(entries, None)
    if own is None or own.slot != cursor.slot or cursor > _last_of(own):
        raise UnknownCursor(str(cursor))
    return chain([own], entries)


def _behind(cursor: Cursor, entry: Entry) -> Iterator[Told]:
    for number, event in enumerate(entry.events):
        place = Cursor(entry.slot, number)
        if place > cursor:
            yield Told(place, as_json(event))


def _last_of(entry: Entry) -> Cursor:
    return _end_of(entry) if isinstance(entry.change, Ended) else Cursor(entry.slot, len(entry.events) - 1)


def _end_of(entry: Entry) -> Cursor:
    return Cursor(entry.slot, len(entry.events))


def as_json(event: Event) -> str:
    """The event as one line of JSON."""
    text = json.dumps({"type": event.type, **event.fields}, ensure_ascii=False)
    if len(text.encode()) <= MAX_EVENT_BYTES:
        return text
    short = {name: _in_short(value) for name, value in event.fields.items()}
    return json.dumps({"type": event.type, **short, "truncated": True}, ensure_ascii=False)


def _in_short(value: JsonValue) -> JsonValue:
    """The same shape, with lists empty and texts cut."""
    if isinstance(value, dict):
        return {name: _in_short(each) for name, each in value.items()}
    if isinstance(value, list):
        return []
    return value[:_LONG] if isinstance(value, str) else value


RESET = '{"type": "reset", "message": "the run has no event of that id; its events follow from the first"}'


def encode(batch: Batch) -> str:
    """The batch as the body of a `text/event-stream` answer."""
    blocks = [f"retry: {RETRY_MILLISECONDS}\n\n"]
    if batch.reset:
        # The empty id makes the client forget the one that it had.
        blocks.append(f"id:\nevent: reset\ndata: {RESET}\n\n")
    blocks += [f"id: {cursor}\ndata: {text}\n\n" for cursor, text in batch.told]
    if batch.ended:
        blocks.append(f'id: {batch.place}\nevent: end\ndata: {{"type": "end"}}\n\n')
    return "".join(blocks)
