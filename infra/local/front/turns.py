"""Whose request is worked on next, where processors are few: nobody's waits for all that somebody else asks at once.

API Gateway and Lambda have room for everybody; on one machine a caller who asks for a lot at once would take it all.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

RECENT_SECONDS = 2.0
"""A caller who asked so recently counts as there, so that its next request finds room."""

YIELDING = 2
"""A caller whose requests queue up leaves each of the others so many times the time that it took itself."""


class NoTurn(Exception):
    """The caller's requests before this one took all the time that it had."""


@dataclass
class _Caller:
    """When it last asked, what waits and is worked on for it, and until when its share of the time is used up."""

    asked_at: float
    waiting: deque[object] = field(default_factory=deque)
    working: int = 0
    used_until: float = 0.0


class Turns:
    """Alone a caller has as many requests worked on as it sends.

    Beside others it has its share of the processors at a time, and while more of its requests wait, less than its share
    of the time: after one it pauses for `YIELDING` times as long for each of the others. What is over waits, in the
    order of asking, and only for the caller's own.
    """

    def __init__(self, processors: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._processors = processors or os.cpu_count() or 1
        self._clock = clock
        self._changed = threading.Condition()
        self._callers: dict[str, _Caller] = {}

    @contextmanager
    def of(self, name: str, seconds: float) -> Iterator[None]:
        """A turn for as long as the block takes. Raises `NoTurn` after so long without one."""
        with self._changed:
            caller = self._caller(name)
            self._wait(caller, self._clock() + seconds)
            caller.working += 1
        began = self._clock()
        try:
            yield
        finally:
            with self._changed:
                caller.working -= 1
                caller.asked_at = self._clock()
                if caller.waiting:
                    caller.used_until = caller.asked_at + (caller.asked_at - began) * self._others(caller) * YIELDING
                self._changed.notify_all()

    def _caller(self, name: str) -> _Caller:
        now = self._clock()
        self._callers = {each: one for each, one in self._callers.items() if self._is_there(one) or each == name}
        caller = self._callers.setdefault(name, _Caller(now))
        caller.asked_at = now
        return caller

    def _wait(self, caller: _Caller, ends: float) -> None:
        ticket = object()
        caller.waiting.append(ticket)
        try:
            while (pause := self._pause(caller, ticket)) > 0:
                if (left := ends - self._clock()) <= 0:
                    raise NoTurn
                self._changed.wait(min(left, pause))
        finally:
            caller.waiting.remove(ticket)
            self._changed.notify_all()

    def _pause(self, caller: _Caller, ticket: object) -> float:
        """Seconds until this one may be worked on, or has to be looked at again; 0 for now."""
        others = self._others(caller)
        if not others:
            return 0.0
        if caller.waiting[0] is not ticket or caller.working >= max(1, self._processors // (others + 1)):
            return 1.0
        return max(0.0, caller.used_until - self._clock())

    def _others(self, caller: _Caller) -> int:
        return sum(self._is_there(one) for one in self._callers.values() if one is not caller)

    def _is_there(self, caller: _Caller) -> bool:
        return bool(caller.working or caller.waiting) or caller.asked_at > self._clock() - RECENT_SECONDS
