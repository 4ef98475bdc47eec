"""How the processes of a function begin: the first by itself, and the others as forks of what it left behind.

Importing a function's module is half a second of processor time; a fork of a process that has done so is a hundredth
of it. Each is a process and a session of its own all the same, and gets calls of its own alone. Functions whose
environments belong to tenants run other people's work: each of those begins by itself. So does everything without
pidfds (Linux has them), and what is watched for its death.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, BinaryIO, Protocol

from infra.local.lambdas import deaths, forking
from infra.local.lambdas.lifeline import kill_session
from infra.local.lambdas.specification import Specification

# As much as an answer can have: a number or two.
ANSWER_BYTES = 1024


class Process(Protocol):
    """As much of `subprocess.Popen` as a worker needs."""

    pid: int

    def poll(self) -> int | None:
        """Its exit status, or less than 0 for a signal's number; None while it runs."""

    def wait(self) -> int:
        """The same, when it has ended."""


class ForkServer:
    """This end of what a first process leaves behind. Whatever goes wrong with it is an `OSError`."""

    def __init__(self) -> None:
        self._asked, self.its = socket.socketpair()
        self._lock = threading.Lock()
        self._pid = 0
        self.forks: set[int] = set()
        """The processes that are not reaped yet."""
        self.used_at = time.monotonic()

    @property
    def there(self) -> bool:
        """Whether it has said that it is."""
        return self._pid != 0

    @property
    def pid(self) -> int:
        """Its process; 0 until it has said that it is there."""
        return self._pid

    def greet(self) -> None:
        """Hear from it; the process that leaves it behind has then ended its initialisation."""
        self._pid = self._answer()[0]["pid"]

    def fork(self, address: str) -> Fork:
        """A process that asks for work at this address."""
        with self._lock:
            told, descriptors = self._tell({"address": address})
            self.used_at = time.monotonic()
            self.forks.add(told["pid"])
            return Fork(told["pid"], descriptors[0], self)

    def reap(self, pid: int) -> int:
        """How a process came to its end, which it has; -SIGKILL where nobody knows any more."""
        self.forks.discard(pid)
        with self._lock, suppress(OSError):
            return int(self._tell({"reap": pid})[0]["status"])
        return -signal.SIGKILL

    def end(self) -> None:
        """End it, and nothing that it has forked; on return it has ended."""
        self._asked.close()
        self.its.close()
        if self.there:
            with suppress(ProcessLookupError):
                process = os.pidfd_open(self._pid)
                kill_session(self._pid)
                _ended(process)
                os.close(process)

    def _tell(self, told: Mapping[str, object]) -> tuple[dict[str, Any], list[int]]:
        self._asked.sendall(json.dumps(told).encode() + b"\n")
        return self._answer()

    def _answer(self) -> tuple[dict[str, Any], list[int]]:
        line, descriptors, _, _ = socket.recv_fds(self._asked, ANSWER_BYTES, 1)
        if not line:
            raise ConnectionResetError("the process that forks has ended")
        return json.loads(line), descriptors


class Fork:
    """A process that has been forked."""

    def __init__(self, pid: int, descriptor: int, server: ForkServer) -> None:
        self.pid = pid
        self._descriptor = descriptor
        self._server = server
        self._status: int | None = None
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Its exit status, or less than 0 for a signal's number; None while it runs."""
        with self._lock:
            if self._status is None and _ended(self._descriptor, 0):
                return self._reaped()
            return self._status

    def wait(self) -> int:
        """The same, when it has ended; asked once."""
        _ended(self._descriptor)
        with self._lock:
            status = self._reaped() if self._status is None else self._status
            os.close(self._descriptor)
        return status

    def _reaped(self) -> int:
        self._status = self._server.reap(self.pid)
        return self._status


class Processes:
    """The way in which those of one function begin; called by one thread at a time."""

    def __init__(self, specification: Specification, environment: Mapping[str, str], log: BinaryIO) -> None:
        self._begun_as = specification
        self._environment = environment
        self._log = log
        self._watched = deaths.VARIABLE in environment
        self._forks = hasattr(os, "pidfd_open") and not self._watched and not specification.per_tenant
        self._server: ForkServer | None = None

    @property
    def pending(self) -> bool:
        """Whether the next is a fork once the first has begun, and could only begin by itself before that."""
        return self._server is not None and not self._server.there

    @property
    def forking_pid(self) -> int | None:
        """The process that forks; those that it forked descend from it, and it from the first of all."""
        return self._server.pid if self._server is not None and self._server.there else None

    def start(self, specification: Specification, address: str) -> Process:
        """One of the function as it is specified now, which asks for work at this address."""
        if specification != self._begun_as:
            # What forks has imported the code of before.
            self.end()
            self._begun_as = specification
        if self._server is not None and self._server.there:
            try:
                return self._server.fork(address)
            except OSError:
                self.end()
        return self._started(address)

    def begun(self) -> None:
        """One that began by itself has ended its initialisation."""
        if self._server is not None and self.pending:
            try:
                self._server.greet()
            except OSError:
                # It has threads, as this function's processes always will.
                self._forks = False
                self.end()

    def rest(self, idle_seconds: float) -> None:
        """End what forks, where nothing was forked for so long and nothing lives that was."""
        server = self._server
        if server is not None and not server.forks and server.used_at < time.monotonic() - idle_seconds:
            self.end()

    def end(self) -> None:
        """Leave nothing that forks; what was forked goes on."""
        server, self._server = self._server, None
        if server is not None:
            server.end()

    def _started(self, address: str) -> Process:
        handler, descriptors = self._begun_as.handler, list[int]()
        if self._forks:
            self.end()
            self._server = ForkServer()
            command = forking.command(handler, self._server.its)
            descriptors.append(self._server.its.fileno())
        else:
            command = deaths.command(handler, watched=self._watched)
        process = subprocess.Popen(
            command,
            cwd=self._begun_as.folder,
            env={**self._environment, forking.ADDRESS: address},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            pass_fds=descriptors,
        )
        if self._server is not None:
            self._server.its.close()
        return process


def _ended(descriptor: int, milliseconds: int | None = None) -> bool:
    """Whether the process has ended by then; without a time it waits for that."""
    polled = select.poll()
    polled.register(descriptor, select.POLLIN)
    return bool(polled.poll(milliseconds))
