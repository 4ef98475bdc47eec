"""Reads the tar that an untrusted function made, and believes none of it.

Only regular files under `files/` and two small JSON members are taken. Links, devices, sparse members, paths that
leave the workspace, and whatever is over a limit make the whole result invalid: half a result is no result.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from swarm.errors import InvalidPath
from swarm.jobs.batch import CallOutcome
from swarm.jobs.issue import JobLimits
from swarm.workspace.paths import valid_path

FILES = "files/"
RESULTS = "results.json"
DELETED = "deleted.json"

MAX_JSON_BYTES = 16 * 1024 * 1024

_OUTCOMES = TypeAdapter(list[CallOutcome])
_PATHS = TypeAdapter(list[str])


class InvalidResult(Exception):
    """The result is not what a well-behaved function makes; the text says what is wrong with it."""


@dataclass
class Result:
    """A result that passed every check: file contents by path, paths that are gone, and what each call came to."""

    outcomes: list[CallOutcome] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)


def read_result(data: bytes, limits: JobLimits) -> Result:
    """The result in a tar. Raises `InvalidResult`."""
    result = Result()
    try:
        for member, content in _members(data, limits):
            _take(result, member.name, content)
    except (tarfile.TarError, EOFError, ValidationError, InvalidPath, UnicodeError) as error:
        raise InvalidResult(f"the result cannot be read: {error}") from error
    if len(result.files) > limits.new_files:
        raise InvalidResult(f"the result has {len(result.files)} files; at most {limits.new_files} are taken")
    return result


def _members(data: bytes, limits: JobLimits) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        for member in tar:
            # `isreg` is also true of sparse members, whose few bytes can stand for any number of zeros.
            if not member.isreg() or member.issparse():
                raise InvalidResult(f"{member.name!r} is not a regular file")
            largest = limits.file_bytes if member.name.startswith(FILES) else MAX_JSON_BYTES
            if member.size > largest:
                raise InvalidResult(f"{member.name!r} has {member.size} bytes; at most {largest} are taken")
            content = tar.extractfile(member)
            if content is None:
                raise InvalidResult(f"{member.name!r} has no content")
            yield member, content.read(largest + 1)


def _take(result: Result, name: str, content: bytes) -> None:
    if name == RESULTS:
        result.outcomes = _OUTCOMES.validate_json(content)
    elif name == DELETED:
        result.deleted = [valid_path(path) for path in _PATHS.validate_json(content)]
    elif name.startswith(FILES):
        path = valid_path(name.removeprefix(FILES))
        if path in result.files:
            raise InvalidResult(f"{path!r} is there twice")
        result.files[path] = content
    else:
        raise InvalidResult(f"{name!r} does not belong into a result")
