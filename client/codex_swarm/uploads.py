"""Files for a run to work on: from this machine, from memory, or as they come in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path, PurePath
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import IO, Any, Protocol

from codex_swarm.errors import InvalidArgument, local
from codex_swarm.models import UploadFile
from codex_swarm.saving import local_files
from codex_swarm.shaping import shaped

CHUNK = 256 * 1024

_IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a stream that cannot be read twice, beyond which it is kept on disk."""


class FormFile(Protocol):
    """A file that came with a form, such as FastAPI's `UploadFile`."""

    @property
    def filename(self) -> str | None:
        """The name that the browser gave it."""

    @property
    def file(self) -> Any:
        """Its bytes, open for reading."""


Content = str | os.PathLike[str] | bytes | IO[bytes] | FormFile
"""A path on this machine, bytes, a file that is open for reading, or one of a form."""

Files = Content | Sequence[Content] | Mapping[str, Content]
"""One or several; a mapping says under which workspace path each is to be, which bytes need."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is going to be sent, and can be read again and again."""

    path: str
    size: int
    sha256: str
    opened: Callable[[], AbstractContextManager[IO[bytes]]]

    @property
    def promise(self) -> UploadFile:
        """What the service is told beforehand."""
        return shaped(UploadFile, path=self.path, size=self.size, sha256=self.sha256)

    def chunks(self) -> Iterator[bytes]:
        """Its bytes. Raises `InvalidArgument` when they are no longer as many as were promised."""
        sent = 0
        with local_files(), self.opened() as file:
            while sent < self.size and (chunk := file.read(min(CHUNK, self.size - sent))):
                sent += len(chunk)
                yield chunk
        if sent != self.size:
            raise InvalidArgument(f"{self.path} has become shorter while it was being sent")


def sources(files: Files, kept: ExitStack) -> list[Source]:
    """The files by workspace path; those of no mapping go to the root, under their own names. Reads each of them once.

    What can be read only once is copied, and the copy lives until `kept` is closed. Raises `InvalidArgument`, and
    `LocalFileError` for a file that cannot be read.
    """
    if isinstance(files, Mapping):
        named = [(path, content) for path, content in files.items()]
    else:
        named = [(_name_of(content), content) for content in _several(files)]
    if not named:
        raise InvalidArgument("there is no file to upload")
    paths = [path for path, _ in named]
    if len(set(paths)) < len(paths):
        raise InvalidArgument("two files have the same name; give a mapping of workspace path -> file")
    streams = [id(content) for _, content in named if hasattr(content, "read")]
    if len(set(streams)) < len(streams):
        raise InvalidArgument("the same open file is given twice; give its bytes instead")
    return [_source(path, content, kept) for path, content in named]


def _several(files: Any) -> Sequence[Content]:
    alone = isinstance(files, (str, bytes, bytearray)) or not isinstance(files, Sequence)
    return [files] if alone else files


def _name_of(content: Any) -> str:
    name = getattr(content, "filename", None) or getattr(content, "name", None)
    if isinstance(content, (str, os.PathLike)):
        name = Path(content).name
    if not isinstance(name, str) or not PurePath(name).name:
        raise InvalidArgument(f"{type(content).__name__} has no name; give a mapping of workspace path -> file")
    return PurePath(name).name


def _source(path: Any, content: Any, kept: ExitStack) -> Source:
    if not isinstance(path, str):
        raise InvalidArgument("a workspace path is a text")
    opened: Callable[[], AbstractContextManager[IO[bytes]]]
    if isinstance(content, (str, os.PathLike)):
        opened = partial(_opened, Path(content))
    elif isinstance(content, (bytes, bytearray, memoryview)):
        opened = partial(BytesIO, bytes(content))
    else:
        opened = _of_stream(getattr(content, "file", content), kept)
    digest, size = hashlib.sha256(), 0
    try:
        with opened() as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise local(error) from error
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"{path} cannot be read as bytes: {type(error).__name__}") from error
    return Source(path, size, digest.hexdigest(), opened)


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def _of_stream(stream: Any, kept: ExitStack) -> Callable[[], AbstractContextManager[IO[bytes]]]:
    """From the stream's beginning each time; what cannot go back there is kept meanwhile."""
    if not hasattr(stream, "read"):
        raise InvalidArgument(f"a file is a path, bytes or something open for reading, not {type(stream).__name__}")
    if not (hasattr(stream, "seek") and getattr(stream, "seekable", lambda: True)()):
        copied = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  `kept` closes it
        kept.callback(copied.close)
        while chunk := stream.read(CHUNK):
            copied.write(chunk)
        stream = copied

    def opened() -> AbstractContextManager[IO[bytes]]:
        stream.seek(0)
        return nullcontext(stream)

    return opened


class Sent:
    """Tells how many bytes of all have been sent; from one thread at a time, and never fewer than before."""

    def __init__(self, total: int, on_progress: Callable[[int, int], None] | None) -> None:
        self._total = total
        self._on_progress = on_progress
        self._sent = 0
        self._lock = Lock()

    def more(self, size: int) -> None:
        """So many bytes more."""
        with self._lock:
            self._sent += size
            if self._on_progress is not None:
                self._on_progress(self._sent, self._total)


class Sending:
    """One file on its way; bytes that are sent again do not count twice."""

    def __init__(self, source: Source, sent: Sent) -> None:
        self._source = source
        self._sent = sent
        self._now = 0
        self._most = 0

    def chunks(self) -> Iterator[bytes]:
        """The file, from its beginning."""
        self._now = 0
        yield from self._source.chunks()

    def add(self, size: int) -> None:
        """`size` more bytes have been sent."""
        self._now += size
        if self._now > self._most:
            self._sent.more(self._now - self._most)
            self._most = self._now
