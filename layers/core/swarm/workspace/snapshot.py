"""A snapshot: which files a workspace holds, each named by the SHA-256 of its bytes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple

from pydantic import TypeAdapter, ValidationError

from swarm.errors import CorruptObject

SCHEMA = 1


class FileEntry(NamedTuple):
    """One file: the hash of its bytes (hex), its size in bytes, its type as listings show it."""

    sha256: str
    size: int
    type: str


class FileChange(NamedTuple):
    """What became of one path between two snapshots; `before` and `after` are None where it was not."""

    path: str
    status: Literal["added", "modified", "deleted"]
    before: FileEntry | None
    after: FileEntry | None


@dataclass(frozen=True)
class Snapshot:
    """Files by path. Equal content is equal: nothing else, no time and no owner, is part of it."""

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

    def encode(self) -> bytes:
        """The manifest as it is stored: gzipped JSON, the same bytes for the same files."""
        files = [[path, *self.files[path]] for path in self.paths]
        text = json.dumps({"schema": SCHEMA, "files": files}, separators=(",", ":"), ensure_ascii=False)
        return gzip.compress(text.encode(), compresslevel=5, mtime=0)

    @staticmethod
    def decode(data: bytes) -> Snapshot:
        """The snapshot of a stored manifest. Raises `CorruptObject`."""
        try:
            manifest = _MANIFEST.validate_json(gzip.decompress(data))
        except (OSError, EOFError, ValidationError) as error:
            raise CorruptObject(f"a snapshot manifest cannot be read: {error}") from error
        return Snapshot(
            MappingProxyType({path: FileEntry(sha, size, kind) for path, sha, size, kind in manifest.files})
        )


@dataclass(frozen=True)
class _Manifest:
    files: list[tuple[str, str, int, str]]
    schema: int = SCHEMA


_MANIFEST = TypeAdapter(_Manifest)


def compare(old: Snapshot, new: Snapshot) -> tuple[FileChange, ...]:
    """What changed from one snapshot to the other, sorted by path."""
    changes = []
    for path in sorted(old.files.keys() | new.files.keys()):
        before, after = old.files.get(path), new.files.get(path)
        if before is None:
            changes.append(FileChange(path, "added", None, after))
        elif after is None:
            changes.append(FileChange(path, "deleted", before, None))
        elif before.sha256 != after.sha256:
            changes.append(FileChange(path, "modified", before, after))
    return tuple(changes)
