"""A laptop cloud in a process of its own, from `start` to `stop`, or to the death of whoever started it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

START_SECONDS = 180.0
STOP_SECONDS = 20.0


class NotStarted(Exception):
    """The laptop cloud ended, or took too long, before it was ready; carries what it said."""


class LaptopCloud:
    """The service on a free port, with the deterministic offline model; also a context manager.

    It has its process to itself, so that nothing of it meets the tests: moto, its patches, and what it imports.
    `logs` is a folder for what the functions log; without one they go when the cloud does.
    """

    def __init__(self, logs: str | os.PathLike[str] | None = None, *, require_key: bool = False) -> None:
        self._logs = logs
        self._require_key = require_key
        self._process: subprocess.Popen[bytes] | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.url = ""
        self.api_key: str | None = None
        """A key of the cloud's tenant, where it asks for one."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Returns when requests are answered. Raises `NotStarted`."""
        self._temporary = tempfile.TemporaryDirectory(prefix="codex-swarm-")
        folder = Path(self._temporary.name)
        told, tells = os.pipe()
        options = json.dumps({"logs": str(self._logs or folder / "logs"), "require_key": self._require_key})
        with (folder / "said.txt").open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "codex_swarm_local.serve", str(tells), options],
                # Its end is how the child learns that nobody needs it any more, however this process ends.
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=subprocess.STDOUT,
                pass_fds=(tells,),
                start_new_session=True,
            )
        os.close(tells)
        try:
            ready = json.loads(_line(told))
        except ValueError:
            self.stop(keep=True)
            text = (folder / "said.txt").read_text(errors="replace")
            self._temporary.cleanup()
            raise NotStarted(f"the laptop cloud did not start: {text[-4_000:] or 'it said nothing'}") from None
        finally:
            os.close(told)
        self.url, self.api_key = ready["url"], ready["api_key"]
        return self

    def stop(self, *, keep: bool = False) -> None:
        """Ends it; on return no process is left. Twice is once."""
        process, self._process = self._process, None
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._temporary is not None and not keep:
            self._temporary.cleanup()


def _line(told: int) -> bytes:
    """What comes until the other end is closed, within the time that a start may take."""
    text, deadline = b"", time.monotonic() + START_SECONDS
    while (left := deadline - time.monotonic()) > 0 and select.select([told], [], [], left)[0]:
        chunk = os.read(told, 65_536)
        if not chunk:
            break
        text += chunk
    return text
