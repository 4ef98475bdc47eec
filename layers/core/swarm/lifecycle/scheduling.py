"""What is due is run: once for each time, however often and by how many processes this is done.

The run of a time has an id made of schedule and time, by an idempotency key, so whoever does it again gets the run that
is there. Only then the schedule goes on to its next time, by a write that holds if nobody else has. A process that dies
in between leaves the time to be done again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf

from codex_swarm.models import RunCreate
from swarm.errors import CallerError, ProjectNotFound, RunNotFound, ScheduleBusy, TooMany, Unavailable
from swarm.lifecycle import creation
from swarm.lifecycle.asked import new_run
from swarm.lifecycle.describing import NewRun
from swarm.lifecycle.planning import schedule_read
from swarm.logs import log
from swarm.records.backend import Backend
from swarm.records.keys import sortable
from swarm.records.schedules import Due
from swarm.runs.run import Run
from swarm.runs.schedules import Overlap, Schedule

SCHEDULE, TIME = "schedule", "scheduled_at"
"""The notes in a run's metadata that say which schedule made it, for which time."""

PARALLEL = 8
"""Tenants that are served at a time: fewer than a client of boto3 keeps connections."""

FILES_GONE = "run {}, the one before, was deleted, so this one began without its files; give them as run.from_run_id"


@dataclass
class Look:
    """What one look came to: schedules that were looked at, and those that are left to the next look."""

    seen: int = 0
    left: int = 0


def run_due(backend: Backend, now: datetime, seconds_left: Callable[[], float] = lambda: inf) -> Look:
    """Do what is due by now, as far as the time goes. A schedule that cannot be done does not keep others.

    Tenants take turns, each with its longest due, so that thousands that wait of one tenant are not in the way of the
    next tenant's only one. Several tenants are served at a time, and one by nobody twice: runs of one tenant would
    only wait for each other where it is counted in.
    """
    turns = deque(_by_tenant(backend.schedules.due(now)))
    look = Look(left=sum(len(each) for each in turns))

    def serve() -> int:
        seen = 0
        while seconds_left() > 0:
            try:
                own = turns.popleft()
            except IndexError:
                break
            _look_at(backend, own.popleft(), now)
            seen += 1
            if own:
                turns.append(own)
        return seen

    others = min(PARALLEL, len(turns)) - 1
    if others > 0:
        with ThreadPoolExecutor(others) as pool:
            helping = [pool.submit(serve) for _ in range(others)]
            look.seen = serve() + sum(each.result() for each in helping)
    else:
        look.seen = serve()
    look.left -= look.seen
    if look.left:
        log.warning("schedules are left to the next look", left=look.left)
    return look


def _by_tenant(due: Iterable[Due]) -> Iterable[deque[Due]]:
    found: dict[str, deque[Due]] = {}
    for each in due:
        found.setdefault(each.tenant_id, deque()).append(each)
    return found.values()


def _look_at(backend: Backend, listed: Due, now: datetime) -> None:
    try:
        # Read again: the index may be behind.
        schedule = backend.schedules.find(*listed)
        if schedule is not None and schedule.next_at is not None and schedule.next_at <= now:
            _do(backend, schedule, now)
    except Exception:  # noqa: BLE001  whatever is wrong with one schedule must not keep the others
        log.exception("a schedule could not be looked at", schedule=listed.name)


def _do(backend: Backend, schedule: Schedule, now: datetime) -> None:
    after = _after(backend, schedule, now)
    if after == schedule:
        return
    if after.paused_because == "failures":
        # Said first: whoever dies before it is stored says it again, under the same id.
        backend.outbox.announce_schedule(after, schedule_read(after), now)
    with suppress(ScheduleBusy):
        backend.schedules.store(after)


def _after(backend: Backend, schedule: Schedule, now: datetime) -> Schedule:
    """The schedule once its next time has been dealt with, and those before it that are too long ago."""
    last = _last_run(backend, schedule)
    if last is not None:
        schedule = schedule.judged_by(last.run_id, last.status)
        if schedule.paused_because:
            return schedule
    schedule = schedule.without_missed(now)
    if schedule.next_at is None or schedule.next_at > now:
        return schedule
    if last is None or last.status.final:
        return _begun(backend, schedule, schedule.next_at, last, now)
    if schedule.overlap is Overlap.QUEUE:
        # Its turn comes when that has ended.
        return schedule
    return schedule.skipping(now)


def _begun(backend: Backend, schedule: Schedule, due: datetime, last: Run | None, now: datetime) -> Schedule:
    key = f"schedule/{schedule.name}/{sortable(schedule.created_at)}/{sortable(due)}"
    try:
        wanted = _wanted(backend, schedule, due, last)
        made = creation.create(backend, schedule.tenant_id, schedule.project_id, wanted, now=now, idempotency_key=key)
    except ProjectNotFound:
        return schedule.paused("project")
    except (TooMany, Unavailable) as full:
        # There may be room within the next minutes; once it is too late the time is missed.
        return replace(schedule, last_error=str(full)[:500])
    except CallerError as refused:
        log.warning("a schedule could not begin its run", schedule=schedule.name, error=str(refused))
        return schedule.refused(due, str(refused))
    told = None if last is not None or not _goes_on(schedule) else FILES_GONE.format(schedule.last_run_id)
    begun = replace(schedule.passed(due), last_run_id=made.run.run_id, runs=schedule.runs + 1, last_error=told)
    # What else is due by now meets this run. Otherwise a schedule of each minute would stay late for ever.
    return begun if schedule.overlap is Overlap.QUEUE else begun.skipping(now)


def _goes_on(schedule: Schedule) -> bool:
    return schedule.continue_workspace and schedule.last_run_id is not None


def _wanted(backend: Backend, schedule: Schedule, due: datetime, last: Run | None) -> NewRun:
    wanted = new_run(backend, RunCreate.model_validate_json(schedule.run))
    notes = {**wanted.metadata, SCHEDULE: schedule.name, TIME: due.isoformat()}
    begins_with = last.run_id if last is not None and _goes_on(schedule) else wanted.from_run_id
    return replace(wanted, metadata=notes, from_run_id=begins_with)


def _last_run(backend: Backend, schedule: Schedule) -> Run | None:
    if schedule.last_run_id is None:
        return None
    try:
        return backend.runs.current(schedule.tenant_id, schedule.last_run_id)
    except RunNotFound:
        return None
