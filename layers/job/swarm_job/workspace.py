"""A workspace on disk: made from a job's files, and compared with them afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from swarm_job.cache import Cache
from swarm_job.contract import Limits, SourceFile
from swarm_job.folders import open_regular
from swarm_job.paths import MAX_PATH_BYTES, RESERVED_ROOTS, BadPath, inner_path, valid_path
from swarm_job.transport import Unreachable, download

_CHUNK = 1 << 20
_PARALLEL_DOWNLOADS = 8


@dataclass(frozen=True)
class Changed:
    """A regular file that is new, or has other content or another execute bit.

    `place` is its path as bytes on disk spell it.
    """

    path: str
    place: Path
    size: int
    executable: bool


@dataclass
class Changes:
    """What became of a workspace. `left_out` has the reason, a clause, for each path that is not handed back."""

    changed: list[Changed] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def materialise(files: Sequence[SourceFile], workspace: Path, cache: Cache) -> None:
    """Write the files into an empty folder, each with its hash verified. Raises `Unreachable`."""
    for folder in {(workspace / file.path).parent for file in files}:
        folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool:
        # Going through the results raises what a download raised.
        list(pool.map(lambda file: _place(file, workspace / file.path, cache), files))
    cache.shrink()


def _place(file: SourceFile, target: Path, cache: Cache) -> None:
    if not cache.copy(file.sha256, target):
        _download(file, target, cache)
    if file.executable:
        target.chmod(0o700)


def _download(file: SourceFile, target: Path, cache: Cache) -> None:
    with target.open("wb") as writing:
        if download(file.url, file.size, writing) != file.sha256:
            raise Unreachable(f"{file.path} is not what its hash says")
    cache.add(file.sha256, target)


def compare(workspace: Path, files: Sequence[SourceFile], limits: Limits) -> Changes:
    """What is different from the files that the workspace was made of, within the limits. Nothing may run in it now."""
    before = {file.path: (file.sha256, file.executable) for file in files}
    changes = Changes()
    total = new = 0
    seen: set[str] = set()
    for name, entry in walk(workspace):
        if name.endswith("/"):
            changes.left_out[name] = "it is an empty folder, and only files are kept: put one into it"
            continue
        try:
            known = unicodedata.normalize("NFC", name) in before
            path = inner_path(name) if known else valid_path(name)
        except BadPath as error:
            changes.left_out[name] = str(error)
            continue
        if path in seen:
            changes.left_out[name] = "another file has the same name in Unicode's normal form"
            continue
        seen.add(path)
        if reason := _unfit(entry, limits):
            changes.left_out[path] = reason
            continue
        place = Path(entry.path)
        size, sha256 = _hash(place)
        total += size
        new += path not in before
        executable = bool(entry.stat(follow_symlinks=False).st_mode & stat.S_IXUSR)
        if before.get(path) == (sha256, executable):
            continue
        if total > limits.workspace_bytes:
            changes.left_out[path] = f"the workspace is larger than {limits.workspace_bytes:,} bytes"
        elif new > limits.new_files and path not in before:
            changes.left_out[path] = f"there are more than {limits.new_files:,} new files"
        else:
            changes.changed.append(Changed(path, place, size, executable))
    changes.deleted = sorted(before.keys() - seen)
    return changes


def states(workspace: Path) -> Mapping[str, tuple[int, ...]]:
    """Path -> what changes when a file does, without reading it: cheap enough to ask after every call."""
    found = {}
    for name, entry in walk(workspace):
        with contextlib.suppress(OSError):
            info = entry.stat(follow_symlinks=False)
            found[name] = (info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    return found


def walk(workspace: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every entry that is not a folder, and each folder that has nothing in it, with a slash at its end.

    Links are given, never followed.

    Reserved folders at the root are passed over, and so is whatever lies too deep to have a valid path.
    """
    waiting: list[tuple[str, os.DirEntry[str] | None]] = [] if workspace.is_symlink() else [("", None)]
    while waiting:
        prefix, folder = waiting.pop()
        entries = sorted(_entries(Path(folder.path) if folder else workspace), key=lambda entry: entry.name)
        if folder and not entries:
            yield prefix, folder
        for entry in entries:
            name = prefix + entry.name
            if not prefix and entry.name.lower() in RESERVED_ROOTS:
                continue
            if not entry.is_dir(follow_symlinks=False):
                yield name, entry
            elif len(os.fsencode(name)) <= MAX_PATH_BYTES:
                waiting.append((f"{name}/", entry))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except PermissionError:
        # A program may shut its owner out, but not for good.
        folder.chmod(0o700)
        return list(os.scandir(folder))
    except OSError:
        return []


def _unfit(entry: os.DirEntry[str], limits: Limits) -> str:
    """Why an entry cannot be handed back; empty when it can."""
    info = entry.stat(follow_symlinks=False)
    if stat.S_ISLNK(info.st_mode):
        return "it is a symbolic link"
    if not stat.S_ISREG(info.st_mode):
        return "it is not a regular file"
    if info.st_size > limits.file_bytes:
        return f"it is larger than {limits.file_bytes:,} bytes"
    return ""


def _hash(place: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with open_regular(place) as reading:
        while chunk := reading.read(_CHUNK):
            size += len(chunk)
            digest.update(chunk)
    return size, digest.hexdigest()
