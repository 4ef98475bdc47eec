"""The events of a run from a cursor on: as Server-Sent Events, or as a page of them.

(https://html.spec.whatwg.org/multipage/server-sent-events.html.) A function cannot stream, so an answer is a bounded
replay: what is new since the cursor, at once; with nothing new, the first thing that comes within a while. A cursor
names a place in the run's log, so any process can go on from it, and nothing is told twice or left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from codex_swarm.models import DeltaEvent, EndEvent, ResetEvent, RunEvent, StepEvent, WatchedEvent
from swarm import sizes
from swarm.ids import RunKey
from swarm.records.drafts import WATCHED, Drafts, Look
from swarm.records.keys import sortable
from swarm.records.listing import Page, Wanted
from swarm.records.runlog import RunLog
from swarm.runs.entries import Ended, Entry

RETRY_MILLISECONDS = 1_000
FULL_RETRY_MILLISECONDS = 15_000
"""After which a watcher comes again: as a rule, and where its tenant has as many waiting as it may."""

POLL_SECONDS = 0.5
QUIET_SECONDS, QUIET_POLL_SECONDS = 3.0, 1.0
"""Between two looks whether something has happened: as a rule, and where nothing has for so long."""

AWAY = timedelta(seconds=3)
"""What was shown so long ago may have been missed by a watcher who comes again as it is told to."""

EVENT_FRAME = 60
"""Bytes around an event in an answer, its id included."""

MAX_EVENT_BYTES = 500_000
"""Of one event. A larger one has empty lists and cut texts; other routes have them whole."""

_LONG = 2_000

Model = TypeVar("Model", bound=BaseModel)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Events in order, each with its cursor as id, and the cursor to go on from.

    `ended`: no event will ever follow; `cursor` is then that of the end. `reset`: the watcher's cursor was none of
    this run, so the events begin again. `slot` is the last one of the log that was looked at. `draft` is what is being
    written; it is no event of the log.
    """

    events: tuple[RunEvent, ...]
    cursor: Cursor
    slot: int
    ended: bool = False
    reset: bool = False
    draft: DeltaEvent | None = None


def since(log: RunLog, key: RunKey, cursor: Cursor, *, most: int | None = None) -> Replay:
    """The events behind the cursor that the log has now, as many as an answer has room for. Raises `UnknownCursor`."""
    events: list[RunEvent] = []
    size, slot, last = 0, cursor.slot, cursor
    for entry in _entries(log, key, cursor):
        slot = entry.slot
        for number, told in enumerate(entry.events):
            place = Cursor(entry.slot, number)
            if place <= cursor:
                continue
            event = _bounded(told).model_copy(update={"id": str(place)})
            size += sizes.answered(as_json(event)) + EVENT_FRAME
            if events and (size > sizes.PAGE or len(events) == most):
                return Replay(events=tuple(events), cursor=last, slot=slot)
            events.append(event)
            last = place
        if isinstance(entry.change, Ended):
            return Replay(events=tuple(events), cursor=_end_of(entry), slot=slot, ended=True)
    return Replay(events=tuple(events), cursor=last, slot=slot)


class Glimpse(NamedTuple):
    """What a watcher sees in one look: whether the slot that comes next is taken, and a new draft of it."""

    taken: bool
    draft: DeltaEvent | None = None


class Watcher:
    """Looks at a run for one connection, and marks that somebody does, so that its agent shows what it writes."""

    def __init__(self, drafts: Drafts, key: RunKey, now: datetime) -> None:
        self._drafts = drafts
        self._key = key
        self._began = now
        self._marked = False

    def __call__(self, slot: int) -> Glimpse:
        look = self._drafts.look(self._key, slot, draft=True)
        if not self._marked:
            _mark(self._drafts, self._key, look, self._began)
        self._marked = True
        # A draft of an earlier slot is over: what became of it is in the log.
        new = look.draft_slot == slot and look.drafted_at > sortable(self._began - AWAY)
        return Glimpse(look.taken, look.draft if new else None)


def with_draft(replay: Replay, drafts: Drafts, key: RunKey, now: datetime) -> Replay:
    """The replay with the draft that stands behind it, however old, and a mark that somebody watches."""
    look = drafts.look(key, replay.slot + 1, draft=True)
    _mark(drafts, key, look, now)
    return replace(replay, draft=look.draft) if look.draft_slot == replay.slot + 1 and not look.taken else replay


def _mark(drafts: Drafts, key: RunKey, look: Look, now: datetime) -> None:
    if look.watched_until < sortable(now + WATCHED / 2):
        drafts.watch(key, now)


def wait_for(
    log: RunLog,
    key: RunKey,
    seen: Replay,
    look: Callable[[int], Glimpse],
    seconds: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Replay:
    """What comes behind a replay that ended with nothing new, as soon as it comes; nothing, after so many seconds.

    What comes may be a draft. The one slot that comes next is cheaper to look for than the log is to read.
    """
    deadline, replay = clock() + seconds, seen
    while not replay.events and not replay.ended and (left := deadline - clock()) > 0:
        glimpse = look(replay.slot + 1)
        if glimpse.taken:
            replay = since(log, key, seen.cursor)
        elif glimpse.draft is not None:
            return replace(replay, draft=glimpse.draft)
        else:
            sleep(min(POLL_SECONDS if seconds - left < QUIET_SECONDS else QUIET_POLL_SECONDS, left))
    return replay


def steps(
    log: RunLog, key: RunKey, cursor: Cursor, read: Callable[[StepEvent], Model], wanted: Wanted[Model]
) -> Page[Model]:
    """A page of the run's steps behind the cursor. Raises `UnknownCursor`."""
    found: list[Model] = []
    weight, last = 0, cursor
    for entry in _entries(log, key, cursor):
        for number, event in enumerate(entry.events):
            place = Cursor(entry.slot, number)
            if not isinstance(event, StepEvent) or place <= cursor:
                continue
            step = read(event)
            weight += wanted.weigh(step)
            if found and (weight > sizes.PAGE or len(found) == wanted.most):
                return Page(found, str(last))
            found.append(step)
            last = place
    return Page(found, None)


def or_from_the_start(read: Callable[[Cursor], Replay], text: str) -> Replay:
    """Reads from the cursor, or from the start with `reset` if it is unknown."""
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


def _last_of(entry: Entry) -> Cursor:
    return _end_of(entry) if isinstance(entry.change, Ended) else Cursor(entry.slot, len(entry.events) - 1)


def _end_of(entry: Entry) -> Cursor:
    return Cursor(entry.slot, len(entry.events))


def as_json(event: WatchedEvent) -> str:
    """The event as one line of JSON, without its id."""
    return event.model_dump_json(exclude={"id"})


def _bounded(event: RunEvent) -> RunEvent:
    """The event; one over `MAX_EVENT_BYTES` in short, and marked so."""
    if len(as_json(event).encode()) <= MAX_EVENT_BYTES:
        return event
    return _in_short(event).model_copy(update={"truncated": True})


def _in_short(value: Model) -> Model:
    """The same, with lists empty and texts cut."""
    return value.model_copy(update={name: _cut(field) for name, field in value})


def _cut(value: object) -> object:
    match value:
        case BaseModel():
            return _in_short(value)
        case dict():
            return {name: _cut(each) for name, each in value.items()}
        case list():
            return []
        case str() if len(value) > _LONG:
            return value[:_LONG]
    return value


RESET = ResetEvent(message="the run has no event of that id; its events follow from the first")


def encode(replay: Replay, retry_milliseconds: int = RETRY_MILLISECONDS) -> str:
    """The events as the body of a `text/event-stream` answer."""
    blocks = [f"retry: {retry_milliseconds}\n\n"]
    if replay.reset:
        # The empty id makes the client forget the one that it had.
        blocks.append(f"id:\nevent: reset\ndata: {as_json(RESET)}\n\n")
    blocks += [f"id: {event.id}\ndata: {as_json(event)}\n\n" for event in replay.events]
    if replay.draft is not None:
        # Without an id: what follows is asked for by that of the last event.
        blocks.append(f"event: delta\ndata: {as_json(replay.draft)}\n\n")
    if replay.ended:
        blocks.append(f"id: {replay.cursor}\nevent: end\ndata: {as_json(EndEvent())}\n\n")
    return "".join(blocks)
