"""Whether a process may still act for a run: it looks before whatever it does, and stops when it may not.

A look is good for `LOOK_SECONDS`. A cancellation waits longer than that before it answers, so that after its answer
nothing new can begin.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import BinaryIO

from swarm.errors import RunStopped
from swarm.workspace.objects import ObjectStore

LOOK_SECONDS = 0.25

LOOKS = 20
"""So many looks in a row may be too slow; then the process makes way for one that has more luck."""


class Ownership:
    """Looks by calling `lost`, and relies on a look for `LOOK_SECONDS`."""

    def __init__(self, lost: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._lost = lost
        self._clock = clock
        self._looked = -LOOK_SECONDS

    def require(self) -> None:
        """Raises `RunStopped` when the run is no longer this process's: cancelled, ended, or taken over."""
        for _ in range(LOOKS):
            # The time is taken before the look: one that was slow, or after which the process was held up, is too
            # old to be relied on by the time it is over.
            now = self._clock()
            if now - self._looked < LOOK_SECONDS:
                return
            if self._lost():
                raise RunStopped
            self._looked = now
        if self._clock() - self._looked >= LOOK_SECONDS:
            raise RunStopped

    def now(self) -> float:
        """The time, as `rely_on` takes it."""
        return self._clock()

    def rely_on(self, at: float) -> None:
        """Take for a look what only the owner can do, such as taking a slot; `at` is `now` before it was begun."""
        self._looked = max(self._looked, at)

    @property
    def looked(self) -> float:
        """When the look was taken that is relied on, for another's `rely_on`."""
        return self._looked

    def look(self) -> None:
        """`require`, without relying on an earlier look."""
        self._looked = -LOOK_SECONDS
        self.require()


class OwnedObjects:
    """A blob store that writes only while the process owns the run."""

    def __init__(self, store: ObjectStore, ownership: Ownership) -> None:
        self._store = store
        self._ownership = ownership

    def get(self, key: str) -> bytes:
        return self._store.get(key)

    def copy_to(self, target: BinaryIO, key: str) -> None:
        self._store.copy_to(target, key)

    def put(self, key: str, data: bytes, *, expires: bool = False) -> None:
        self._ownership.require()
        self._store.put(key, data, expires=expires)

    def put_new(self, key: str, data: bytes, *, expires: bool = False) -> bool:
        self._ownership.require()
        return self._store.put_new(key, data, expires=expires)

    def keys_after(self, prefix: str, after: str) -> list[str]:
        return self._store.keys_after(prefix, after)
