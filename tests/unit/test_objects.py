"""The contract of a blob store, held by every implementation."""

from __future__ import annotations

import pytest

from swarm.errors import CorruptObject
from swarm.workspace.objects import ObjectMissing, ObjectStore, ProjectArea
from swarm.workspace.snapshot import FileEntry, Snapshot
from swarm.workspace.working_copy import Workspace

AREA = ProjectArea("t", "p")


def test_what_was_put_is_what_is_got(blobs: ObjectStore) -> None:
    blobs.put("a/b", b"one")
    blobs.put("a/b", b"two")
    assert blobs.get("a/b") == b"two"


def test_a_missing_object_is_named(blobs: ObjectStore) -> None:
    with pytest.raises(ObjectMissing, match="a/b"):
        blobs.get("a/b")


def test_only_the_first_put_new_is_stored(blobs: ObjectStore) -> None:
    assert blobs.put_new("a", b"one")
    assert not blobs.put_new("a", b"two")
    assert blobs.get("a") == b"one"


def test_keys_come_in_order_after_one_and_no_neighbours_are_among_them(blobs: ObjectStore) -> None:
    for key in ("t/a/p/b/texts/2", "t/a/p/b/texts/1", "t/a/p/b/texts/3", "t/a/p/bb/texts/2", "t/a/p/b/blobs/2"):
        blobs.put(key, b"x")
    assert blobs.keys_after("t/a/p/b/texts/", "") == [f"t/a/p/b/texts/{number}" for number in (1, 2, 3)]
    assert blobs.keys_after("t/a/p/b/texts/", "t/a/p/b/texts/1") == ["t/a/p/b/texts/2", "t/a/p/b/texts/3"]
    assert blobs.keys_after("t/a/p/b/texts/", "t/a/p/b/texts/3") == []


def test_nothing_is_stored_before_save(blobs: ObjectStore) -> None:
    workspace = Workspace(Snapshot(), blobs, AREA)
    entry = workspace.write("a.md", b"text")
    with pytest.raises(ObjectMissing):
        blobs.get(AREA.blob(entry.sha256))
    snapshot = workspace.save()
    assert blobs.get(AREA.blob(entry.sha256)) == b"text"
    assert snapshot.files == {"a.md": entry}


def test_bytes_that_do_not_match_their_hash_are_never_read(blobs: ObjectStore) -> None:
    workspace = Workspace(Snapshot(), blobs, AREA)
    entry = workspace.write("a.md", b"text")
    saved = workspace.save()
    blobs.put(AREA.blob(entry.sha256), b"tampered")
    with pytest.raises(CorruptObject, match=entry.sha256):
        Workspace(saved, blobs, AREA).read("a.md")


def test_a_blob_that_is_gone_is_corruption_and_not_an_empty_file(blobs: ObjectStore) -> None:
    gone = Snapshot({"a.md": FileEntry("0" * 64, 1, "markdown")})
    with pytest.raises(CorruptObject):
        Workspace(gone, blobs, AREA).read("a.md")


@pytest.mark.parametrize(
    ("tenant", "project", "prefix"),
    [("t", "p", "t/t/p/p"), ("t/../u", "a b/c", "t/t%2F..%2Fu/p/a%20b%2Fc")],
    ids=["plain", "hostile"],
)
def test_a_project_keeps_to_its_own_prefix(tenant: str, project: str, prefix: str) -> None:
    assert ProjectArea(tenant, project).prefix == prefix
