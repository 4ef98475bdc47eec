"""A working copy: a snapshot, and changes to it that become durable all at once or not at all."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from swarm.errors import (
    CorruptObject,
    FileTooLarge,
    InvalidPath,
    ReadOnlyPath,
    WorkspaceFileNotFound,
    WorkspaceTooLarge,
)
from swarm.workspace.document_texts import DocumentTexts
from swarm.workspace.file_types import file_type
from swarm.workspace.objects import ObjectStore, ProjectArea
from swarm.workspace.paths import valid_path
from swarm.workspace.snapshot import FileEntry, Snapshot

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WorkspaceLimits:
    """The most a workspace may hold; sizes in bytes."""

    file_bytes: int = 50 * MIB
    total_bytes: int = 2_048 * MIB
    files: int = 20_000


class Workspace:
    """Files as a run sees them. Writes stay in memory until `save`, so that a stopped run leaves no trace.

    `texts` are those of its documents, as far as they have been made; `unread` says of a content why its text could
    not be made this time. `provided` are files of `folder/name/`, here for reading by their path: they lie over the
    run's own, are never changed, and are not among `paths`.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        store: ObjectStore,
        area: ProjectArea,
        limits: WorkspaceLimits | None = None,
        *,
        provided: Snapshot | None = None,
    ) -> None:
        self.provided = provided.files if provided else {}
        # Whatever stands in a folder that has been provided, also what is not there yet.
        self._read_only = tuple({"/".join(path.split("/")[:2]) + "/" for path in self.provided})
        self._base = snapshot
        self._files = dict(snapshot.files)
        self._size = snapshot.size
        self._pending: dict[str, bytes] = {}
        self._put: set[str] = set()
        self._store = store
        self._area = area
        self._limits = limits or WorkspaceLimits()
        self.texts = DocumentTexts(store, area)
        self.unread: dict[str, str] = {}

    def paths(self) -> list[str]:
        """Every path, sorted."""
        return sorted(self._files)

    def has(self, path: str) -> bool:
        """Whether there is a file of this path, which is in Unicode NFC."""
        return path in self.provided or path in self._files

    def with_provided(self, snapshot: Snapshot) -> Snapshot:
        """These files, and what has been provided, over them."""
        return snapshot.with_files(self.provided) if self.provided else snapshot

    def entry(self, path: str) -> FileEntry:
        """Hash, size and type of a file. Raises `InvalidPath`, `WorkspaceFileNotFound`."""
        found = self.provided.get(unicodedata.normalize("NFC", path))
        return self._files[self._known(path)] if found is None else found

    def _writable(self, path: str) -> str:
        path = valid_path(path)
        if path.startswith(self._read_only):
            raise ReadOnlyPath(path)
        return path

    def find(self, path: str) -> FileEntry | None:
        """The file at just this path, or None."""
        return self._files.get(path)

    def _known(self, path: str) -> str:
        """The path of a file that there is, also with a name that an earlier version took and that is refused now."""
        path = unicodedata.normalize("NFC", path)
        if path not in self._files:
            raise WorkspaceFileNotFound(valid_path(path))
        return path

    def read(self, path: str) -> bytes:
        """A file's bytes, verified. Raises `InvalidPath`, `WorkspaceFileNotFound`, `CorruptObject`."""
        return self.content(self.entry(path))

    def content(self, entry: FileEntry) -> bytes:
        """The bytes of a file of this copy, verified. Raises `CorruptObject`."""
        pending = self._pending.get(entry.sha256)
        return pending if pending is not None else read_blob(self._store, self._area, entry)

    def write(self, path: str, data: bytes) -> FileEntry:
        """Create or replace a file. One that is replaced stays executable, as it does on disk.

        Raises `InvalidPath`, `FileTooLarge`, `WorkspaceTooLarge`.
        """
        path = self._writable(path)
        self._check_room(path, len(data))
        before = self._files.get(path)
        executable = before is not None and before.executable
        entry = FileEntry(hashlib.sha256(data).hexdigest(), len(data), file_type(path), executable)
        self._size += entry.size - self._size_at(path)
        self._files[path] = entry
        self._pending[entry.sha256] = data
        return entry

    def link(self, path: str, entry: FileEntry) -> None:
        """Create or replace a file whose blob is stored already. Raises as `write` does."""
        path = self._writable(path)
        self._check_room(path, entry.size)
        self._size += entry.size - self._size_at(path)
        self._files[path] = entry._replace(type=file_type(path))

    def delete(self, path: str) -> None:
        """Remove a file. Raises `InvalidPath`, `WorkspaceFileNotFound`."""
        if unicodedata.normalize("NFC", path) in self.provided:
            raise ReadOnlyPath(path)
        self._size -= self._files.pop(self._known(path)).size

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Changes made inside are undone together when one of them is refused."""
        files, size, pending = dict(self._files), self._size, dict(self._pending)
        try:
            yield
        except BaseException:
            self._files, self._size, self._pending = files, size, pending
            raise

    @property
    def changed(self) -> bool:
        """Whether the files differ from the snapshot this copy started from."""
        return self._files != self._base.files

    def save(self) -> Snapshot:
        """Store what is new, then name it: the snapshot of the files as they are now."""
        kept = {entry.sha256 for entry in self._files.values()}
        for sha256, data in self._pending.items():
            # Once for each working copy is enough: a sweep leaves alone what was put within a process's lifetime.
            if sha256 in kept and sha256 not in self._put:
                self._store.put(self._area.blob(sha256), data)
                self._put.add(sha256)
        self._pending.clear()
        self._base = Snapshot(dict(self._files))
        return self._base

    def _size_at(self, path: str) -> int:
        entry = self._files.get(path)
        return entry.size if entry else 0

    def _check_room(self, path: str, size: int) -> None:
        limits = self._limits
        if size > limits.file_bytes:
            raise FileTooLarge(path, size, limits.file_bytes)
        if self._size + size - self._size_at(path) > limits.total_bytes:
            raise WorkspaceTooLarge(
                f"{path} would take the workspace over {limits.total_bytes} bytes; delete files first"
            )
        if path in self._files:
            return
        if len(self._files) >= limits.files:
            raise WorkspaceTooLarge(f"the workspace already holds {limits.files} files; delete some first")
        self._check_folders(path)

    def _check_folders(self, path: str) -> None:
        """A path cannot be a file and a folder at once."""
        for parent in PurePosixPath(path).parents:
            if str(parent) in self._files:
                raise InvalidPath(f"{parent} is a file, so {path} cannot be inside it")
        if any(other.startswith(f"{path}/") for other in self._files):
            raise InvalidPath(f"{path} is a folder")


def read_blob(store: ObjectStore, area: ProjectArea, entry: FileEntry) -> bytes:
    """The bytes of a stored file. Raises `CorruptObject` when they are not what the snapshot promised."""
    data = store.get(area.blob(entry.sha256))
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise CorruptObject(f"the blob {entry.sha256} does not have the bytes that its name promises")
    return data
