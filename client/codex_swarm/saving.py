"""Bytes that come in a stream, go on where they were cut off, and appear under their name only when complete."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from codex_swarm.connection import Connection
from codex_swarm.errors import ApiError, CodexSwarmError, InvalidArgument, TransportError, local

Opened = Callable[[dict[str, str]], AbstractAsyncContextManager[httpx.Response]]
"""Asks for the bytes, with these headers."""

_CHUNK = 1024 * 1024


class Preview(NamedTuple):
    """What can be seen of a file: HTML or a picture, by its media type."""

    media_type: str
    content: bytes
    pages: int | None = None
    """Of a PDF: how many there are."""


@contextmanager
def local_files() -> Iterator[None]:
    """Raises `LocalFileError` for what the system says of files, and `InvalidArgument` for what can name none."""
    try:
        yield
    except CodexSwarmError:
        raise
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"this can be no path of a file: {error}") from error
    except OSError as error:
        raise local(error) from error


class PartialFile:
    """A file that is being filled, beside its target or where a later call finds it again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.version: str | None = None
        """Which content its bytes are of, where the server says it (ETag)."""
        with local_files():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")

    @classmethod
    def beside(cls, target: Path) -> PartialFile:
        """One of its own, in the folder of the target."""
        return cls(target.parent / f".codex-swarm-{secrets.token_hex(8)}.part")

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._file.tell()

    def write(self, chunk: bytes) -> None:
        """Adds to the end."""
        with local_files():
            self._file.write(chunk)

    def restart(self) -> None:
        """Begins anew."""
        with local_files():
            self._file.truncate(0)
            self._file.seek(0)

    def move_to(self, target: Path) -> None:
        """Gives it its name, over what is there."""
        with local_files():
            self._file.close()
            self.path.replace(target)

    def close(self) -> None:
        """Leaves it for a later call."""
        with local_files():
            self._file.close()

    def discard(self) -> None:
        """Removes it, unless it has its name."""
        with local_files():
            self._file.close()
            self.path.unlink(missing_ok=True)


async def fill(
    connection: Connection, opened: Opened, into: PartialFile, on_bytes: Callable[[int], None] = lambda _: None
) -> None:
    """Fetches what the file lacks. After passing trouble it goes on where it was, and is patient again for each byte.

    What has changed in between is fetched from its beginning. Raises what `Connection.stream` does.
    """
    attempt = 0
    while True:
        had = into.size
        try:
            await _go_on(connection, opened, into, on_bytes)
        except (TransportError, ApiError) as error:
            if into.size > had:
                attempt = 0
            shorter = isinstance(error, ApiError) and error.status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE
            if shorter and had:
                into.restart()
            pause = connection.pause(_CHANGED if shorter and had else error, attempt)
            if pause is None:
                raise
        else:
            return
        attempt += 1
        await connection.transport.sleep(pause)


_CHANGED = TransportError("what was being fetched has changed meanwhile")


async def _go_on(connection: Connection, opened: Opened, into: PartialFile, on_bytes: Callable[[int], None]) -> None:
    had = into.size
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={had}-"} if had else {})}
    async with opened(headers) as response:
        found = response.headers.get("etag")
        goes_on = _goes_on_at(response, had) and into.version in {None, found}
        into.version = found
        if not goes_on:
            into.restart()
        if not goes_on and response.status_code == httpx.codes.PARTIAL_CONTENT:
            raise TransportError(str(_CHANGED))
        async for chunk in connection.transport.chunks(response):
            into.write(chunk)
            on_bytes(len(chunk))


def _goes_on_at(response: httpx.Response, offset: int) -> bool:
    if response.status_code != httpx.codes.PARTIAL_CONTENT:
        return False
    return str(response.headers.get("content-range", "")).startswith(f"bytes {offset}-")


def sha256_of(path: Path) -> str:
    """The hash of a file, in hex. Raises `LocalFileError`."""
    digest = hashlib.sha256()
    with local_files(), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def copy(source: Path, target: Path) -> None:
    """Copies a file's bytes; the copy appears only once it is complete."""
    incomplete = target.parent / f".codex-swarm-{secrets.token_hex(8)}.part"
    with local_files():
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(source, incomplete)
            incomplete.replace(target)
        finally:
            incomplete.unlink(missing_ok=True)


def target_of(to: str | os.PathLike[str], name: str) -> Path:
    """`to` itself, or the name in it where it is a folder."""
    with local_files():
        target = Path(to)
        return target / name if target.is_dir() else target
