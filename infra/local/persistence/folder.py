"""The folder that a laptop cloud keeps its data in: one server at a time, and no folder that is not its own."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from typing import IO

FORMAT = "codex-swarm laptop cloud, format 1\n"
FORMAT_FILE, LOCK_FILE, KEY_FILE = "format", "lock", "development-key"
UNFINISHED = ".part"


class UnusableFolder(Exception):
    """The folder cannot be worked with; it is left as it is."""


class DataFolder:
    """Held from construction until `close`, or the end of the process, however it comes."""

    def __init__(self, path: Path) -> None:
        """Makes the folder where there is none. Raises UnusableFolder."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._check()
            self._lock = self._hold()
            if not (path / FORMAT_FILE).exists():
                self._write(FORMAT_FILE, FORMAT)
            self.objects.mkdir(exist_ok=True)
        except OSError as error:
            raise UnusableFolder(f"the data folder {path} cannot be used: {error}") from None

    @property
    def database(self) -> Path:
        """Where everything is but the bytes of objects."""
        return self.path / "state.sqlite"

    @property
    def objects(self) -> Path:
        """Where the bytes of objects are, a file for each version."""
        return self.path / "objects"

    def development_key(self) -> str:
        """The key that requests without one get: the same after each start, for nobody but this user to read."""
        file = self.path / KEY_FILE
        if not file.exists():
            self._write(KEY_FILE, secrets.token_urlsafe(24))
        return file.read_text()

    def close(self) -> None:
        """Let another have it."""
        self._lock.close()

    def _check(self) -> None:
        written = self.path / FORMAT_FILE
        if written.exists():
            if written.read_text(errors="replace") != FORMAT:
                raise UnusableFolder(
                    f"the data folder {self.path} was written by another version of the laptop cloud, or is damaged: "
                    f"{FORMAT_FILE} does not say {FORMAT.strip()!r}. It was left alone; name another with --data, or "
                    "use --ephemeral"
                )
        elif any(each.name not in (LOCK_FILE, FORMAT_FILE + UNFINISHED) for each in self.path.iterdir()):
            raise UnusableFolder(
                f"{self.path} holds something, and nothing of the laptop cloud. It was left alone; name a new or an "
                "empty folder with --data"
            )

    def _write(self, name: str, text: str) -> None:
        # Whole or not at all: half a file of a start that was killed would be refused for ever.
        unfinished = self.path / (name + UNFINISHED)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        unfinished.replace(self.path / name)

    def _hold(self) -> IO[str]:
        lock = os.fdopen(os.open(self.path / LOCK_FILE, os.O_WRONLY | os.O_CREAT, 0o600), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise UnusableFolder(
                f"another server works with the data folder {self.path}; stop it, or name another with --data"
            ) from None
        return lock
