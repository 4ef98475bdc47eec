"""Tools for schedules: a run again and again."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from codex_swarm.mcp.answers.deleted import Deleted
from codex_swarm.mcp.answers.schedules import ScheduleList, ScheduleState, state_of_schedule
from codex_swarm.mcp.problems import of_tool
from codex_swarm.mcp.tools.base import ProjectId, Toolset


class ScheduleTools(Toolset):
    """The tools for schedules."""

    async def list_schedules(self, project_id: ProjectId = None) -> ScheduleList:
        """List what is run on a schedule in a project, when it is due next, and how it went."""
        with of_tool():
            found = await self._client.list_schedules(project_id or self._project)
        return ScheduleList(schedules=[state_of_schedule(each) for each in found])

    async def put_schedule(
        self,
        name: Annotated[str, Field(description="Lower-case letters, digits and hyphens, such as weekly-report.")],
        instructions: Annotated[str, Field(description="What each run is to do.")],
        cron: Annotated[str | None, Field(description="Five fields, such as 0 9 * * MON; or give rate.")] = None,
        rate: Annotated[str | None, Field(description="Such as 30 minutes, 2 hours, 1 day.")] = None,
        timezone: Annotated[str, Field(description="An IANA name, such as Europe/Berlin, for cron.")] = "UTC",
        continue_workspace: Annotated[bool, Field(description="Each begins with the files of the last.")] = False,
        project_id: ProjectId = None,
    ) -> ScheduleState:
        """Start a run again and again, until the schedule is paused. It costs money: ask your user before."""
        with of_tool():
            project = await self._made_project(project_id)
            kept = await self._client.put_schedule(
                project,
                name,
                instructions,
                cron=cron,
                rate=rate,
                timezone=timezone,
                continue_workspace=continue_workspace,
            )
        return state_of_schedule(kept)

    async def pause_schedule(
        self, name: Annotated[str, Field(description="The schedule's name.")], project_id: ProjectId = None
    ) -> ScheduleState:
        """Let no further run of a schedule begin, until `resume_schedule`; a run under way goes on."""
        with of_tool():
            return state_of_schedule(await self._client.pause_schedule(project_id or self._project, name))

    async def resume_schedule(
        self, name: Annotated[str, Field(description="The schedule's name.")], project_id: ProjectId = None
    ) -> ScheduleState:
        """Let a paused schedule go on with its next time. Its runs cost money: ask your user before."""
        with of_tool():
            return state_of_schedule(await self._client.resume_schedule(project_id or self._project, name))

    async def delete_schedule(
        self, name: Annotated[str, Field(description="The schedule's name.")], project_id: ProjectId = None
    ) -> Deleted:
        """Delete a schedule for good; what it began stays. Ask your user before: pause_schedule is undone easily."""
        with of_tool():
            await self._client.delete_schedule(project_id or self._project, name)
        return Deleted(name=name)
