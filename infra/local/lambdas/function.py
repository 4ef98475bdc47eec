"""A Lambda function: a pool of workers that grows with the calls, within the function's concurrency."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path

from infra.local.lambdas.invocation import REQUEST_LIMIT, Invocation, Outcome, RequestTooLarge, Throttled
from infra.local.lambdas.lifeline import Lifeline
from infra.local.lambdas.specification import Specification
from infra.local.lambdas.worker import Worker

# Without a reserved concurrency AWS would scale out; here calls queue for a worker instead. Whoever watches a run
# keeps a worker of the API for up to 20 s, so this is also how many can watch before everybody else waits.
MOST_WORKERS = 32
QUEUE_SECONDS = 60.0
# Starting is all processor time: when many calls come at once, more workers than this would only start later.
STARTING_AT_ONCE = os.cpu_count() or 2
# A call that finds no worker waits for one to be given back before another is started. Calls that take milliseconds,
# however many, are served sooner by few workers than by many that take turns on the same processors; so where these
# or the table are taken, another is started only when none of the function's has been given back for a good while.
GROWTH_SECONDS = 0.1
CROWDED_GROWTH_SECONDS = 1.5
# A worker costs some 60 MB; one that has been idle for so long goes when another is given back.
IDLE_SECONDS = 120.0


@dataclass(frozen=True)
class RunningWorker:
    """A live worker process, and the request it has in hand."""

    pid: int
    request_id: str | None


class Function:
    """Calls run in parallel, each in a process of its own that later calls use again."""

    def __init__(
        self,
        specification: Specification,
        environment: Mapping[str, str],
        log_path: Path,
        lifeline: Lifeline,
        crowded: Callable[[], bool],
    ) -> None:
        self.specification = specification
        self.environment = dict(environment)
        self.log_path = log_path
        self._lifeline = lifeline
        self._crowded = crowded
        self._log = log_path.open("ab", buffering=0)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._waiters: deque[Future[Worker | None]] = deque()
        self._moved = 0.0
        self._workers: set[Worker] = set()
        self._stopped = False
        reserved = specification.reserved_concurrency
        self._limit = MOST_WORKERS if reserved is None else reserved

    def invoke(self, payload: bytes, patience: float = QUEUE_SECONDS) -> Outcome:
        """Call and wait for the outcome. Raises Throttled and RequestTooLarge."""
        return self.begin(payload, patience).result()

    def begin(self, payload: bytes, patience: float = QUEUE_SECONDS) -> Invocation:
        """Start a call, waiting at most `patience` seconds for a worker. Raises Throttled and RequestTooLarge."""
        if len(payload) > REQUEST_LIMIT:
            raise RequestTooLarge(len(payload), REQUEST_LIMIT)
        invocation = Invocation(payload, self.specification.arn)
        self._worker(patience).take(invocation)
        return invocation

    def workers(self) -> list[RunningWorker]:
        """Every live worker, for whoever wants to watch or kill one."""
        with self._lock:
            return [
                RunningWorker(worker.pid, worker.current.request_id if worker.current else None)
                for worker in self._workers
                if worker.alive
            ]

    def busy_pids(self) -> list[int]:
        """The processes that run a call at this moment."""
        return [worker.pid for worker in self.workers() if worker.request_id is not None]

    def kill_workers(self) -> None:
        """End every worker, so that the next call starts cold."""
        with self._lock:
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

    def _worker(self, patience: float) -> Worker:
        """A worker for one call: an idle one, or the next that is given back or started, in the order of asking."""
        deadline, waiter = time.monotonic() + patience, Future[Worker | None]()
        with self._lock:
            if not self._stopped:
                if not self._waiters and (worker := self._idle_worker()):
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
        """Start a worker for whoever waits longest, unless one was started or given back just now."""
        if not self._waiters or self._stopped or len(self._workers) >= self._limit:
            return
        unmoved = time.monotonic() - self._moved
        if self._workers and (unmoved < GROWTH_SECONDS or (unmoved < CROWDED_GROWTH_SECONDS and self._crowded())):
            return
        if sum(worker.starting for worker in self._workers) < STARTING_AT_ONCE:
            worker = Worker(self, self._log, self._lifeline)
            self._workers.add(worker)
            self._moved = time.monotonic()
            self._waiters.popleft().set_result(worker)

    def _idle_worker(self) -> Worker | None:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
        return None

    # what workers tell

    def ready(self) -> None:
        """A worker has started, so another may."""
        with self._lock:
            self._grow()

    def released(self, worker: Worker) -> None:
        """The worker has settled its invocation and can take another."""
        with self._lock:
            if worker in self._workers and worker.alive:
                self._moved = time.monotonic()
                if self._waiters:
                    self._waiters.popleft().set_result(worker)
                else:
                    self._idle.append(worker)
            longest = self._idle[0] if len(self._idle) > 1 else None
        if longest is not None and time.monotonic() - longest.idle_since > IDLE_SECONDS:
            self._retire(longest)

    def lost(self, worker: Worker) -> None:
        """The worker's process has ended."""
        with self._lock:
            self._workers.discard(worker)
            if worker in self._idle:
                self._idle.remove(worker)
            self._grow()

    def _retire(self, worker: Worker) -> None:
        with self._lock:
            if worker not in self._idle:
                return
            self._idle.remove(worker)
        worker.kill()
