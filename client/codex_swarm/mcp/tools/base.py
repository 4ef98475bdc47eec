"""What tools of several topics share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from codex_swarm.async_client import AsyncCodexSwarmClient
from codex_swarm.errors import NotFound

LONGEST_TEXT = 20_000
"""Characters of a file, a patch or a report in an answer."""

MOST_FILES = 100

RunId = Annotated[str, Field(description="The run's id, as start_run answered it.")]
ProjectId = Annotated[str | None, Field(description="The project; runs of one build on each other. Usually left out.")]


class Toolset:
    """Tools that ask one service. Runs go to `project` unless one is named."""

    def __init__(self, client: AsyncCodexSwarmClient, project: str) -> None:
        self._client = client
        self._project = project

    async def _made_project(self, project_id: str | None) -> str:
        """The project that is meant; it is made when there is none of its id."""
        project = project_id or self._project
        try:
            await self._client.get_project(project)
        except NotFound:
            await self._client.put_project(project)
        return project
