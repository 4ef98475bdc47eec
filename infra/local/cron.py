"""EventBridge's cron expressions: minutes, hours, day of month, month, day of week, year, in UTC.

Of the special characters `*`, `?`, `,`, `-` and `/` are understood; `L`, `W` and `#` are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MONTHS = {name: i for i, name in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), start=1)}
DAYS = {name: i for i, name in enumerate("SUN MON TUE WED THU FRI SAT".split(), start=1)}
FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 1, 7), ("year", 1970, 2199))


class UnreadableCron(ValueError):
    """The expression is none that is understood here."""

    def __init__(self, expression: str) -> None:
        super().__init__(f"cron({expression}) cannot be read")


@dataclass(frozen=True)
class Cron:
    """The values that each field allows."""

    minute: frozenset[int]
    hour: frozenset[int]
    day: frozenset[int]
    month: frozenset[int]
    weekday: frozenset[int]
    year: frozenset[int]

    @classmethod
    def parse(cls, expression: str) -> Cron:
        """Raises UnreadableCron."""
        parts = expression.upper().split()
        if len(parts) != len(FIELDS):
            raise UnreadableCron(expression)
        try:
            values = {name: _values(part, low, high) for part, (name, low, high) in zip(parts, FIELDS, strict=True)}
        except ValueError:
            raise UnreadableCron(expression) from None
        return cls(**values)

    def matches(self, moment: datetime) -> bool:
        """Whether the minute is one of the expression's."""
        return self._matches_day(moment) and moment.hour in self.hour and moment.minute in self.minute

    def next_after(self, moment: datetime) -> datetime:
        """The first matching minute that begins after the moment. Raises ValueError when there is none in ten years."""
        candidate = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        last = candidate + timedelta(days=3660)
        while candidate < last:
            if not self._matches_day(candidate):
                candidate = candidate.replace(hour=0, minute=0) + timedelta(days=1)
            elif candidate.hour not in self.hour:
                candidate = candidate.replace(minute=0) + timedelta(hours=1)
            elif candidate.minute not in self.minute:
                candidate += timedelta(minutes=1)
            else:
                return candidate
        raise ValueError("the expression matches no minute of the next ten years")

    def _matches_day(self, moment: datetime) -> bool:
        weekday = moment.isoweekday() % 7 + 1
        return (
            moment.year in self.year
            and moment.month in self.month
            and moment.day in self.day
            and weekday in self.weekday
        )


def _values(part: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for item in part.split(","):
        span, _, step = item.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        else:
            start, _, end = span.partition("-")
            first = _number(start)
            last = _number(end) if end else (high if step else first)
        if not low <= first <= last <= high:
            raise ValueError(item)
        found.update(range(first, last + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str) -> int:
    return MONTHS.get(text) or DAYS.get(text) or int(text)
