"""What was measured, by the minute, as CloudWatch keeps it: how many, their sum, the least and the largest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

MINUTE = 60
KEPT_MINUTES = 25 * 60
"""A day, which is the longest that an alarm looks back, and a little more."""


class Series(NamedTuple):
    """A metric of CloudWatch: each set of dimensions is one of its own."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, namespace: str, name: str, **dimensions: str) -> Series:
        """The series with these dimensions."""
        return cls(namespace, name, frozenset(dimensions.items()))


@dataclass
class Statistics:
    """Of the values of some time."""

    count: float = 0
    total: float = 0.0
    least: float = float("inf")
    largest: float = float("-inf")
    latest: float = 0.0

    def add(self, value: float) -> None:
        """One value more."""
        self.count += 1
        self.total += value
        self.least, self.largest, self.latest = min(self.least, value), max(self.largest, value), value

    def get(self, name: str) -> float:
        """A statistic by CloudWatch's name for it. Raises `NotImplementedError` for one that is not kept, as p99."""
        kept: dict[str, Callable[[], float]] = {
            "Sum": lambda: self.total,
            "SampleCount": lambda: self.count,
            "Average": lambda: self.total / self.count,
            "Minimum": lambda: self.least,
            "Maximum": lambda: self.largest,
        }
        if name not in kept:
            raise NotImplementedError(f"the statistic {name} is not kept here")
        return kept[name]()


@dataclass
class _Kept:
    minutes: dict[int, Statistics] = field(default_factory=dict)
    ever: Statistics = field(default_factory=Statistics)
    told: bool = False


class Measurements:
    """Everything that was measured since the start."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.since = clock()
        self._lock = threading.Lock()
        self._series: dict[Series, _Kept] = {}

    def add(self, series: Series, value: float, at: float | None = None, *, told: bool = True) -> None:
        """One value, as of `at` in seconds since the epoch, now by default.

        With `told` it is in what `ever` gives: of sets of dimensions that say the same thing, one is.
        """
        minute = int(self.clock() if at is None else at) // MINUTE
        with self._lock:
            kept = self._series.setdefault(series, _Kept())
            kept.told = told
            kept.ever.add(value)
            if minute not in kept.minutes:
                kept.minutes[minute] = Statistics()
                while len(kept.minutes) > KEPT_MINUTES:
                    del kept.minutes[min(kept.minutes)]
            kept.minutes[minute].add(value)

    def statistic(self, series: Series, name: str, begin: float, end: float) -> float | None:
        """Of the minutes that began in this time; None where nothing was measured."""
        with self._lock:
            kept = self._series.get(series)
            found = [each for minute, each in (kept.minutes if kept else {}).items() if begin <= minute * MINUTE < end]
            return _together(found).get(name) if found else None

    def ever(self) -> Mapping[Series, Statistics]:
        """What to tell, since the start."""
        with self._lock:
            return {series: _together([kept.ever]) for series, kept in self._series.items() if kept.told}


def _together(found: Iterable[Statistics]) -> Statistics:
    together = Statistics()
    for each in found:
        together.count += each.count
        together.total += each.total
        together.least, together.largest = min(together.least, each.least), max(together.largest, each.largest)
        together.latest = each.latest
    return together
