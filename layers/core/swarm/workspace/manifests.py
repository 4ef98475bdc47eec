"""Snapshots as they are stored: every file, or what differs from another stored snapshot of the same run.

A turn changes a few files of what may be 100,000, and writing all of them down takes a second. So a turn's manifest
names a whole one, its base, and lists what changed since. A base is always whole, so reading takes two objects at most.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from swarm.errors import CorruptObject
from swarm.workspace.objects import ObjectStore
from swarm.workspace.snapshot import FileEntry, Snapshot

SCHEMA = 2
"""Of a manifest with a base; whole ones have schema 1, and are all that there was before."""

SMALLEST_BASE = 1_000
"""Files of a snapshot below which it is always stored whole."""

LARGEST_SHARE = 0.1
"""A manifest that would list more of its base than this is stored whole instead."""


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A snapshot and the whole one that it is stored on: itself, or its base. An empty one needs no object."""

    files: Snapshot = field(default_factory=Snapshot)
    base_key: str | None = None
    base: Snapshot = field(default_factory=Snapshot)


def load_snapshot(store: ObjectStore, key: str | None) -> StoredSnapshot:
    """The stored snapshot; the empty one without a key. Raises `CorruptObject`."""
    if key is None:
        return StoredSnapshot()
    manifest = _manifest(store.get(key))
    listed = _entries(manifest["files"])
    if "base" not in manifest:
        whole = Snapshot(listed)
        return StoredSnapshot(whole, key, whole)
    base = load_snapshot(store, manifest["base"])
    if base.base_key != manifest["base"]:
        raise CorruptObject(f"the base of the snapshot {key} is not a whole one")
    return StoredSnapshot(base.files.with_files(listed, manifest["deleted"]), base.base_key, base.files)


def store_snapshot(store: ObjectStore, key: str, files: Snapshot, base: StoredSnapshot | None = None) -> StoredSnapshot:
    """Store the files under this key: whole, or as what differs from the whole one that `base` stands on.

    `base` must be of the same run, so that neither is ever removed without the other.
    """
    if base is None or base.base_key is None or len(base.base.files) < SMALLEST_BASE:
        store.put(key, files.encode())
        return StoredSnapshot(files, key, files)
    before = base.base.files
    changed = {path: entry for path, entry in files.files.items() if before.get(path) != entry}
    deleted = sorted(before.keys() - files.files.keys())
    if len(changed) + len(deleted) > LARGEST_SHARE * len(before):
        return store_snapshot(store, key, files)
    manifest = {
        "schema": SCHEMA,
        "base": base.base_key,
        "files": [[path, *changed[path].as_listed()] for path in sorted(changed)],
        "deleted": deleted,
    }
    text = json.dumps(manifest, separators=(",", ":"), ensure_ascii=False)
    store.put(key, gzip.compress(text.encode(), compresslevel=1, mtime=0))
    return StoredSnapshot(files, base.base_key, base.base)


def copy_snapshot(store: ObjectStore, key: str, files: StoredSnapshot, source: str | None) -> None:
    """Store under another run's key what was loaded from `source`; whole, since that run may be removed before this."""
    if source is not None and files.base_key == source:
        store.put(key, store.get(source))
    else:
        store_snapshot(store, key, files.files)


def hashes_in(data: bytes) -> set[str]:
    """The hashes that a stored manifest names itself; those of its base are in the base's. Raises `CorruptObject`."""
    return {entry.sha256 for entry in _entries(_manifest(data)["files"]).values()}


def _manifest(data: bytes) -> Mapping[str, Any]:
    try:
        manifest = from_json(gzip.decompress(data))
    except (OSError, EOFError, ValueError) as error:
        raise CorruptObject(f"a snapshot manifest cannot be read: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("schema") not in {1, SCHEMA} or "files" not in manifest:
        raise CorruptObject("a snapshot manifest is of no known schema")
    return manifest


def _entries(listed: Iterable[Any]) -> dict[str, FileEntry]:
    try:
        return {
            path: FileEntry(sha256, int(size), kind, executable=bool(executable))
            for path, sha256, size, kind, *executable in listed
        }
    except (TypeError, ValueError) as error:
        raise CorruptObject(f"a snapshot manifest lists something else than files: {error}") from error
