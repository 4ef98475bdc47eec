"""Schedules: a run of a project at each time that is due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codex_swarm.calls.base import Calls, of_project
from codex_swarm.connection import parse
from codex_swarm.models import RunCreate, SchedulePut, ScheduleRead
from codex_swarm.shaping import segment, shaped


class ScheduleCalls(Calls):
    """Schedules."""

    async def put_schedule(
        self,
        project_id: str,
        name: str,
        run: str | Mapping[str, Any] | RunCreate,
        *,
        cron: str | None = None,
        rate: str | None = None,
        timezone: str = "UTC",
        overlap: str = "skip",
        continue_workspace: bool = False,
    ) -> ScheduleRead:
        """Starts a run at each time of `cron` (in `timezone`) or `rate`; in place of the schedule that had its name.

        `run` is what each run is to do, or the whole request for it, as `start_run` sends it. `overlap` says what
        becomes of a time at which the last run is at work: `skip` or `queue`. With `continue_workspace` each begins
        with the files of the one before. The same again changes nothing; one that is paused stays so.
        """
        asked = shaped(
            SchedulePut,
            run={"instructions": run} if isinstance(run, str) else run,
            cron=cron,
            rate=rate,
            timezone=timezone,
            overlap=overlap,
            continue_workspace=continue_workspace,
        )
        fields = asked.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        answer = await self._connection.request("PUT", _path(project_id, name), body=fields, repeat=True)
        return parse(ScheduleRead, answer)

    async def list_schedules(self, project_id: str) -> list[ScheduleRead]:
        """The project's schedules, by name; `run` is left empty."""
        return await self._connection.read(list[ScheduleRead], of_project(project_id, "schedules"))

    async def get_schedule(self, project_id: str, name: str) -> ScheduleRead:
        """One schedule, with what it runs and its next times."""
        return await self._connection.read(ScheduleRead, _path(project_id, name))

    async def pause_schedule(self, project_id: str, name: str) -> ScheduleRead:
        """No further run of it begins until it is resumed; twice is once."""
        path = f"{_path(project_id, name)}/pause"
        return parse(ScheduleRead, await self._connection.request("POST", path, repeat=True))

    async def resume_schedule(self, project_id: str, name: str) -> ScheduleRead:
        """It goes on with its next time; what fell into the pause is not made up for."""
        path = f"{_path(project_id, name)}/resume"
        return parse(ScheduleRead, await self._connection.request("POST", path, repeat=True))

    async def delete_schedule(self, project_id: str, name: str) -> None:
        """Deletes a schedule; its runs stay."""
        await self._connection.request("DELETE", _path(project_id, name))


def _path(project_id: str, name: str) -> str:
    return of_project(project_id, f"schedules/{segment(name, 'name')}")
