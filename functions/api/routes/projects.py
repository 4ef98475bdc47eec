"""Projects: DraftPunk's workspaces."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import JsonValue

from api.access import MANAGE, READ
from api.paging import MAX_PAGE, HeaderCursor, paged, weight
from api.requests import caller_of, tenant_of
from api.resolver import Router
from codex_swarm.models import ProjectDeletion, ProjectPatch, ProjectPut, ProjectRead, TaskType
from swarm.errors import IdMismatch, TooLarge
from swarm.ids import valid_project_id
from swarm.lifecycle import hosting
from swarm.lifecycle.asked import checked_callback
from swarm.records.backend import backend
from swarm.records.listing import Wanted
from swarm.records.projects import ProjectChange
from swarm.retention import removal
from swarm.sizes import json_text, of_text

MAX_CONFIG_BYTES = 256_000
"""Of `domain_config`, which stands in the project's item."""

router = Router()


@router.put(
    "/projects/<project_id>",
    status_code=201,
    summary="Create a project, or change it",
    tags=["projects"],
    security=MANAGE,
)
def put_project(project_id: str, body: ProjectPut = ProjectPut()) -> ProjectRead:
    valid_project_id(project_id)
    if body.id is not None and body.id != project_id:
        raise IdMismatch("id", project_id, valid_project_id(body.id))
    return backend().projects.put(tenant_of(router), project_id, _change(project_id, body), datetime.now(UTC))


@router.patch("/projects/<project_id>", summary="Change a project", tags=["projects"], security=MANAGE)
def patch_project(project_id: str, body: ProjectPatch) -> ProjectRead:
    valid_project_id(project_id)
    return backend().projects.patch(tenant_of(router), project_id, _change(project_id, body), datetime.now(UTC))


def require_fitting(domain_config: JsonValue) -> None:
    """Raises `TooLarge` for what the project's item has no room for."""
    size = of_text(json_text(domain_config))
    if size > MAX_CONFIG_BYTES:
        raise TooLarge(f"domain_config has {size} bytes as JSON; at most {MAX_CONFIG_BYTES} are taken")


def _change(project_id: str, body: ProjectPatch) -> ProjectChange:
    require_fitting(body.domain_config)
    backend().models.require(body.model, body.effort)
    hosting.require_known(backend(), body.hosted_tools)
    return ProjectChange(
        name=body.name or project_id,
        task_type=body.task_type or TaskType.CODE,
        domain_config=body.domain_config,
        callback_url=checked_callback(backend(), body.callback_url),
        model=body.model,
        effort=body.effort,
        hosted_tools=None if body.hosted_tools is None else tuple(dict.fromkeys(body.hosted_tools)),
        given=frozenset(body.model_fields_set),
    )


@router.get("/projects", summary="Projects, oldest first", tags=["projects"], security=READ)
def list_projects(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Projects a page, at most.")] = MAX_PAGE,
    cursor: HeaderCursor = None,
) -> Response[list[ProjectRead]]:
    caller = caller_of(router)
    wanted = Wanted[ProjectRead](limit, weight, cursor, caller.shows(lambda project: project.id))
    return paged(router, backend().projects.listed(caller.tenant_id, wanted))


@router.delete(
    "/projects/<project_id>",
    status_code=202,
    summary="Delete a project and its runs",
    tags=["projects"],
    security=MANAGE,
)
def delete_project(project_id: str) -> Response[ProjectDeletion]:
    """It is gone from every answer at once, and its files soon after; refused while runs are active."""
    removal.delete_project(backend(), tenant_of(router), valid_project_id(project_id), now=datetime.now(UTC))
    return Response(202, content_types.APPLICATION_JSON, ProjectDeletion(id=project_id))


@router.get("/projects/<project_id>", summary="One project", tags=["projects"], security=READ)
def get_project(project_id: str) -> ProjectRead:
    return backend().projects.get(tenant_of(router), valid_project_id(project_id))
