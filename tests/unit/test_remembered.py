"""A store with a memory asks the store behind it only for what it does not know."""

from __future__ import annotations

import pytest

from swarm.workspace.objects import MemoryObjects, ObjectMissing
from swarm.workspace.remembered import MAX_BYTES, MAX_OBJECT_BYTES, RememberedObjects


def test_what_was_written_or_read_is_not_read_again() -> None:
    store = MemoryObjects()
    remembered = RememberedObjects(store)
    store.put("read", b"read")
    remembered.put("written", b"written")
    assert remembered.get("read") == b"read"
    store.objects.clear()
    assert (remembered.get("written"), remembered.get("read")) == (b"written", b"read")


def test_what_was_missing_is_looked_for_again() -> None:
    store = MemoryObjects()
    remembered = RememberedObjects(store)
    with pytest.raises(ObjectMissing):
        remembered.get("outcome")
    store.put("outcome", b"done")
    assert remembered.get("outcome") == b"done"


def test_it_forgets_the_oldest_and_never_holds_much() -> None:
    store = MemoryObjects()
    remembered = RememberedObjects(store)
    most = MAX_BYTES // MAX_OBJECT_BYTES
    for number in range(most + 1):
        remembered.put(str(number), bytes(MAX_OBJECT_BYTES))
    remembered.put("too large", bytes(MAX_OBJECT_BYTES + 1))
    store.objects.clear()
    for forgotten in ("0", "too large"):
        with pytest.raises(ObjectMissing):
            remembered.get(forgotten)
    assert len(remembered.get(str(most))) == MAX_OBJECT_BYTES
