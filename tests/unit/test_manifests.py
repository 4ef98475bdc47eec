"""Stored snapshots: whole or on a base, as large as a workspace gets, and as earlier versions stored them."""

from __future__ import annotations

import gzip
import json

import pytest

from swarm.errors import CorruptObject
from swarm.workspace.manifests import SMALLEST_BASE, StoredSnapshot, hashes_in, load_snapshot, store_snapshot
from swarm.workspace.objects import MemoryObjects
from swarm.workspace.snapshot import FileEntry, Snapshot, compare

ENTRY = FileEntry("a" * 64, 3, "markdown")
LATER = FileEntry("b" * 64, 5, "markdown")
MANY = Snapshot({f"folder/{number:05}.md": ENTRY for number in range(SMALLEST_BASE)})


@pytest.fixture
def store() -> MemoryObjects:
    return MemoryObjects()


def test_no_key_is_no_file(store: MemoryObjects) -> None:
    assert load_snapshot(store, None) == StoredSnapshot()


@pytest.mark.parametrize("files", [Snapshot(), Snapshot({"عقد.md": ENTRY}), MANY], ids=["empty", "one", "many"])
def test_what_was_stored_is_loaded(store: MemoryObjects, files: Snapshot) -> None:
    stored = store_snapshot(store, "whole", files)
    assert load_snapshot(store, "whole") == stored
    assert stored.files == files


def test_a_turn_of_a_large_workspace_stores_what_it_changed(store: MemoryObjects) -> None:
    base = store_snapshot(store, "base", MANY)
    first = MANY.with_files({"new.md": LATER, "folder/00001.md": LATER}, ["folder/00000.md"])
    second = first.with_files({"more.md": LATER}, ["new.md"])
    after_first = store_snapshot(store, "first", first, base)
    store_snapshot(store, "second", second, load_snapshot(store, "first"))
    assert after_first.files == load_snapshot(store, "first").files == first
    assert load_snapshot(store, "second").files == second
    assert len(store.objects["second"]) < len(store.objects["base"]) / 10
    assert hashes_in(store.objects["second"]) == {LATER.sha256}
    assert hashes_in(store.objects["base"]) == {ENTRY.sha256}


def test_the_execute_bit_is_stored_and_counts_as_a_change(store: MemoryObjects) -> None:
    base = store_snapshot(store, "base", MANY)
    script = ENTRY._replace(executable=True)
    after = MANY.with_files({"folder/00001.md": script})
    store_snapshot(store, "later", after, base)
    store_snapshot(store, "whole", Snapshot({"tool.sh": script, "a.md": ENTRY}))
    assert load_snapshot(store, "later").files == after
    assert load_snapshot(store, "whole").files.files == {"tool.sh": script, "a.md": ENTRY}
    assert [change.path for change in compare(MANY, after)] == ["folder/00001.md"]
    assert after.digest != MANY.digest


def test_one_that_changed_much_is_stored_whole(store: MemoryObjects) -> None:
    base = store_snapshot(store, "base", MANY)
    half = Snapshot({path: entry for path, entry in MANY.files.items() if path < "folder/00500"})
    assert store_snapshot(store, "half", half, base).base_key == "half"
    del store.objects["base"]
    assert load_snapshot(store, "half").files == half


def test_a_small_one_is_always_whole(store: MemoryObjects) -> None:
    base = store_snapshot(store, "base", Snapshot({"a.md": ENTRY}))
    assert store_snapshot(store, "next", Snapshot({"a.md": LATER}), base).base_key == "next"


def test_a_manifest_of_the_first_version_is_read(store: MemoryObjects) -> None:
    old = {"schema": 1, "files": [["docs/a.md", "a" * 64, 3, "markdown"]]}
    store.put("old", gzip.compress(json.dumps(old).encode()))
    assert load_snapshot(store, "old").files == Snapshot({"docs/a.md": ENTRY})


def test_equal_files_have_equal_digests_in_any_order() -> None:
    assert Snapshot({"a": ENTRY, "b": LATER}).digest == Snapshot({"b": LATER, "a": ENTRY}).digest
    assert Snapshot({"a": ENTRY}).digest != Snapshot({"a": LATER}).digest


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"no gzip", id="no gzip"),
        pytest.param(gzip.compress(b"{"), id="no JSON"),
        pytest.param(gzip.compress(b"[]"), id="no object"),
        pytest.param(gzip.compress(b'{"schema": 9, "files": []}'), id="of a later schema"),
        pytest.param(gzip.compress(b'{"schema": 1, "files": [["a"]]}'), id="no files"),
        pytest.param(gzip.compress(b'{"schema": 1, "files": [["a", "b", "c", "d"]]}'), id="no size"),
        pytest.param(gzip.compress(b'{"schema": 2, "base": "gone", "files": [], "deleted": []}'), id="base is gone"),
        pytest.param(gzip.compress(b'{"schema": 2, "base": "delta", "files": [], "deleted": []}'), id="base on a base"),
    ],
)
def test_a_damaged_manifest_is_a_corrupt_object(store: MemoryObjects, data: bytes) -> None:
    base = store_snapshot(store, "base", MANY)
    store_snapshot(store, "delta", MANY.with_files({"a.md": LATER}), base)
    store.put("damaged", data)
    with pytest.raises(CorruptObject):
        load_snapshot(store, "damaged")
