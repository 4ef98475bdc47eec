"""What tools for schedules answer."""

from __future__ import annotations

from pydantic import BaseModel, Field

from codex_swarm.models import ScheduleRead


class ScheduleState(BaseModel):
    """A schedule, when it is due next and what came of it so far."""

    name: str
    status: str = Field(description="`active` or `paused`.")
    times: str
    next_times: list[str]
    last_run_id: str | None = None
    last_error: str | None = None
    runs: int
    failures: int


class ScheduleList(BaseModel):
    """The schedules of a project, by name."""

    schedules: list[ScheduleState]


def state_of_schedule(schedule: ScheduleRead) -> ScheduleState:
    """The schedule in few words."""
    times = f"every {schedule.rate}" if schedule.rate else f"{schedule.cron} {schedule.timezone}"
    return ScheduleState(
        name=schedule.name,
        status=schedule.status,
        times=times,
        next_times=[time.isoformat() for time in schedule.next_times],
        last_run_id=schedule.last_run_id,
        last_error=schedule.last_error,
        runs=schedule.runs,
        failures=schedule.failures,
    )
