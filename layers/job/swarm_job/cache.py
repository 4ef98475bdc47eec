"""Files that were fetched before, by content, so that a run's next job need not fetch them again.

The commands of a run can read and write it like everything else here, so it holds the files of one run at a time,
and nothing is taken from it without its hash.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from swarm_job.folders import discard, open_regular, root

CACHE = "cache"
MAX_BYTES = 256 << 20
_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


def strays() -> Iterator[Path]:
    """What lies in the cache and is not a file by its hash, in the folder of a run."""
    with contextlib.suppress(OSError):
        for folder in list(os.scandir(root() / CACHE)):
            if not folder.is_dir(follow_symlinks=False):
                yield Path(folder.path)
                continue
            for entry in list(os.scandir(folder)):
                if not _SHA256.fullmatch(entry.name) or not entry.is_file(follow_symlinks=False):
                    yield Path(entry.path)


class Cache:
    """The folder of one run; whatever another run left in it is gone first."""

    def __init__(self, run_id: str, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        name = hashlib.sha256(run_id.encode()).hexdigest()[:16]
        home = root() / CACHE
        self._folder = home / name
        with contextlib.suppress(OSError):
            for other in home.iterdir() if not home.is_symlink() else [home]:
                if other.name != name or other.is_symlink():
                    discard(other)
        if home.is_symlink():
            discard(home)
        if self._folder.is_symlink() or not self._folder.is_dir():
            discard(self._folder)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def copy(self, sha256: str, target: Path) -> bool:
        """Write the bytes with this hash to a new file, if they are here and are what they were."""
        source = self._folder / sha256
        digest = hashlib.sha256()
        try:
            with open_regular(source) as reading, target.open("wb") as writing:
                while chunk := reading.read(_CHUNK):
                    digest.update(chunk)
                    writing.write(chunk)
        except OSError:
            return False
        if digest.hexdigest() == sha256:
            with contextlib.suppress(OSError):
                os.utime(source)
            return True
        discard(source)
        return False

    def add(self, sha256: str, path: Path) -> None:
        """Keep a copy of a file. It is a convenience: a full disk is no reason to fail."""
        with contextlib.suppress(OSError):
            shutil.copyfile(path, self._folder / sha256)

    def shrink(self) -> None:
        """Forget what was used longest ago, until the rest is within bounds."""
        with contextlib.suppress(OSError):
            entries = [(entry.stat(follow_symlinks=False), entry.path) for entry in os.scandir(self._folder)]
            total = sum(stat.st_size for stat, _ in entries)
            for stat, path in sorted(entries, key=lambda entry: entry[0].st_mtime):
                if total <= self._max_bytes:
                    break
                discard(Path(path))
                total -= stat.st_size
