"""A snapshot: which files a workspace holds, each named by the SHA-256 of its bytes."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple

SCHEMA = 1
"""Of a whole manifest."""


class FileEntry(NamedTuple):
    """One file: the hash of its bytes (hex), its size in bytes, its type as listings show it, and its execute bit."""

    sha256: str
    size: int
    type: str
    executable: bool = False

    @property
    def mode(self) -> int:
        """As git and zip files have it: a regular file, and what its owner and others may do with it."""
        return 0o100755 if self.executable else 0o100644

    def as_listed(self) -> tuple[str | int, ...]:
        """What a manifest lists of it: the last value only where it is true, as manifests always were."""
        return (*self[:3], 1) if self.executable else self[:3]


class FileChange(NamedTuple):
    """What became of one path between two snapshots; `before` and `after` are None where it was not."""

    path: str
    status: Literal["added", "modified", "deleted"]
    before: FileEntry | None
    after: FileEntry | None


@dataclass(frozen=True)
class Snapshot:
    """Files by path. Equal content is equal: beside it only the execute bit counts, no time and no owner."""

    files: Mapping[str, FileEntry] = field(default_factory=dict)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path, sorted."""
        return tuple(sorted(self.files))

    @cached_property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(entry.size for entry in self.files.values())

    def with_files(self, changed: Mapping[str, FileEntry], deleted: Iterable[str] = ()) -> Snapshot:
        """This snapshot with some files replaced or added, then some gone."""
        files = {**self.files, **changed}
        for path in deleted:
            files.pop(path, None)
        return Snapshot(MappingProxyType(files))

    @cached_property
    def digest(self) -> str:
        """The SHA-256, in hex, of what the snapshot lists: equal files, equal digest."""
        return hashlib.sha256(self._text().encode()).hexdigest()

    def encode(self) -> bytes:
        """The whole manifest as it is stored (`swarm.workspace.manifests`): gzipped JSON, equal for equal files."""
        # Hashes do not compress, and a higher level takes several times as long for a few percent.
        return gzip.compress(self._text().encode(), compresslevel=1, mtime=0)

    def _text(self) -> str:
        files = [[path, *self.files[path].as_listed()] for path in self.paths]
        return json.dumps({"schema": SCHEMA, "files": files}, separators=(",", ":"), ensure_ascii=False)


def new_bytes(old: Snapshot, new: Snapshot) -> int:
    """Bytes of the contents that only the new one has, each counted once."""
    before = {entry.sha256 for entry in old.files.values()}
    return sum({entry.sha256: entry.size for entry in new.files.values() if entry.sha256 not in before}.values())


def compare(old: Snapshot, new: Snapshot) -> tuple[FileChange, ...]:
    """What changed from one snapshot to the other, sorted by path."""
    changes = [FileChange(path, "deleted", old.files[path], None) for path in old.files.keys() - new.files.keys()]
    for path, after in new.files.items():
        before = old.files.get(path)
        if before is None:
            changes.append(FileChange(path, "added", None, after))
        elif (before.sha256, before.executable) != (after.sha256, after.executable):
            changes.append(FileChange(path, "modified", before, after))
    return tuple(sorted(changes, key=lambda change: change.path))
