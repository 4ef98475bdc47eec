"""The Lambda service: functions by name, synchronous and asynchronous calls."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

from infra.local.lambdas import memory
from infra.local.lambdas.function import Function
from infra.local.lambdas.invocation import EVENT_LIMIT, InvocationResult, RequestTooLarge, Throttled
from infra.local.persistence.store import NotKept


class AcceptedEvents(Protocol):
    """What remembers the asynchronous calls that have been accepted, until they are done or given up."""

    def accept_event(self, function: str, payload: bytes, tenant: str | None, /) -> int:
        """A number for one more. Raises NotKept."""

    def end_event(self, number: int, /) -> None:
        """Forget that one. Raises NotKept."""


class _InMemory:
    """For a laptop cloud that keeps nothing: the thread that makes the call is all that remembers it."""

    def accept_event(self, _function: str, _payload: bytes, _tenant: str | None) -> int:
        return 0

    def end_event(self, _number: int) -> None:
        pass


# AWS waits one minute and then two between the attempts of an asynchronous call; nobody at a laptop would.
RETRY_SECONDS = (1.0, 2.0)
# Lambda queues nothing: a state machine is told at once that there is no room, and comes again by its own Retry. It is
# cheaper to wait a little, but that counts towards the time that the task has, ten seconds more than its function's.
TASK_SECONDS = 5.0
# How often workers are looked at: for how long they have been idle, and how much memory they use.
LOOK_SECONDS = 0.5


class LambdaService(Mapping[str, Function]):
    """Functions by logical id; calls by the physical name that AWS knows."""

    def __init__(
        self,
        accepted: AcceptedEvents | None = None,
        dead_letters: Callable[[str, str], None] = lambda _queue, _letter: None,
    ) -> None:
        """`dead_letters` takes the ARN of a queue, and what lies in it when an asynchronous call is given up."""
        self._accepted = accepted or _InMemory()
        self._dead_letters = dead_letters
        self._functions: dict[str, Function] = {}
        self._by_name: dict[str, Function] = {}
        self._stopping = threading.Event()
        self._looking = threading.Thread(target=self._look_after_workers, name="workers", daemon=True)

    def add(self, function: Function) -> None:
        """Take one more function into the service."""
        self._functions[function.specification.logical_id] = function
        self._by_name[function.specification.name] = function
        if self._looking.ident is None:
            self._looking.start()

    def __getitem__(self, logical_id: str) -> Function:
        return self._functions[logical_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    def by_arn(self, arn: str) -> Function:
        """The function of an ARN, with or without a version or an alias at its end."""
        return self._by_name[arn.split(":")[6]]

    def invoke(self, name: str, payload: bytes, tenant: str | None = None, trace: str = "") -> InvocationResult:
        """A synchronous call. Raises Throttled, RequestTooLarge and WrongTenant."""
        return self._by_name[name].invoke(payload, TASK_SECONDS, tenant, trace)

    def send(self, name: str, payload: bytes, tenant: str | None = None) -> None:
        """An asynchronous call: accepted at once, tried again when it fails.

        Raises RequestTooLarge and WrongTenant, and NotKept where what is accepted should be on disk and cannot be.
        """
        self._by_name[name].check_tenant(tenant)
        if len(payload) > EVENT_LIMIT:
            raise RequestTooLarge(len(payload), EVENT_LIMIT)
        function = self._by_name[name]
        number = self._accepted.accept_event(function.specification.logical_id, payload, tenant)
        call = (number, function, payload, tenant)
        threading.Thread(target=self._deliver, args=call, name=f"event-{name}", daemon=True).start()

    def stop(self) -> None:
        """End every worker; on return none is left."""
        self._stopping.set()
        if self._looking.ident is not None:
            self._looking.join()
        for function in self._functions.values():
            function.stop()

    def _look_after_workers(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            functions, limits, forking = list(self._functions.values()), dict[int, int](), set[int]()
            for function in functions:
                function.retire_idle()
                limits |= function.memory_limits()
                forking |= set(function.forking_pids())
            if limits and (overgrown := memory.overgrown(limits, forking)):
                for function in functions:
                    function.end_overgrown(overgrown)

    def _deliver(self, number: int, function: Function, payload: bytes, tenant: str | None) -> None:
        result = InvocationResult(b"null")
        for attempt in range(function.specification.retries + 1):
            result = self._result(function, payload, tenant)
            if result.error is None:
                break
            if self._stopping.wait(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]):
                # Not given up: where it is on disk, the next start does it.
                return
        else:
            if queue := function.specification.on_failure:
                self._dead_letters(queue, _letter(function, payload, result))
        with suppress(NotKept):
            self._accepted.end_event(number)

    def _result(self, function: Function, payload: bytes, tenant: str | None) -> InvocationResult:
        try:
            return function.invoke(payload, tenant=tenant)
        except Throttled as throttled:
            return InvocationResult.failed("TooManyRequestsException", str(throttled))


def _letter(function: Function, payload: bytes, result: InvocationResult) -> str:
    """As "Retaining records of Lambda asynchronous invocations" (docs.aws.amazon.com) has it."""
    letter = {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(),
        "requestContext": {
            "functionArn": f"{function.specification.arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": function.specification.retries + 1,
        },
        "requestPayload": json.loads(payload),
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": result.error},
        "responsePayload": json.loads(result.payload),
    }
    return json.dumps(letter)
