"""Requests take turns where processors are few: who asks for a lot at once waits for itself, and others do not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.local.front.turns import NoTurn, Turns

DEADLINE = 10.0


class Requests:
    """Requests that are worked on until they are let go."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._changed = threading.Condition()
        self.begun: list[str] = []
        self._let_go: set[str] = set()

    def send(self, caller: str, name: str) -> None:
        threading.Thread(target=self._request, args=(caller, name), daemon=True).start()

    def _request(self, caller: str, name: str) -> None:
        with self._turns.of(caller, DEADLINE), self._changed:
            self.begun.append(name)
            self._changed.notify_all()
            self._changed.wait_for(lambda: name in self._let_go, DEADLINE)

    def has_begun(self, name: str) -> bool:
        """Whether it is worked on, within the time of this test."""
        with self._changed:
            return self._changed.wait_for(lambda: name in self.begun, DEADLINE)

    def let_go(self, *names: str) -> None:
        with self._changed:
            self._let_go |= set(names)
            self._changed.notify_all()


@contextmanager
def requests(processors: int) -> Iterator[Requests]:
    made = Requests(Turns(processors))
    try:
        yield made
    finally:
        made.let_go(*made.begun)


def test_alone_a_caller_waits_for_nobody() -> None:
    with requests(2) as made:
        for number in range(20):
            made.send("a", f"a{number}")
        assert all(made.has_begun(f"a{number}") for number in range(20))


def test_one_who_asks_a_lot_waits_for_its_own_requests_alone() -> None:
    with requests(2) as made:
        made.send("b", "b0")
        assert made.has_begun("b0")
        made.send("a", "a0")
        assert made.has_begun("a0")
        for number in range(1, 100):
            made.send("a", f"a{number}")
        made.let_go("b0")
        # A hundred wait before it, and it does not.
        made.send("b", "b1")
        assert made.has_begun("b1")
        assert made.begun == ["b0", "a0", "b1"]
        made.let_go("a0")
        assert made.has_begun("a1")


def test_what_finds_no_turn_in_time_is_told_so() -> None:
    turns = Turns(1)
    with turns.of("b", DEADLINE), turns.of("a", DEADLINE), pytest.raises(NoTurn), turns.of("a", 0.01):
        pass
    with turns.of("a", DEADLINE):
        """What gave up stands in nobody's way."""
