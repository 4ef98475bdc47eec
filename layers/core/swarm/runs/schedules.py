"""A schedule of a project: what to run when, and how far it has come."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from codex_swarm.models import RunStatus
from swarm.errors import InvalidRequest
from swarm.runs.due_times import DueTimes

MAX_FAILURES = 5
"""So many runs in a row that fail, and the schedule pauses by itself."""

MISSED_AFTER = timedelta(hours=1)
"""A time that is found so late has no run any more: it counts as missed."""

MAX_QUEUED = timedelta(days=1)
"""The same for a time that waits for the run before it."""

MAX_SCHEDULES = 50
"""Of a project."""

MAX_RUN_BYTES = 300_000
"""Of the request for each run: an item of the table has no more than 400 KB."""

MAX_NAME = 64
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

MAX_AT_ONCE = 2_000
"""Times that one look passes by."""


Because = Literal["asked", "failures", "project"]
"""Why a schedule is paused."""


class Overlap(StrEnum):
    """What becomes of a time at which the run before is still at work."""

    SKIP = "skip"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`run` is the body of the request that each of its times makes, as JSON.

    `next_at` is the first time that nothing has been done about, None while it is paused. `last_run_id` is the run of
    `last_at`; `failures` counts runs that failed in a row, `judged` is the run that was counted last. `paused_because`
    is `asked`, `failures` or `project`.
    """

    tenant_id: str
    project_id: str
    name: str
    times: DueTimes
    run: str
    created_at: datetime
    callback_url: str | None = None
    overlap: Overlap = Overlap.SKIP
    continue_workspace: bool = False
    next_at: datetime | None = None
    last_at: datetime | None = None
    last_run_id: str | None = None
    last_error: str | None = None
    runs: int = 0
    skipped: int = 0
    missed: int = 0
    failures: int = 0
    judged: str | None = None
    paused_because: Because | None = None
    version: int = 0
    schema: int = 1

    def judged_by(self, run_id: str, status: RunStatus) -> Schedule:
        """The schedule once it is known how its last run ended; each run counts once."""
        if self.judged == run_id or not status.final:
            return self
        failures = self.failures + 1 if status is RunStatus.FAILED else 0
        after = replace(self, judged=run_id, failures=failures)
        return after.paused("failures") if failures >= MAX_FAILURES else after

    def refused(self, due: datetime, why: str) -> Schedule:
        """The schedule behind a time whose run could not begin."""
        after = replace(self.passed(due), failures=self.failures + 1, last_error=why[:500])
        return after.paused("failures") if after.failures >= MAX_FAILURES else after

    def without_missed(self, now: datetime) -> Schedule:
        """The schedule behind all times that are too long ago for a run; at most `MAX_AT_ONCE` are counted at once."""
        late = MAX_QUEUED if self.overlap is Overlap.QUEUE else MISSED_AFTER
        after = self
        for _ in range(MAX_AT_ONCE):
            if after.next_at is None or now - after.next_at <= late:
                break
            after = replace(after, next_at=after.times.after(after.next_at), missed=after.missed + 1)
        return after

    def skipping(self, now: datetime) -> Schedule:
        """The schedule behind all times due by now, which meet a run at work; at most `MAX_AT_ONCE` at once."""
        after = self
        for _ in range(MAX_AT_ONCE):
            if after.next_at is None or after.next_at > now:
                break
            after = replace(after.passed(after.next_at), skipped=after.skipped + 1)
        return after

    def paused(self, why: Because) -> Schedule:
        """The schedule, due at no time."""
        return replace(self, next_at=None, paused_because=why)

    def resumed(self, now: datetime) -> Schedule:
        """The schedule, due from the next time on: what fell into the pause is not made up for."""
        return replace(self, next_at=self.times.after(now), paused_because=None, failures=0)

    def passed(self, due: datetime) -> Schedule:
        """The schedule behind a time that something was done about."""
        return replace(self, next_at=self.times.after(due), last_at=due)


def valid_name(name: str) -> str:
    """The name, if a schedule can have it. Raises `InvalidRequest`."""
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"the name of a schedule has at most {MAX_NAME} lower-case letters, digits and single hyphens, such as"
            " weekly-report"
        )
    return name
