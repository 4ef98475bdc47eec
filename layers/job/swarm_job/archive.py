"""The result of a job as one plain tar in one form upload, produced as it is sent: no second copy on disk."""

from __future__ import annotations

import json
import tarfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from swarm_job.contract import CallResult, Upload
from swarm_job.folders import open_regular
from swarm_job.transport import post
from swarm_job.workspace import Changes

_CHUNK = 1 << 20
_END = b"\0" * (2 * tarfile.BLOCKSIZE)

_File = tuple[str, Path, int, int]
"""A member's name, where its bytes are, how many, and its mode."""
_MODE, _EXECUTABLE = 0o644, 0o755


def deliver(upload: Upload, results: Sequence[CallResult], changes: Changes, texts: Path) -> None:
    """POST results.json, deleted.json, files/<path>, and texts/<sha256> of a folder. Raises `Unreachable`."""
    documents = {
        "results.json": json.dumps([asdict(result) for result in results]).encode(),
        "deleted.json": json.dumps(changes.deleted).encode(),
    }
    files = [
        (f"files/{file.path}", file.place, file.size, _EXECUTABLE if file.executable else _MODE)
        for file in changes.changed
    ]
    if texts.is_dir():
        files += [(f"texts/{text.name}", text, text.lstat().st_size, _MODE) for text in sorted(texts.iterdir())]
    boundary = uuid.uuid4().hex
    opening, closing = _form(upload.fields, boundary)
    length = len(opening) + _tar_length(documents, files) + len(closing)

    def body() -> Iterator[bytes]:
        yield opening
        yield from _tar(documents, files)
        yield closing

    post(upload.url, f"multipart/form-data; boundary={boundary}", length, body)


def _form(fields: Mapping[str, str], boundary: str) -> tuple[bytes, bytes]:
    """What goes before the file and after it. S3 ignores every field that follows the file."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="result.tar"\r\n'
        "Content-Type: application/x-tar\r\n\r\n"
    )
    return "".join(parts).encode(), f"\r\n--{boundary}--\r\n".encode()


def _tar(documents: Mapping[str, bytes], files: Sequence[_File]) -> Iterator[bytes]:
    for name, content in documents.items():
        yield _header(name, len(content)) + content + _padding(len(content))
    for name, place, size, mode in files:
        yield _header(name, size, mode)
        yield from _content(place, size)
        yield _padding(size)
    yield _END


def _tar_length(documents: Mapping[str, bytes], files: Sequence[_File]) -> int:
    members = [(name, len(content)) for name, content in documents.items()]
    members += [(name, size) for name, _, size, _ in files]
    return sum(len(_header(name, size)) + size + len(_padding(size)) for name, size in members) + len(_END)


def _header(name: str, size: int, mode: int = _MODE) -> bytes:
    # A member made by hand has no owner, and is never a link.
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, mode
    return member.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return b"\0" * (-size % tarfile.BLOCKSIZE)


def _content(place: Path, size: int) -> Iterator[bytes]:
    with open_regular(place) as reading:
        left = size
        while left:
            chunk = reading.read(min(_CHUNK, left))
            if not chunk:
                raise OSError("a file became shorter while it was sent")
            left -= len(chunk)
            yield chunk
