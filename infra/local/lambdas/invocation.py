"""One call of a function, from the moment it is accepted to its one outcome."""

from __future__ import annotations

import json
import threading
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
class Outcome:
    """What a call came to: the function's answer, or with `error` set the error document in `payload`."""

    payload: bytes
    error: str | None = None

    @classmethod
    def failed(cls, error_type: str, message: str) -> Outcome:
        """An outcome that Lambda itself decides, such as a timeout."""
        document = {"errorType": error_type, "errorMessage": message}
        return cls(json.dumps(document).encode(), "Unhandled")

    @classmethod
    def of(cls, payload: bytes) -> Outcome:
        """A function's answer, unless it is over the limit."""
        if len(payload) <= RESPONSE_LIMIT:
            return cls(payload)
        message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
        return cls.failed("Function.ResponseSizeTooLarge", message)


@dataclass
class Invocation:
    """A call in flight. Whoever settles it first decides; later attempts change nothing.

    `ended` is called once, before anybody is told of the outcome.
    """

    payload: bytes
    arn: str
    tenant: str | None = None
    ended: Callable[[], None] = field(default=lambda: None, repr=False)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _settled: threading.Event = field(default_factory=threading.Event, repr=False)
    _outcome: Outcome | None = field(default=None, repr=False)

    def settle(self, outcome: Outcome, before_telling: Callable[[], None] | None = None) -> bool:
        """True when this outcome is the one that counts; only then is `before_telling` called."""
        with self._lock:
            if self._outcome is not None:
                return False
            self._outcome = outcome
        if before_telling is not None:
            before_telling()
        self.ended()
        self._settled.set()
        return True

    def wait(self, seconds: float | None = None) -> Outcome | None:
        """The outcome, or None when there is none after so many seconds."""
        self._settled.wait(seconds)
        return self._outcome

    def result(self) -> Outcome:
        """The outcome, however long it takes."""
        self._settled.wait()
        if self._outcome is None:
            raise RuntimeError(f"invocation {self.request_id} was settled without an outcome")
        return self._outcome
