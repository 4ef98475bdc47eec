"""A Lambda function: a pool of workers that grows with the calls, within the function's concurrency."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from infra.local.lambdas.account import Account
from infra.local.lambdas.invocation import (
    REQUEST_LIMIT,
    Invocation,
    InvocationResult,
    RequestTooLarge,
    Throttled,
    WrongTenant,
    traced,
)
from infra.local.lambdas.lifeline import Lifeline
from infra.local.lambdas.processes import Processes
from infra.local.lambdas.specification import Specification
from infra.local.lambdas.worker import Worker

# Without a reserved concurrency AWS would scale out; here calls queue for a worker instead.
MOST_WORKERS = 32
QUEUE_SECONDS = 60.0
# Starting is all processor time: when many calls come at once, more workers than this would only start later.
STARTING_AT_ONCE = os.cpu_count() or 2
# A call that finds no worker waits for one to be given back before another is started. Calls that take milliseconds,
# however many, are served sooner by few workers than by many that take turns on the same processors; so where these
# or the table are taken, another is started only when none of the function's has been given back for a good while.
GROWTH_SECONDS = 0.1
CROWDED_GROWTH_SECONDS = 1.5
# But so many are started all the same where somebody waits at the front: one slow call must not hold up all others.
FEW_WORKERS = 3
# A worker costs some 60 MB; one that has been idle for so long goes, unless it is the last that a shared function has.
IDLE_SECONDS = 120.0
TENANT_ID = re.compile(r"[a-zA-Z0-9._:/=+\-@ ]{1,256}")


@dataclass(frozen=True)
class RunningWorker:
    """A live worker process, the request it has in hand, and whose it is."""

    pid: int
    request_id: str | None
    tenant: str | None = None


class _Waiter(Future["Worker | None"]):
    """Whoever waits for a worker of this tenant; None says that there will be none."""

    def __init__(self, tenant: str | None) -> None:
        super().__init__()
        self.tenant = tenant


class Watcher(Protocol):
    """Whoever measures calls of functions, by the function's name."""

    def invoked(self, function: str, *, failed: bool, seconds: float) -> None:
        """A call has ended."""

    def throttled(self, function: str) -> None:
        """A call did not begin."""


class Function:
    """Calls run in parallel, each in a process of its own that later calls use again."""

    def __init__(
        self,
        specification: Specification,
        environment: Mapping[str, str],
        log_path: Path,
        lifeline: Lifeline,
        crowded: Callable[[], bool],
        account: Account,
        *,
        behind: bool = False,
    ) -> None:
        """With `behind`, its workers leave the processors to those of other functions that want them."""
        self.specification = specification
        self.behind = behind
        self.environment = dict(environment)
        self.log_path = log_path
        self._lifeline = lifeline
        self._crowded = crowded
        self._account = account
        self.watcher: Watcher | None = None
        self._log = log_path.open("ab", buffering=0)
        self.processes = Processes(specification, self.environment, self._log)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._waiters: deque[_Waiter] = deque()
        self._moved = 0.0
        self._workers: set[Worker] = set()
        self._spare: set[Worker] = set()
        self._stopped = False
        reserved = specification.reserved_concurrency
        self._limit = MOST_WORKERS if reserved is None else reserved

    def invoke(
        self, payload: bytes, timeout: float = QUEUE_SECONDS, tenant: str | None = None, trace: str = ""
    ) -> InvocationResult:
        """Call and wait for the result. Raises as `begin` does."""
        return self.begin(payload, timeout, tenant, trace).result()

    def begin(
        self, payload: bytes, timeout: float = QUEUE_SECONDS, tenant: str | None = None, trace: str = ""
    ) -> Invocation:
        """Start a call, waiting at most `timeout` seconds for a worker; `trace` is the caller's header.

        Raises Throttled, RequestTooLarge and WrongTenant.
        """
        self.check_tenant(tenant)
        if len(payload) > REQUEST_LIMIT:
            raise RequestTooLarge(len(payload), REQUEST_LIMIT)
        if not self._account.begin_execution():
            raise self._throttled()
        invocation = Invocation(payload, self.specification.arn, tenant, traced(trace))
        invocation.ended = partial(self._ended, invocation, time.monotonic())
        try:
            worker = self._worker(timeout, tenant)
        except Throttled:
            self._account.end_execution()
            raise self._throttled() from None
        worker.take(invocation)
        return invocation

    def _throttled(self) -> Throttled:
        if self.watcher is not None:
            self.watcher.throttled(self.specification.name)
        return Throttled(self.specification.name)

    def _ended(self, invocation: Invocation, began: float) -> None:
        self._account.end_execution()
        if self.watcher is not None:
            failed = invocation.result_so_far is not None and invocation.result_so_far.error is not None
            self.watcher.invoked(self.specification.name, failed=failed, seconds=time.monotonic() - began)

    def check_tenant(self, tenant: str | None) -> None:
        """Raises WrongTenant unless there is a tenant's id exactly where the function needs one."""
        if self.specification.per_tenant and tenant is None:
            raise WrongTenant("The invoked function is enabled with tenancy configuration. Add a valid tenant ID.")
        if not self.specification.per_tenant and tenant is not None:
            raise WrongTenant("The invoked function is not enabled with tenancy configuration. Remove the tenant ID.")
        if tenant is not None and not TENANT_ID.fullmatch(tenant):
            raise WrongTenant("The tenant ID has 1 to 256 characters of [a-zA-Z0-9._:/=+-@ ].")

    def workers(self) -> list[RunningWorker]:
        """Every live worker, for whoever wants to watch or kill one."""
        with self._lock:
            return [
                RunningWorker(worker.pid, worker.current.request_id if worker.current else None, worker.tenant)
                for worker in self._workers
                if worker.alive
            ]

    def busy_pids(self) -> list[int]:
        """The processes that run a call at this moment."""
        return [worker.pid for worker in self.workers() if worker.request_id is not None]

    def retire_idle(self) -> None:
        """End the workers that nobody has needed for long."""
        per_tenant = self.specification.per_tenant
        since = time.monotonic() - (self._account.tenant_idle_seconds if per_tenant else IDLE_SECONDS)
        with self._lock:
            # The last one of a shared function stays: somebody will come.
            candidates = self._idle if per_tenant else self._idle[:-1]
            retired = [worker for worker in candidates if worker.idle_since < since]
            self._idle = [worker for worker in self._idle if worker not in retired]
            self.processes.rest(IDLE_SECONDS)
        for worker in retired:
            worker.kill()

    def memory_limits(self) -> dict[int, int]:
        """What each process that runs a call may use, with all that it started, in bytes."""
        return dict.fromkeys(self.busy_pids(), self.specification.memory << 20)

    def forking_pids(self) -> list[int]:
        """The process that forks the function's processes, if there is one."""
        pid = self.processes.forking_pid
        return [] if pid is None else [pid]

    def end_overgrown(self, trees: Mapping[int, list[int]]) -> None:
        """End those of the function's workers that are among these, for their use of memory; with their processes."""
        with self._lock:
            overgrown = [worker for worker in self._workers if worker.pid in trees]
        for worker in overgrown:
            worker.run_out_of_memory(trees[worker.pid])

    def kill_workers(self) -> None:
        """End every worker, so that the next call starts cold."""
        with self._lock:
            self.processes.end()
            workers = list(self._workers)
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.wait()

    def stop(self) -> None:
        """Take no more calls and end every worker; on return none is left."""
        with self._lock:
            self._stopped = True
            while self._waiters:
                self._waiters.popleft().set_result(None)
        self.kill_workers()
        self._log.close()

    def _worker(self, timeout: float, tenant: str | None) -> Worker:
        """A worker for one call: an idle one, or the next that is given back or started, in the order of asking."""
        deadline, waiter = time.monotonic() + timeout, _Waiter(tenant)
        with self._lock:
            if not self._stopped:
                if worker := self._idle_worker(tenant):
                    return worker
                if self.specification.reserved_concurrency is not None and len(self._workers) >= self._limit:
                    raise Throttled(self.specification.name)
                self._waiters.append(waiter)
                self._grow()
        while not (self._stopped or waiter.done()) and (left := deadline - time.monotonic()) > 0:
            wait([waiter], min(GROWTH_SECONDS, left))
            with self._lock:
                self._grow()
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
        worker = waiter.result() if waiter.done() else None
        if worker is None:
            raise Throttled(self.specification.name)
        return worker

    def _grow(self) -> None:
        """Start a worker for those who wait, unless one was started or given back just now."""
        if self.specification.per_tenant:
            self._grow_for_tenants()
            return
        if not self._waiters or self._stopped or len(self._workers) >= self._limit:
            return
        unmoved = time.monotonic() - self._moved
        patient = self.behind or len(self._workers) >= FEW_WORKERS
        if self._workers and unmoved < GROWTH_SECONDS:
            return
        if self._workers and patient and unmoved < CROWDED_GROWTH_SECONDS and self._crowded():
            return
        starting = sum(worker.starting for worker in self._workers)
        if starting and self.processes.pending:
            return
        if starting < STARTING_AT_ONCE and len(self._spare) < len(self._waiters):
            worker = Worker(self, self._log, self._lifeline)
            self._workers.add(worker)
            self._moved = time.monotonic()
            if len(self._workers) > 1:
                # Who waits takes what is free sooner: this one, or one of the others.
                self._spare.add(worker)
            else:
                self._waiters.popleft().set_result(worker)

    def _grow_for_tenants(self) -> None:
        """Start a worker for each that waits, whatever other tenants have; who finds no room is told so at once."""
        for waiter in list(self._waiters):
            if self._stopped or len(self._workers) >= self._limit:
                return
            self._waiters.remove(waiter)
            if self._account.add_environment():
                worker = Worker(self, self._log, self._lifeline, waiter.tenant)
                self._workers.add(worker)
                waiter.set_result(worker)
            else:
                waiter.set_result(None)

    def _idle_worker(self, tenant: str | None) -> Worker | None:
        if self._waiters and not self.specification.per_tenant:
            # They have been waiting for longer.
            return None
        for worker in reversed(self._idle):
            if worker.tenant == tenant:
                self._idle.remove(worker)
                if worker.alive:
                    return worker
        return None

    # what workers tell

    def ready(self, worker: Worker) -> None:
        """The worker has started, so another may."""
        with self._lock:
            self.processes.begun()
            if worker in self._spare:
                self._spare.remove(worker)
                self._give(worker)
            self._grow()

    def released(self, worker: Worker) -> None:
        """The worker has completed its invocation and can take another."""
        with self._lock:
            if worker in self._workers and worker.alive:
                self._moved = time.monotonic()
                self._give(worker)

    def _give(self, worker: Worker) -> None:
        waiter = next((each for each in self._waiters if each.tenant == worker.tenant), None)
        if waiter is not None:
            self._waiters.remove(waiter)
            waiter.set_result(worker)
        else:
            self._idle.append(worker)

    def lost(self, worker: Worker) -> None:
        """The worker's process has ended."""
        with self._lock:
            self._workers.discard(worker)
            self._spare.discard(worker)
            if worker.tenant is not None:
                self._account.remove_environment()
            if worker in self._idle:
                self._idle.remove(worker)
            self._grow()
