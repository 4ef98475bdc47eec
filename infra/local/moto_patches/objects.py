"""S3: bytes of objects as files, in place of moto's memory; a file is whole before anything refers to it."""

from __future__ import annotations

import functools
import inspect
import io
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from moto.s3.models import FakeKey
from moto.s3.utils import _VersionedKeyStore
from moto.utilities.utils import LowercaseDict

from infra.local.identity import ACCOUNT_ID, REGION
from infra.local.moto_patches.wrapping import Wrapper, wrap
from infra.local.persistence.store import NotKept

_folder: list[Path | None] = [None]


def keep_in(folder: Path | None) -> None:
    """Where the bytes of new objects go from now on; None for moto's own way."""
    _folder[0] = folder


def store_bytes_in_files() -> None:
    """moto keeps what is not over 16 MB in memory, and the rest in files that are gone with the process."""
    wrap(FakeKey, "__init__", _init)


def _init(original: Wrapper, key: FakeKey, name: str, value: bytes, *args: object, **kwargs: object) -> None:
    folder = _folder[0]
    if folder is None:
        original(key, name, value, *args, **kwargs)
        return
    original(key, name, b"", *args, **kwargs)
    key._value_buffer.close()
    buffer = StoredBytes.new(folder)
    key._value_buffer = buffer  # type: ignore[assignment]
    try:
        key.value = value  # type: ignore[misc]
    except OSError as reason:
        buffer.path.unlink(missing_ok=True)
        raise NotKept(str(reason.strerror)) from reason


class StoredBytes(io.RawIOBase):
    """What moto does with an object's buffer, on a file that is open only while it is read or written."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._position = 0

    @classmethod
    def new(cls, folder: Path) -> StoredBytes:
        """One without a file yet, in a folder that has no more files than a file system likes."""
        name = uuid.uuid4().hex
        return cls(folder / name[:2] / name)

    @property
    def name(self) -> str:
        """The file, from the folder of all objects."""
        return f"{self.path.parent.name}/{self.path.name}"

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """From the start only, which is all that moto does."""
        if whence != os.SEEK_SET:
            raise io.UnsupportedOperation("seek from elsewhere than the start")
        self._position = offset
        return offset

    def truncate(self, size: int | None = None) -> int:
        """Nothing: what is written next replaces the file."""
        return size or 0

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        """Replace the file's content. A file that is cut short here is nobody's: nothing refers to it yet."""
        self.path.parent.mkdir(exist_ok=True)
        return self.path.write_bytes(data)

    def read(self, size: int = -1, /) -> bytes:
        """From where the last read ended."""
        with self.path.open("rb") as file:
            file.seek(self._position)
            data = file.read(size)
        self._position += len(data)
        return data


class StoredObjects(_VersionedKeyStore):
    """The objects of a bucket, of which those that were stored are read when somebody asks for them."""

    def __init__(self, stored: Mapping[str, Iterable[Any]], read: Callable[[Iterable[Any]], list[Any]]) -> None:
        """`stored` has what `read` makes the versions of a key of."""
        super().__init__({key: _Unread(rows) for key, rows in stored.items()})
        self._read = read

    def __sgetitem__(self, key: str) -> list[Any]:
        found: list[Any] | _Unread = dict.__getitem__(self, key)
        if isinstance(found, _Unread):
            found = self._read(found.rows)
            dict.__setitem__(self, key, found)
        return found


class _Unread(NamedTuple):
    rows: Iterable[Any]


def stored(path: Path, name: str, bucket: str, metadata: Mapping[str, str], attributes: Mapping[str, Any]) -> Any:
    """An object whose bytes are in that file already."""
    key: Any = FakeKey.__new__(FakeKey)
    vars(key).update(_attributes_of_all())
    vars(key).update(attributes, name=name, bucket_name=bucket)
    key.lock = threading.Lock()
    key._value_buffer = StoredBytes(path)
    key._metadata = LowercaseDict()
    key._metadata.update(metadata)
    return key


@functools.cache
def _attributes_of_all() -> Mapping[str, Any]:
    # Made once: making one takes 0.1 ms, and there may be a hundred thousand of them.
    key: Any = FakeKey.__new__(FakeKey)
    inspect.unwrap(FakeKey.__init__)(key, "", b"", ACCOUNT_ID, REGION)
    key.dispose()
    return {**vars(key), "disposed": False}
