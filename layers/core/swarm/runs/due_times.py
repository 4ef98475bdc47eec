"""When a schedule is due: by a cron expression or a rate, in a time zone, over the changes of its clocks.

A cron expression has the five fields of Vixie's cron (minute, hour, day of month, month, day of week). Where clocks go
forward, what falls into the hour that is left out is due right behind it; where they go back, what stands for a certain
time is due once, and what stands for every hour in both hours: as Debian's cron does it, by `cronsim`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from swarm.errors import InvalidRequest

FIELDS = 5
MAX_EXPRESSION = 200
_RATE = re.compile(r"([1-9]\d{0,4}) (minute|hour|day)s?")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTimes:
    """The times of a schedule; exactly one of `cron` and `rate` (`2 hours`) is given.

    A rate counts from `since`, by the clock that never changes: a day of it has always 24 hours.
    """

    since: datetime
    cron: str | None = None
    rate: str | None = None
    timezone: str = "UTC"

    def after(self, moment: datetime) -> datetime:
        """The first time behind the moment, in UTC. Raises `InvalidRequest` where there is none in fifty years."""
        if self.rate is not None:
            period = period_of(self.rate)
            passed = max(0, (moment - self.since) // period)
            return self.since + (passed + 1) * period
        try:
            found = next(CronSim(str(self.cron), moment.astimezone(ZoneInfo(self.timezone))))
        except StopIteration:
            raise InvalidRequest(f"cron {self.cron!r} is never due; name a day that there is") from None
        return found.astimezone(UTC)

    def upcoming(self, moment: datetime, count: int) -> list[datetime]:
        """The next times behind the moment."""

        found: list[datetime] = []
        for _ in range(count):
            found.append(self.after(found[-1] if found else moment))
        return found


def checked(times: DueTimes) -> DueTimes:
    """The times, if they can be told. Raises `InvalidRequest`, which says how to mend them."""
    if (times.cron is None) == (times.rate is None):
        raise InvalidRequest("give either cron, such as '0 9 * * MON-FRI', or rate, such as '2 hours'")
    try:
        ZoneInfo(times.timezone)
    except (OSError, ValueError, KeyError):
        raise InvalidRequest(
            f"timezone {times.timezone[:60]!r} is unknown; give a name such as Europe/Berlin"
        ) from None
    if times.rate is not None:
        period_of(times.rate)
    elif times.cron is not None:
        if len(times.cron) > MAX_EXPRESSION or len(times.cron.split()) != FIELDS:
            raise InvalidRequest("cron takes five fields: minute, hour, day of month, month, day of week")
        try:
            CronSim(times.cron, times.since)
        except CronSimError as error:
            raise InvalidRequest(f"cron {times.cron!r}: {error}") from error
        times.after(times.since)
    return times


def period_of(rate: str) -> timedelta:
    """How long it is from one time to the next. Raises `InvalidRequest`."""
    found = _RATE.fullmatch(rate)
    if found is None:
        raise InvalidRequest("rate takes a number and minutes, hours or days, such as '30 minutes'")
    return timedelta(**{f"{found[2]}s": int(found[1])})
