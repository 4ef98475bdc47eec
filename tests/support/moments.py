"""Something that happens at the n-th AWS call that a thread makes: before it is sent, or before its answer arrives.

Between two calls a process has no effect on anybody, so whoever tries every call has tried every instruction.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from swarm.aws import clients

When = Literal["before", "after"]


class Died(BaseException):
    """The process ended here."""


def die() -> None:
    raise Died


@dataclass
class Moment:
    """`calls` are those made so far, as `service.Operation`; `happened` says that the moment has come."""

    number: int
    act: Callable[[], object]
    calls: list[str] = field(default_factory=list)
    happened: bool = False
    _acting: bool = False
    _thread: int = field(default_factory=threading.get_ident)

    @property
    def afterwards(self) -> list[str]:
        """The calls made after the moment."""
        return self.calls[self.number + 1 :]

    def meet(self, model: Any, **_: Any) -> None:
        # What is done at the moment makes calls of its own.
        if self._acting or threading.get_ident() != self._thread:
            return
        self.calls.append(f"{model.service_model.service_name}.{model.name}")
        if len(self.calls) != self.number + 1:
            return
        self.happened = self._acting = True
        try:
            self.act()
        finally:
            self._acting = False


@contextmanager
def at_call(number: int, act: Callable[[], object], when: When = "before") -> Iterator[Moment]:
    """Inside the block, `act` is called once, at this thread's call with this number (the first is 0)."""
    moment = Moment(number, act)
    sdk: list[Any] = [clients.dynamodb(), clients.s3(), clients.states(), clients.functions_that_take_long()]
    name = f"moment-{id(moment)}"
    for client in sdk:
        client.meta.events.register(f"{when}-call", moment.meet, unique_id=name)
    try:
        yield moment
    finally:
        for client in sdk:
            client.meta.events.unregister(f"{when}-call", unique_id=name)


def each_moment(try_it: Callable[[int], Moment]) -> int:
    """Try the calls one after the other, until there is no further one; how many there were."""
    number = 0
    while try_it(number).happened:
        number += 1
    return number
