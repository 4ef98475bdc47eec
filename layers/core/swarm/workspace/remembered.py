"""A store that remembers what its process has read and written, so that nothing is fetched that was just stored.

Only for objects that never change under their key: blobs, snapshots, transcripts, calls and their outcomes, whose keys
have a hash or their writer's id in them, or are written once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import BinaryIO

from swarm.workspace.objects import ObjectStore

MAX_BYTES = 32 * 1024 * 1024
"""What is remembered at most; a function has a few hundred MiB for everything."""

MAX_OBJECT_BYTES = 4 * 1024 * 1024


class RememberedObjects:
    """The store behind it, and the latest objects that went through, the oldest forgotten first."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes:
        data = self._known.get(key)
        if data is None:
            data = self._store.get(key)
            self._remember(key, data)
        return data

    def copy_to(self, target: BinaryIO, key: str) -> None:
        self._store.copy_to(target, key)

    def put(self, key: str, data: bytes, *, expires: bool = False) -> None:
        self._store.put(key, data, expires=expires)
        self._remember(key, data)

    def put_new(self, key: str, data: bytes, *, expires: bool = False) -> bool:
        # Another writer's bytes may be there, so nothing is known afterwards.
        return self._store.put_new(key, data, expires=expires)

    def keys_after(self, prefix: str, after: str) -> list[str]:
        return self._store.keys_after(prefix, after)

    def _remember(self, key: str, data: bytes) -> None:
        if len(data) > MAX_OBJECT_BYTES:
            return
        with self._lock:
            self._size += len(data) - len(self._known.pop(key, b""))
            self._known[key] = data
            while self._size > MAX_BYTES:
                _, forgotten = self._known.popitem(last=False)
                self._size -= len(forgotten)
