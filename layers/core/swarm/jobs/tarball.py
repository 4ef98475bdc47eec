"""Reads the tar that an untrusted function made, and believes none of it.

Only regular files under `files/` and `texts/` and two small JSON members are taken. Links, devices, sparse members,
paths that leave the workspace, and whatever is over a limit make the whole result invalid: half a result is no result.

The members are walked by hand. `tarfile` follows every extension there is, some of them without end (CVE-2025-8194);
here each step goes forward, and only the ustar header and the one extension that long names need are known
(https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13).
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import SEEK_END
from stat import S_IXUSR
from typing import BinaryIO

from pydantic import ValidationError

from swarm.adapters import adapter
from swarm.errors import InvalidPath
from swarm.jobs.batch import CallResult
from swarm.jobs.issue import JobLimits
from swarm.workspace.document_texts import MAX_TEXT_BYTES
from swarm.workspace.paths import valid_path
from swarm.workspace.working_copy import WorkspaceLimits

FILES = "files/"
TEXTS = "texts/"
RESULTS = "results.json"
DELETED = "deleted.json"

MAX_JSON_BYTES = 16 * 1024 * 1024
MAX_FILES = WorkspaceLimits().files
"""A workspace holds no more, so no honest result does."""

_MAX_NAME_RECORD = 4_096
_END = bytes(tarfile.BLOCKSIZE)


class InvalidResult(Exception):
    """The result is not what a well-behaved function makes; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of one member, where they lie in the tar. They are read when asked for, and never all at once."""

    tar: BinaryIO
    start: int
    size: int
    executable: bool = False

    def __len__(self) -> int:
        return self.size

    def read(self) -> bytes:
        """All of it."""
        self.tar.seek(self.start)
        return self.tar.read(self.size)


@dataclass
class Result:
    """A result that passed every check: file contents by path, paths that are gone, and what each call came to.

    `texts` are texts of documents by the hash of the document, and not looked into yet.
    """

    outcomes: list[CallResult] = field(default_factory=list)
    files: dict[str, Content] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    texts: dict[str, Content] = field(default_factory=dict)


def read_result(tar: BinaryIO, limits: JobLimits) -> Result:
    """The result in a tar; its files stay there until they are read. Raises `InvalidResult`."""
    result = Result()
    seen: set[str] = set()
    for name, content in _members(tar):
        if name in seen:
            raise InvalidResult(f"{name!r} is there twice")
        seen.add(name)
        try:
            _take(result, name, content, limits)
        except (ValidationError, InvalidPath) as error:
            raise InvalidResult(f"{name!r} cannot be taken: {error}") from error
    if RESULTS not in seen:
        raise InvalidResult(f"it has no {RESULTS}")
    return result


def _take(result: Result, name: str, content: Content, limits: JobLimits) -> None:
    if name in {RESULTS, DELETED}:
        if len(content) > MAX_JSON_BYTES:
            raise InvalidResult(f"{name!r} has {len(content)} bytes; at most {MAX_JSON_BYTES} are taken")
        if name == RESULTS:
            result.outcomes = adapter(list[CallResult]).validate_json(content.read())
        else:
            result.deleted = [valid_path(path) for path in adapter(list[str]).validate_json(content.read())]
        return
    if name.startswith(TEXTS):
        if len(content) > MAX_TEXT_BYTES:
            raise InvalidResult(f"{name!r} has {len(content)} bytes; at most {MAX_TEXT_BYTES} are taken")
        result.texts[name.removeprefix(TEXTS)] = content
        return
    if not name.startswith(FILES):
        raise InvalidResult(f"{name!r} does not belong into a result")
    if len(content) > limits.file_bytes:
        raise InvalidResult(f"{name!r} has {len(content)} bytes; at most {limits.file_bytes} are taken")
    path = valid_path(name.removeprefix(FILES))
    if path in result.files:
        raise InvalidResult(f"{path!r} is there twice")
    result.files[path] = content
    if len(result.files) > MAX_FILES:
        raise InvalidResult(f"it has more than {MAX_FILES} files")


def _members(tar: BinaryIO) -> Iterator[tuple[str, Content]]:
    """Name and content of each member, up to the block of zeros that ends a tar."""
    total = tar.seek(0, SEEK_END)
    place, long_name = 0, None
    while (block := Content(tar, place, tarfile.BLOCKSIZE).read()) != _END:
        header = _header(block)
        start = place + tarfile.BLOCKSIZE
        if not 0 <= header.size <= total - start:
            raise InvalidResult(f"{header.name!r} is cut off")
        place = start + -(-header.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        if header.type == tarfile.XHDTYPE and long_name is None:
            long_name = _long_name(Content(tar, start, min(header.size, _MAX_NAME_RECORD)).read())
        elif header.type == tarfile.REGTYPE:
            yield long_name or header.name, Content(tar, start, header.size, executable=bool(header.mode & S_IXUSR))
            long_name = None
        else:
            raise InvalidResult(f"{header.name!r} is not a regular file")


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.TarError, ValueError) as error:
        raise InvalidResult(f"it is no tar: {error}") from error


def _long_name(record: bytes) -> str:
    """The name in an extended header that holds a name and nothing else: `<length of all> path=<name>\\n`."""
    length, blank, rest = record.partition(b" ")
    known = blank and length == str(len(record)).encode() and rest.startswith(b"path=") and rest.endswith(b"\n")
    try:
        name = rest.removeprefix(b"path=").removesuffix(b"\n").decode()
    except UnicodeDecodeError:
        name = ""
    if not known or not name:
        raise InvalidResult("it has an extended header that no result needs")
    return name
