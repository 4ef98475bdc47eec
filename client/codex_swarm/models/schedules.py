"""Schedules: when what is to be run, again and again."""

from typing import Literal

from pydantic import Field, JsonValue

from codex_swarm.models.run_requests import RunCreate
from codex_swarm.models.wire import Asked, PlainText, Timestamp, Wire

MAX_CRON = 200
"""Characters of a schedule's expressions."""


class SchedulePut(Asked):
    """When what is to be run, again and again. It has either `cron` or `rate`."""

    cron: PlainText | None = Field(
        default=None,
        max_length=MAX_CRON,
        description="Five fields: minute, hour, day of month, month, day of week, as in `0 9 * * MON-FRI`.",
    )
    rate: PlainText | None = Field(
        default=None,
        max_length=MAX_CRON,
        description="A number and minutes, hours or days, as in `30 minutes`, counted from when the schedule was put.",
    )
    timezone: PlainText = Field(
        default="UTC", max_length=MAX_CRON, description="An IANA name such as `Europe/Berlin`, for `cron`."
    )
    run: RunCreate = Field(description="The request for each run. It takes no uploads: these are gone after a while.")
    overlap: Literal["skip", "queue"] = Field(
        default="skip",
        description="What becomes of a time at which the last run is still at work: none, or it waits for its end.",
    )
    continue_workspace: bool = Field(default=False, description="Each run begins with the files of the one before.")


class ScheduleRead(Wire):
    """A schedule of a project, and how far it has come."""

    name: str
    project_id: str
    cron: str | None = None
    rate: str | None = None
    timezone: str
    run: dict[str, JsonValue] = Field(description="The request for each run, as it was sent.")
    overlap: Literal["skip", "queue"]
    continue_workspace: bool
    status: Literal["active", "paused"]
    paused_because: Literal["asked", "failures", "project"] | None = Field(
        default=None,
        description="Somebody asked for it; five runs in a row failed or could not begin; the project is gone.",
    )
    next_times: list[Timestamp] = Field(description="The next five; empty while it is paused.")
    last_at: Timestamp | None = Field(default=None, description="The last time about which something was done.")
    last_run_id: str | None = None
    last_error: str | None = Field(default=None, description="Why the last time has no run, where it was refused.")
    runs: int = Field(description="How many it has started.")
    skipped: int = Field(description="Times at which the run before was still at work.")
    missed: int = Field(description="Times that were found too late.")
    failures: int = Field(description="Runs in a row that failed, or could not begin.")
    created_at: Timestamp = Field(description="When it was put as it is.")
