"""Where a job works on disk, and how all of it goes away again."""

from __future__ import annotations

import atexit
import contextlib
import os
import stat
import tempfile
import uuid
from pathlib import Path
from typing import BinaryIO

# Lambda keeps /tmp from one call to the next, whoever they are for. Elsewhere /tmp is shared with strangers.
OWNS_TMP = os.environ.get("LAMBDA_TASK_ROOT") == "/var/task"  # noqa: TID251
_PREFIX = "swarm-job-"


class _Root:
    """Where this process's own folder is, and what tells it from another that may come to lie there."""

    path: Path | None = None
    identity: tuple[int, int] | None = None


def root() -> Path:
    """This process's own folder, private to its user, until it ends; made anew where it was removed or replaced.

    Those that killed processes left are removed.
    """
    if _Root.path is not None and identity(_Root.path) == _Root.identity:
        return _Root.path
    if _Root.path is None:
        atexit.register(lambda: discard(root()))
    shared = Path(tempfile.gettempdir()).resolve()
    for left in shared.glob(f"{_PREFIX}*"):
        owner = left.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and (int(owner) == os.getpid() or not _alive(int(owner))):
            discard(left)
    _Root.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=shared))
    _Root.identity = identity(_Root.path)
    return _Root.path


def fresh(name: str) -> Path:
    """An empty folder under the root, whatever stood there before."""
    folder = root() / name
    discard(folder)
    folder.mkdir(mode=0o700)
    return folder


def open_regular(path: Path) -> BinaryIO:
    """The file itself, to be read: no link is followed, and a pipe without a writer does not block."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.fdopen(os.open(path, flags), "rb")
    except PermissionError:
        # Its owner may have taken the right away, and can give it back.
        path.chmod(0o600)
        return os.fdopen(os.open(path, flags), "rb")


def identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from any other that may come to lie at its path; None for what is no folder itself."""
    try:
        info = folder.lstat()
    except OSError:
        return None
    return (info.st_dev, info.st_ino) if stat.S_ISDIR(info.st_mode) and folder.resolve() == folder else None


def discard(path: Path) -> None:
    """Remove a file or a whole tree, however deep and whatever its modes. Links are removed, never followed.

    Folders are moved up beside each other before they are emptied, so that no path grows beyond what the system takes.
    What cannot be removed stays; nothing is raised.
    """
    if not _is_folder(path):
        with contextlib.suppress(OSError):
            path.unlink()
        return
    heap = path.parent / f".discarded-{uuid.uuid4().hex}"
    with contextlib.suppress(OSError):
        heap.mkdir(mode=0o700)
        _open_up(path)
        path.rename(heap / "0")
        _empty(heap)
        heap.rmdir()


def _empty(heap: Path) -> None:
    waiting, serial = [heap / "0"], 1
    while waiting:
        folder = waiting.pop()
        for entry in list(os.scandir(folder)):
            each = Path(entry.path)
            with contextlib.suppress(OSError):
                if not entry.is_dir(follow_symlinks=False):
                    each.unlink()
                    continue
                _open_up(each)
                moved = heap / str(serial)
                each.rename(moved)
                waiting.append(moved)
                serial += 1
        with contextlib.suppress(OSError):
            folder.rmdir()


def _open_up(folder: Path) -> None:
    # Without them its owner could neither list nor move it.
    with contextlib.suppress(OSError):
        folder.chmod(0o700)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
