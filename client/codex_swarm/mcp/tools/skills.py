"""Tools for skills: how certain tasks are done here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from codex_swarm.errors import NotFound
from codex_swarm.mcp.answers.deleted import Deleted
from codex_swarm.mcp.answers.skills import SkillLine, SkillList
from codex_swarm.mcp.problems import of_tool
from codex_swarm.mcp.tools.base import ProjectId, Toolset


class SkillTools(Toolset):
    """The tools for skills."""

    async def list_skills(self, project_id: ProjectId = None) -> SkillList:
        """List the skills that runs can use: how certain tasks are done here. A run reads them by itself."""
        with of_tool():
            try:
                found = await self._client.list_skills(project_id or self._project)
            except NotFound as error:
                if error.code != "project_not_found":
                    raise
                # The first run makes the project; until then it has those of all projects.
                found = await self._client.list_skills()
        lines = [SkillLine(name=each.name, description=each.description, scope=each.scope) for each in found]
        return SkillList(skills=lines)

    async def put_skill(
        self,
        name: Annotated[str, Field(description="Lower-case letters, digits and hyphens, such as house-letters.")],
        files: Annotated[
            dict[str, str],
            Field(description="Texts by path; SKILL.md begins with --- and has name and description there."),
        ],
        project_id: ProjectId = None,
    ) -> SkillLine:
        """Keep how a kind of task is to be done, for all later runs of a project. Ask your user before."""
        with of_tool():
            project = await self._made_project(project_id)
            contents = {path: text.encode() for path, text in files.items()}
            kept = await self._client.put_skill(name, contents, project_id=project)
        return SkillLine(name=kept.name, description=kept.description, scope=kept.scope)

    async def delete_skill(
        self, name: Annotated[str, Field(description="The skill's name.")], project_id: ProjectId = None
    ) -> Deleted:
        """Delete a skill of a project for good: later runs do without it. Ask your user before."""
        with of_tool():
            await self._client.delete_skill(name, project_id=project_id or self._project)
        return Deleted(name=name)
