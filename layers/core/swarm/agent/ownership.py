"""Whether a process may still act for a run: it may until somebody else has the run's next slot."""

from __future__ import annotations

import time
from collections.abc import Callable

from swarm.errors import RunStopped
from swarm.lifecycle import LOOK_SECONDS
from swarm.run import Run
from swarm.runlog import RunLog
from swarm.workspace.blobs import BlobStore


class Ownership:
    """Looks whether the slot behind `run` is still free, and remembers the look for `LOOK_SECONDS`."""

    def __init__(self, log: RunLog, run: Run, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._run = run
        self._looked = -LOOK_SECONDS

    def moved_on(self, run: Run) -> None:
        """The process got the slot and goes on from there."""
        self._run = run
        self._looked = -LOOK_SECONDS

    def require(self) -> None:
        """Raises `RunStopped` when the run was cancelled, has ended, or was taken over."""
        # The time is taken before the look, so that a slow look does not last longer.
        now = self._clock()
        if now - self._looked < LOOK_SECONDS:
            return
        if self._log.has(self._run.key, self._run.version + 1):
            raise RunStopped
        self._looked = now

    def look(self) -> None:
        """`require`, without relying on an earlier look."""
        self._looked = -LOOK_SECONDS
        self.require()


class OwnedBlobs:
    """A blob store that writes only while the process owns the run."""

    def __init__(self, store: BlobStore, ownership: Ownership) -> None:
        self._store = store
        self._ownership = ownership

    def get(self, key: str) -> bytes:
        return self._store.get(key)

    def put(self, key: str, data: bytes) -> None:
        self._ownership.require()
        self._store.put(key, data)

    def put_new(self, key: str, data: bytes) -> bool:
        self._ownership.require()
        return self._store.put_new(key, data)
