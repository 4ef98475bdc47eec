"""How a schedule comes to be, and is changed, paused, resumed and dropped: checked whole before anything is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from codex_swarm.models import SchedulePut, ScheduleRead
from swarm.errors import InvalidRequest, TooLarge, TooManySchedules
from swarm.ids import RunKey, new_id
from swarm.lifecycle import creation
from swarm.lifecycle.asked import new_run
from swarm.lifecycle.describing import described
from swarm.records.backend import Backend
from swarm.runs.due_times import DueTimes, checked
from swarm.runs.schedules import MAX_RUN_BYTES, MAX_SCHEDULES, Overlap, Schedule, valid_name

SHOWN = 5
"""Times to come that are shown of a schedule."""


def put(backend: Backend, tenant_id: str, project_id: str, name: str, body: SchedulePut, *, now: datetime) -> Schedule:
    """Keep the schedule in place of the one of its name; the same again changes nothing.

    One that was paused stays so. Under a legal hold none takes another's place: what it was to do is kept nowhere
    else. Raises `InvalidRequest`, `TooLarge`, `ProjectNotFound`, `TooManySchedules`, `ScheduleBusy`, `LegalHold`, and
    what a run like this would be refused with.
    """
    project = backend.projects.get(tenant_id, project_id)
    run = body.run.model_dump_json(exclude_unset=True)
    wanted = Schedule(
        tenant_id=tenant_id,
        project_id=project_id,
        name=valid_name(name),
        times=checked(DueTimes(since=now, cron=body.cron, rate=body.rate, timezone=body.timezone)),
        run=run,
        overlap=Overlap(body.overlap),
        continue_workspace=body.continue_workspace,
        created_at=now,
    )
    _check_run(backend, tenant_id, project_id, body, len(run.encode()), now)
    before = backend.schedules.find(tenant_id, project_id, name)
    callback_url = body.run.callback_url or project.callback_url
    if before is None:
        if sum(1 for _ in backend.schedules.of_project(tenant_id, project_id)) >= MAX_SCHEDULES:
            raise TooManySchedules(MAX_SCHEDULES)
        version = backend.schedules.version(tenant_id, project_id, name)
        return backend.schedules.put(replace(wanted.resumed(now), version=version, callback_url=callback_url))
    asked = replace(wanted.times, since=before.times.since)
    after = replace(
        before,
        times=asked,
        run=run,
        overlap=wanted.overlap,
        continue_workspace=wanted.continue_workspace,
        callback_url=callback_url,
    )
    if after == before:
        return before
    backend.tenants.require_no_hold(
        tenant_id, "what a schedule says is kept, too: pause this one, and put the new one under another name"
    )
    # It counts anew, also its rate; runs of before keep their times for themselves.
    after = replace(after, times=wanted.times, created_at=now, failures=0, last_error=None)
    if before.paused_because is None:
        after = after.resumed(now)
    return backend.schedules.put(after)


def pause(backend: Backend, tenant_id: str, project_id: str, name: str) -> Schedule:
    """It is due no more until it is resumed; twice is once. Raises `ScheduleNotFound`, `ScheduleBusy`."""
    schedule = backend.schedules.get(tenant_id, project_id, name)
    return schedule if schedule.paused_because else backend.schedules.store(schedule.paused("asked"))


def resume(backend: Backend, tenant_id: str, project_id: str, name: str, *, now: datetime) -> Schedule:
    """It is due from its next time on; twice is once. Raises `ScheduleNotFound`, `ScheduleBusy`."""
    schedule = backend.schedules.get(tenant_id, project_id, name)
    return backend.schedules.store(schedule.resumed(now)) if schedule.paused_because else schedule


def delete(backend: Backend, tenant_id: str, project_id: str, name: str, *, now: datetime) -> None:
    """It is due no more; its runs stay. Raises `ScheduleNotFound`, `ScheduleBusy`, `LegalHold`."""
    schedule = backend.schedules.get(tenant_id, project_id, name)
    backend.tenants.require_no_hold(tenant_id, "pause the schedule instead")
    backend.schedules.drop(schedule, now)


def _check_run(backend: Backend, tenant_id: str, project_id: str, body: SchedulePut, size: int, now: datetime) -> None:
    if body.run.uploads:
        raise InvalidRequest("run.uploads: uploads are gone after a while; give files, or from_run_id")
    if body.run.project_id not in {None, project_id}:
        raise InvalidRequest("run.project_id names another project than the path; leave it out")
    if body.continue_workspace and body.run.from_turn is not None:
        raise InvalidRequest("run.from_turn does not go with continue_workspace; leave one of them out")
    if size > MAX_RUN_BYTES:
        raise TooLarge(f"run has {size} bytes; at most {MAX_RUN_BYTES} are taken. Put long material into a run's files")
    wanted = new_run(backend, body.run)
    key = RunKey(tenant_id=tenant_id, project_id=project_id, run_id=new_id())
    run, _ = described(backend, backend.projects.get(tenant_id, project_id), key, wanted, now)
    tenant = backend.tenants.get(tenant_id)
    creation.require_possible(backend, run, wanted.limits, tenant, named=wanted.model is not None)


def schedule_read(schedule: Schedule) -> ScheduleRead:
    """The schedule as callers read it."""
    return ScheduleRead(
        name=schedule.name,
        project_id=schedule.project_id,
        cron=schedule.times.cron,
        rate=schedule.times.rate,
        timezone=schedule.times.timezone,
        run=json.loads(schedule.run),
        overlap=schedule.overlap.value,
        continue_workspace=schedule.continue_workspace,
        status="paused" if schedule.paused_because else "active",
        paused_because=schedule.paused_because,
        next_times=_next_times(schedule),
        last_at=schedule.last_at,
        last_run_id=schedule.last_run_id,
        last_error=schedule.last_error,
        runs=schedule.runs,
        skipped=schedule.skipped,
        missed=schedule.missed,
        failures=schedule.failures,
        created_at=schedule.created_at,
    )


def _next_times(schedule: Schedule) -> list[datetime]:
    if schedule.next_at is None:
        return []
    return [schedule.next_at, *schedule.times.upcoming(schedule.next_at, SHOWN - 1)]
