"""One execution environment: a process that runs one invocation at a time, and the thread that minds it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from infra.local.lambdas.invocation import Invocation, InvocationResult
from infra.local.lambdas.lifeline import Lifeline, kill_session
from infra.local.lambdas.runtime_api import RuntimeApi

if TYPE_CHECKING:
    from infra.local.lambdas.function import Function

# AWS allows ten seconds; a laptop that starts ten workers at once on two cores needs more.
INIT_SECONDS = 30
# How much nicer a worker is that nobody waits for at the front: it gets a quarter of a processor beside one of those.
# Not less, because other programs of the machine go before it, too, and it has to begin in `INIT_SECONDS`.
BEHIND = 5


class Worker:
    """A process in which awslambdaric runs. It never outlives `kill`, its invocation's timeout, or the lifeline.

    One with a tenant gets no other's invocations.
    """

    def __init__(self, function: Function, log: BinaryIO, lifeline: Lifeline, tenant: str | None = None) -> None:
        self.tenant = tenant
        self._function = function
        self._log = log
        self._lifeline = lifeline
        self._asked = threading.Event()
        self._taken = threading.Event()
        self._began = 0.0
        self._init_error: bytes | None = None
        self.current: Invocation | None = None
        self.idle_since = time.monotonic()
        self._api = RuntimeApi(self, function.specification.timeout)
        self._process = function.processes.start(function.specification, self._api.address)
        lifeline.holds(self._process.pid)
        if function.behind:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, os.getpriority(os.PRIO_PROCESS, 0) + BEHIND)
        self.pid = self._process.pid
        self._ended = threading.Event()
        self._exit_status = 0
        self._watcher = threading.Thread(target=self._watch, name=f"watch-{self.pid}", daemon=True)
        self._watcher.start()
        threading.Thread(target=self._mind, name=f"mind-{self.pid}", daemon=True).start()

    @property
    def alive(self) -> bool:
        """False once the process has ended."""
        return not self._ended.is_set() and self._process.poll() is None

    @property
    def starting(self) -> bool:
        """True until the handler has been imported."""
        return not self._asked.is_set()

    def take(self, invocation: Invocation) -> None:
        """Run this next; the worker must be idle. One that has not started yet finds it when it has."""
        self._began = time.monotonic()
        self.current = invocation
        self._api.give(invocation)
        self._taken.set()
        # Either the watcher finds `current`, or this finds that the watcher has been.
        if self._ended.is_set():
            invocation.complete(self._death(invocation))

    def run_out_of_memory(self, tree: Iterable[int]) -> None:
        """End the process and the others of its tree, because together they use more than they may."""
        invocation = self.current
        if invocation is not None:
            message = f"RequestId: {invocation.request_id} Error: Runtime exited with error: signal: killed"
            if invocation.complete(InvocationResult.failed("Runtime.OutOfMemory", message)):
                self._note(f"{message} (out of memory)")
        for pid in tree:
            # What left the session would not end with it.
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        self.kill()

    def kill(self) -> None:
        """End the process and all that it started; returns at once."""
        if not self._ended.is_set():
            kill_session(self.pid)

    def wait(self) -> None:
        """Until the process has ended and nothing is left of it."""
        self._watcher.join()

    # what the runtime API tells

    def asks_for_work(self) -> None:
        """Initialisation is over."""
        if not self._asked.is_set():
            self._began = time.monotonic()
            self._asked.set()
            self._function.ready(self)

    def failed_to_start(self, error: bytes) -> None:
        """Kept for the invocation that is waiting for this worker."""
        self._init_error = error

    def answered(self, request_id: str, result: InvocationResult) -> None:
        """Settles the invocation in hand; an answer to any other is stale and dropped."""
        invocation = self.current
        if invocation is not None and invocation.request_id == request_id:
            # Back to the pool before the caller knows, or its next call would start another worker.
            invocation.complete(result, before_returning=self._give_back)

    def _give_back(self) -> None:
        self.current = None
        self.idle_since = time.monotonic()
        self._function.released(self)

    # the two threads

    def _mind(self) -> None:
        """End the process when the time of what it has in hand is up.

        It looks again when the time of what it saw last would be up, and not each time that something begins or ends:
        what began later has more time.
        """
        timeout = self._function.specification.timeout
        while not self._ended.is_set():
            invocation, asked = self.current, self._asked.is_set()
            if invocation is None:
                self._taken.clear()
                if self.current is None:
                    self._taken.wait()
                continue
            left = self._began + (timeout if asked else INIT_SECONDS) - time.monotonic()
            if left > 0:
                # An initialisation that ends leaves less time than it would have had itself.
                (self._ended if asked else self._asked).wait(left)
            elif invocation is self.current:
                limit = f"Task timed out after {timeout:.2f}" if asked else f"Init timed out after {INIT_SECONDS}"
                self._give_up(invocation, f"{limit} seconds")
                self._ended.wait(0.1)

    def _give_up(self, invocation: Invocation, reason: str) -> None:
        message = f"RequestId: {invocation.request_id} Error: {reason}"
        if invocation.complete(InvocationResult.failed("Sandbox.Timedout", message)):
            self.kill()
            self._note(message)

    def _note(self, message: str) -> None:
        # A full disk costs the line, and not the thread that sees to it that workers end.
        with suppress(OSError):
            self._log.write(f"{message}\n".encode())

    def _watch(self) -> None:
        """Wait for the process to end, by itself or killed, and leave nothing of it behind."""
        self._exit_status = self._process.wait()
        kill_session(self.pid)
        self._lifeline.lets_go(self.pid)
        self._ended.set()
        self._asked.set()
        self._function.lost(self)
        invocation = self.current
        if invocation is not None and invocation.complete(self._death(invocation)):
            self._note(f"RequestId: {invocation.request_id} Error: {self._exit()}")
        self._taken.set()
        self._api.close()

    def _death(self, invocation: Invocation) -> InvocationResult:
        if self._init_error is not None:
            return InvocationResult(self._init_error, "Unhandled")
        message = f"RequestId: {invocation.request_id} Error: Runtime exited with error: {self._exit()}"
        return InvocationResult.failed("Runtime.ExitError", message)

    def _exit(self) -> str:
        if self._exit_status < 0:
            return f"signal: {(signal.strsignal(-self._exit_status) or 'unknown').lower()}"
        return f"exit status {self._exit_status}"
