"""One call of a function, from the moment it is accepted to its one result."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

REQUEST_LIMIT = 6 * 1024 * 1024
RESPONSE_LIMIT = 6_291_556
EVENT_LIMIT = 1024 * 1024


class Throttled(Exception):
    """Every execution environment that the function or the account may have is taken."""


class WrongTenant(Exception):
    """A tenant's id where the function has none, or none where it needs one."""


class RequestTooLarge(Exception):
    """The payload is over Lambda's limit."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"Request must be smaller than {limit} bytes for the InvokeFunction operation; it has {size}")


@dataclass(frozen=True)
class InvocationResult:
    """What a call came to: the function's answer, or with `error` set the error document in `payload`."""

    payload: bytes
    error: str | None = None

    @classmethod
    def failed(cls, error_type: str, message: str) -> InvocationResult:
        """A result that Lambda itself decides, such as a timeout."""
        document = {"errorType": error_type, "errorMessage": message}
        return cls(json.dumps(document).encode(), "Unhandled")

    @classmethod
    def of(cls, payload: bytes) -> InvocationResult:
        """A function's answer, unless it is over the limit."""
        if len(payload) <= RESPONSE_LIMIT:
            return cls(payload)
        message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
        return cls.failed("Function.ResponseSizeTooLarge", message)


def traced(header: str = "") -> str:
    """What a function is told of its trace: that of whoever calls, by its header, or one of its own."""
    root = header.partition("Root=")[2].partition(";")[0] or f"1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"
    return f"Root={root};Parent={uuid.uuid4().hex[:16]};Sampled=0"


@dataclass
class Invocation:
    """A call in flight. The first completion counts; later attempts change nothing.

    `trace` is what the function is told of the trace. `ended` is called once, before `wait` and `result` return.
    """

    payload: bytes
    arn: str
    tenant: str | None = None
    trace: str = ""
    ended: Callable[[], None] = field(default=lambda: None, repr=False)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _completed: threading.Event = field(default_factory=threading.Event, repr=False)
    _result: InvocationResult | None = field(default=None, repr=False)

    def complete(self, result: InvocationResult, before_returning: Callable[[], None] | None = None) -> bool:
        """True when this result is the one that counts; only then is `before_returning` called."""
        with self._lock:
            if self._result is not None:
                return False
            self._result = result
        if before_returning is not None:
            before_returning()
        self.ended()
        self._completed.set()
        return True

    @property
    def result_so_far(self) -> InvocationResult | None:
        """The result, once there is one."""
        return self._result

    def wait(self, seconds: float | None = None) -> InvocationResult | None:
        """The result, or None when there is none after so many seconds."""
        self._completed.wait(seconds)
        return self._result

    def result(self) -> InvocationResult:
        """The result, however long it takes."""
        self._completed.wait()
        if self._result is None:
            raise RuntimeError(f"invocation {self.request_id} was completed without a result")
        return self._result
