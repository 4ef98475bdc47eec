"""Projects, and the patterns that their runs taught."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

from pydantic import JsonValue

from codex_swarm.calls.base import Calls, listed, of_project
from codex_swarm.connection import parse
from codex_swarm.errors import NotFound
from codex_swarm.listing import Page, items, one_of, page_of
from codex_swarm.models import Health, ModelsRead, PatternRead, ProjectPut, ProjectRead, TaskType, TenantUsage
from codex_swarm.shaping import segment, shaped

T = TypeVar("T")


class ProjectCalls(Calls):
    """Projects and patterns."""

    async def health(self) -> Health:
        """Whether the service answers; needs no key."""
        return await self._connection.read(Health, "/healthz")

    async def get_usage(self) -> TenantUsage:
        """What the key's tenant uses of its quotas, and what these are."""
        return await self._connection.read(TenantUsage, "/usage")

    async def list_models(self) -> ModelsRead:
        """The models that runs may use, as the operator says: names, efforts, context sizes, and which are defaults."""
        return await self._connection.read(ModelsRead, "/models")

    async def put_project(
        self,
        project_id: str,
        name: str | None = None,
        *,
        task_type: TaskType | str = TaskType.CODE,
        domain_config: JsonValue = None,
        callback_url: str | None = None,
        model: str | None = None,
        effort: str | None = None,
        hosted_tools: Sequence[str] | None = None,
    ) -> ProjectRead:
        """Creates the project, or replaces what is said of it; its runs and `created_at` stay.

        `callback_url` is told of the end of every run that names no other. `model`, one of `list_models`, and `effort`
        are those of runs that name none; `hosted_tools` are those of the provider's own that runs may name, `()` for
        none. What is left out of these four stays.
        """
        return await self._put_project(
            project_id,
            {
                "name": name or project_id,
                "task_type": one_of(TaskType, task_type),
                "domain_config": domain_config,
                "callback_url": callback_url,
                "model": model,
                "effort": effort,
                "hosted_tools": None if hosted_tools is None else listed(hosted_tools, "hosted_tools"),
            },
            self._connection.ends(),
        )

    async def _put_project(self, project_id: str, fields: dict[str, JsonValue], ends: float) -> ProjectRead:
        path = of_project(project_id)
        project = shaped(ProjectPut, id=project_id, **fields)
        optional = ("callback_url", "model", "effort", "hosted_tools")
        left_out = {name for name in optional if getattr(project, name) is None}
        body = project.model_dump(mode="json", exclude=left_out)
        answer = await self._connection.request("PUT", path, body=body, ends=ends)
        return parse(ProjectRead, answer)

    async def _in_project(self, post: Callable[[], Awaitable[T]], make: Callable[[], Awaitable[object]]) -> T:
        """What `post` gives; where there is no project of its id, `make` makes it and it is asked once more."""
        try:
            return await post()
        except NotFound as error:
            if error.code != "project_not_found":
                raise
        await make()
        return await post()

    create_project = put_project

    async def get_project(self, project_id: str) -> ProjectRead:
        """One project."""
        return await self._connection.read(ProjectRead, of_project(project_id))

    async def list_projects(self) -> list[ProjectRead]:
        """Every project, oldest first."""
        return [project async for project in self.iter_projects()]

    async def iter_projects(self) -> AsyncGenerator[ProjectRead, None]:
        """As `list_projects`, page by page as they are asked for."""
        async for project in items(self._connection, ProjectRead, "/projects"):
            yield project

    async def page_projects(self, *, limit: int | None = None, cursor: str | None = None) -> Page[ProjectRead]:
        """One page of the projects, for a list of one's own: `cursor` is the `next_cursor` of the page before."""
        return await page_of(self._connection, ProjectRead, "/projects", None, limit, cursor)

    async def delete_project(self, project_id: str) -> None:
        """Deletes the project with its runs and all their files; raises `Conflict` while runs are active.

        It is gone when this returns. Its id can be used again a few minutes later, once its files are gone too.
        """
        await self._connection.request("DELETE", of_project(project_id))

    async def get_pattern(self, run_id: str) -> PatternRead:
        """What the run taught; empty when it taught nothing."""
        return await self._connection.read(PatternRead, f"/patterns/{segment(run_id, 'run_id')}", of=run_id)

    async def list_patterns(self, project_id: str) -> list[PatternRead]:
        """What the project's runs taught."""
        listed = items(self._connection, PatternRead, of_project(project_id, "patterns"))
        return [pattern async for pattern in listed]

    async def delete_pattern(self, run_id: str) -> None:
        """Forgets what the run taught; the run stays."""
        await self._connection.request("DELETE", f"/patterns/{segment(run_id, 'run_id')}")
