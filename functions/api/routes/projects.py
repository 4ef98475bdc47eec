"""Projects: DraftPunk's workspaces."""

from __future__ import annotations

from datetime import UTC, datetime

from api.requests import tenant_of
from api.resolver import Router
from codex_swarm.models import ProjectPut, ProjectRead
from swarm.backend import backend
from swarm.errors import IdMismatch
from swarm.ids import valid_project_id
from swarm.projects import ProjectChange

router = Router()


@router.put("/projects/<project_id>", status_code=201, summary="Create a project, or change it", tags=["projects"])
def put_project(project_id: str, body: ProjectPut) -> ProjectRead:
    valid_project_id(project_id)
    if body.id is not None and body.id != project_id:
        raise IdMismatch("id", project_id, valid_project_id(body.id))
    change = ProjectChange(body.name or project_id, body.task_type, body.domain_config)
    return backend().projects.put(tenant_of(router), project_id, change, datetime.now(UTC))


@router.get("/projects", summary="All projects, oldest first", tags=["projects"])
def list_projects() -> list[ProjectRead]:
    return list(backend().projects.of_tenant(tenant_of(router)))
