"""A terminal of 80 columns with a command in it, for tests that do what a person does there."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.paths import ROOT

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]")
SECONDS = 60.0
PATIENCE = 10.0


class Terminal:
    """What the command printed so far is `raw`; `shown` is the same without control sequences."""

    def __init__(self, child: subprocess.Popen[bytes], handle: int) -> None:
        self._child = child
        self._handle = handle
        self.raw = ""

    @property
    def shown(self) -> str:
        """What a person could read."""
        return CONTROL.sub("", self.raw)

    def type(self, keys: str) -> None:
        """Presses keys; `\\x03` is Ctrl-C."""
        os.write(self._handle, keys.encode())

    def wait_for(self, text: str) -> None:
        """Reads until this is there. Raises `AssertionError` with what is there instead."""
        deadline = time.monotonic() + SECONDS
        while text not in self.shown:
            if not self._read(deadline - time.monotonic()):
                raise AssertionError(f"no {text!r} in:\n{self.shown}")

    def ended(self, pressing: str = "") -> int:
        """Reads to the end; the exit code. Keys are pressed, and again after a while, as a person does.

        What interrupts a program just as it begins to wait for a key, is seen by Python with the next one.
        """
        pressed = 0.0
        while self._child.poll() is None:
            if pressing and time.monotonic() - pressed > PATIENCE:
                self.type(pressing)
                pressed = time.monotonic()
            self._read(0.05)
        while self._read(0.0):
            pass
        return self._child.returncode

    def _read(self, seconds: float) -> bool:
        if not select.select([self._handle], [], [], max(0.0, seconds))[0]:
            return False
        chunk = os.read(self._handle, 65_536)
        self.raw += chunk.decode("utf-8", "replace")
        return bool(chunk)


@contextmanager
def terminal(words: list[str], at: Path, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """The command in a terminal; killed if it has not ended with the block."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    # A session that has no terminal gets the first one that it opens: so Ctrl-C reaches it as from a keyboard.
    # And it must not ignore that, as what was started in the background without a terminal does: a handler of Python's
    # is not inherited.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    opened = ["sh", "-c", 'exec "$@" <>"$0" >&0 2>&0', os.ttyname(theirs)]
    with subprocess.Popen(
        [*opened, sys.executable, "-m", "codex_swarm.cli", *words],
        cwd=at,
        env={**os.environ, "PYTHONPATH": str(ROOT / "client"), "TERM": "xterm-256color", **environment},
        start_new_session=True,
    ) as child:
        signal.signal(signal.SIGINT, before)
        try:
            yield Terminal(child, ours)
        finally:
            child.kill()
            child.wait()
            os.close(ours)
            os.close(theirs)
