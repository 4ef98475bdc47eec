"""AWS on a bad day, for tests: calls that are throttled, fail, or are slow. Nothing of this is deployed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from infra.local.authentication.refusal import Refused
from infra.local.identity import Credentials
from infra.local.wsgi import SIGNER, Environ, WsgiApp


@dataclass(frozen=True)
class Fault:
    """What befalls a share of the calls of a service that functions make: these operations, of these functions by their
    logical ids, all by default.

    They take so many seconds longer, and where there is a `code`, that is the error they are answered with, before
    anything was done.
    """

    service: str
    operations: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    share: float = 1.0
    code: str = ""
    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    seconds: float = 0.0


THROTTLED_TABLE = Fault("dynamodb", code="ProvisionedThroughputExceededException", status=HTTPStatus.BAD_REQUEST)
FAILING_BUCKET = Fault("s3", code="InternalError")


class Faults:
    """WSGI middleware; while nothing is wrong it costs one look."""

    def __init__(self, app: WsgiApp, describe: Callable[[Environ], Any]) -> None:
        self._app = app
        self._describe = describe
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._dice = random.Random(1)  # noqa: S311  a test's dice, the same each time
        self.told: Callable[[str, str], None] = lambda _service, _operation: None
        """Hears of what was throttled: the service and the operation."""
        self.befallen = 0

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        return self._befall(environ, start_response) if self._faults else self._app(environ, start_response)

    @contextmanager
    def of(self, *faults: Fault) -> Iterator[None]:
        """Inside the block these happen, besides those that do already."""
        with self._lock:
            self._faults = [*self._faults, *faults]
        try:
            yield
        finally:
            with self._lock:
                self._faults = [each for each in self._faults if all(each is not fault for fault in faults)]

    def _befall(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        signer: Credentials | None = environ[SIGNER]
        call = self._describe(environ)
        for fault in self._faults if signer is not None and signer.is_function else ():
            if call.service != fault.service or (fault.operations and call.operation not in fault.operations):
                continue
            if fault.functions and call.function not in fault.functions:
                continue
            with self._lock:
                spared = self._dice.random() >= fault.share
                self.befallen += not spared
            if spared:
                continue
            time.sleep(fault.seconds)
            if fault.code:
                if fault.status == HTTPStatus.BAD_REQUEST:
                    self.told(call.service, call.operation)
                return Refused(fault.code, "this is a bad day", fault.status).answer(call.service, start_response)
        return self._app(environ, start_response)
