"""Has untrusted work done by forks of one process that has everything imported; it is begun again where it was lost."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO

from swarm_job import processes
from swarm_job.contract import Limits
from swarm_job.programs import Execution, bounds, watched
from swarm_job.syscalls import restrictions

_ENDING_SECONDS = 10.0
_BEGINNING_SECONDS = 60.0
_CHUNK = 1 << 12
_LOST = -signal.SIGKILL
"""What a fork came to whose maker was lost: it goes with it."""


class ForkerLost(OSError):
    """The process that forks ended, or was ended, before it could fork."""


class Fork:
    """One piece of work, with as much of `subprocess.Popen` as `programs.watched` needs."""

    def __init__(self, answers: Answers, output: IO[bytes]) -> None:
        self.returncode: int | None = None
        self.stdout = output
        self._answers = answers
        try:
            told = answers.next(_BEGINNING_SECONDS)
        except subprocess.TimeoutExpired:
            told = None
        if told is None:
            output.close()
            raise ForkerLost("the process that forks does not answer")
        self.pid = told["pid"]

    def poll(self) -> int | None:
        """The exit code, or less than 0 for a signal's number; None while it works."""
        if self.returncode is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(0)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """The same when it has ended. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            told = self._answers.next(timeout)
            self.returncode = _LOST if told is None else os.waitstatus_to_exitcode(told["status"])
        return self.returncode


class Answers:
    """What the process that forks says, line by line."""

    def __init__(self, asked: socket.socket) -> None:
        self._asked = asked
        self._read = b""
        self.ended = False

    def next(self, timeout: float) -> dict[str, int] | None:
        """The next one; None when there can be none. Raises `subprocess.TimeoutExpired`."""
        until = time.monotonic() + timeout
        while b"\n" not in self._read and not self.ended:
            if not select.select([self._asked], [], [], max(0.0, until - time.monotonic()))[0]:
                raise subprocess.TimeoutExpired("fork", timeout)
            with contextlib.suppress(ConnectionError):
                chunk = self._asked.recv(_CHUNK)
                self._read += chunk
                self.ended = not chunk
        line, _, self._read = self._read.partition(b"\n")
        told: dict[str, int] | None = json.loads(line) if line else None
        return told


class Forker:
    """Starts the process when it is first needed, and ends it when the `with` is left.

    `modules` are those of `forking.py`; the process has this environment and `pass_fds`, and so have its forks.
    """

    def __init__(self, modules: Sequence[str], environment: Mapping[str, str], pass_fds: Sequence[int] = ()) -> None:
        self._modules = modules
        self._environment = {**environment, "PYTHONDONTWRITEBYTECODE": "1"}
        self._pass_fds = pass_fds
        self._process: subprocess.Popen[bytes] | None = None
        self._asked: socket.socket | None = None
        self._answers: Answers | None = None

    def __enter__(self) -> Forker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def execute(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        limits: Limits,
        seconds: float,
        place: Path,
    ) -> Execution:
        """Have the first module's `main(arguments)` done by a fork; all else is as with `programs.execute`."""
        once = partial(self._execute, arguments, cwd, environment, limits, seconds, place)
        try:
            return once()
        except ForkerLost:
            # What the last fork did to its maker may come to light only now.
            return once()

    def _execute(
        self,
        arguments: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        limits: Limits,
        seconds: float,
        place: Path,
    ) -> Execution:
        asked, answers, forker = self._begun()

        def start() -> tuple[Fork, int]:
            output, writing = os.pipe()
            report, reporting = os.pipe()
            request = {
                "arguments": list(arguments),
                "cwd": str(cwd),
                "environment": dict(environment),
                "limits": bounds(limits),
                "filter": restrictions(forker).hex(),
                "place": str(place),
            }
            line = json.dumps(request).encode() + b"\n"
            try:
                sent = socket.send_fds(asked, [line], [writing, reporting])
                asked.sendall(line[sent:])
            except OSError:
                answers.ended = True
            finally:
                os.close(writing)
                os.close(reporting)
            try:
                os.set_blocking(output, False)
                return Fork(answers, os.fdopen(output, "rb", buffering=0)), report
            except BaseException:
                os.close(report)
                raise

        try:
            return watched(start, limits, seconds)
        finally:
            # A fork that took its maker with it harms no other work than its own.
            if answers.ended or self._process is None or self._process.poll() is not None:
                self._end()

    def _begun(self) -> tuple[socket.socket, Answers, int]:
        if self._process is None or self._asked is None or self._answers is None:
            own, its = socket.socketpair()
            with its:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "swarm_job.forking", str(its.fileno()), *self._modules],
                    cwd="/",
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[its.fileno(), *self._pass_fds],
                    process_group=0,
                )
            self._asked, self._answers = own, Answers(own)
            processes.FORKERS.add(self._process.pid)
        return self._asked, self._answers, self._process.pid

    def _end(self) -> None:
        process, asked = self._process, self._asked
        self._process = self._asked = self._answers = None
        if asked is not None:
            asked.close()
        if process is not None:
            process.kill()
            process.wait(_ENDING_SECONDS)
            processes.FORKERS.discard(process.pid)
