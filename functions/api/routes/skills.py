"""Skills: how certain tasks are to be done, for the runs of a project or of all projects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from aws_lambda_powertools.event_handler import Response

from api.access import MANAGE, READ
from api.requests import tenant_of
from api.resolver import Router
from codex_swarm.models import SkillFile, SkillPut, SkillRead
from swarm.errors import InvalidRequest
from swarm.ids import valid_project_id
from swarm.lifecycle import skills as lifecycle
from swarm.lifecycle.inputs import InlineFile
from swarm.records.backend import backend
from swarm.runs.skills import Skill
from swarm.workspace.objects import ProjectArea

router = Router()


@router.put(
    "/projects/<project_id>/skills/<name>", summary="Keep a skill of the project", tags=["skills"], security=MANAGE
)
def put_project_skill(project_id: str, name: str, body: SkillPut) -> SkillRead:
    """The folder takes the place of the one that the skill had; runs that have begun keep what they began with."""
    if body.project_id not in {None, project_id}:
        raise InvalidRequest("project_id is for skills of all projects; leave it out here")
    return _put(tenant_of(router), valid_project_id(project_id), name, body, project_id)


@router.get("/projects/<project_id>/skills", summary="What runs of the project can use", tags=["skills"], security=READ)
def list_project_skills(project_id: str) -> list[SkillRead]:
    """By name, with those for all projects; a skill of the project hides one of the same name."""
    tenant_id = tenant_of(router)
    backend().projects.get(tenant_id, valid_project_id(project_id))
    return _listed(backend().skills.offered(tenant_id, project_id))


@router.get("/projects/<project_id>/skills/<name>", summary="One skill of the project", tags=["skills"], security=READ)
def get_project_skill(project_id: str, name: str) -> SkillRead:
    tenant_id = tenant_of(router)
    backend().projects.get(tenant_id, valid_project_id(project_id))
    return _read(backend().skills.get(tenant_id, project_id, name))


@router.delete(
    "/projects/<project_id>/skills/<name>", status_code=204, summary="Drop a skill", tags=["skills"], security=MANAGE
)
def delete_project_skill(project_id: str, name: str) -> Response[str]:
    """Runs that begin from now on do not have it."""
    backend().projects.get(tenant_of(router), valid_project_id(project_id))
    return _delete(tenant_of(router), project_id, name)


@router.put("/skills/<name>", summary="Keep a skill of all projects", tags=["skills"], security=MANAGE)
def put_skill(name: str, body: SkillPut) -> SkillRead:
    """As for a project. `project_id` is that of the uploads, where there are some."""
    if body.uploads and body.project_id is None:
        raise InvalidRequest("uploads are made for a project; say for which in project_id")
    return _put(tenant_of(router), None, name, body, valid_project_id(body.project_id) if body.project_id else "")


@router.get("/skills", summary="Skills of all projects", tags=["skills"], security=READ)
def list_skills() -> list[SkillRead]:
    return _listed(list(backend().skills.of(tenant_of(router), None)))


@router.get("/skills/<name>", summary="One skill of all projects", tags=["skills"], security=READ)
def get_skill(name: str) -> SkillRead:
    return _read(backend().skills.get(tenant_of(router), None, name))


@router.delete(
    "/skills/<name>", status_code=204, summary="Drop a skill of all projects", tags=["skills"], security=MANAGE
)
def delete_skill(name: str) -> Response[str]:
    """Runs that begin from now on do not have it."""
    return _delete(tenant_of(router), None, name)


def _put(tenant_id: str, project_id: str | None, name: str, body: SkillPut, uploaded_to: str) -> SkillRead:
    if project_id is not None:
        backend().projects.get(tenant_id, project_id)
    files = [InlineFile(file.path, file.content) for file in body.files]
    uploads = dict.fromkeys(body.uploads, ProjectArea(tenant_id, uploaded_to))
    return _read(lifecycle.put(backend(), tenant_id, project_id, name, files, uploads, now=datetime.now(UTC)))


def _delete(tenant_id: str, project_id: str | None, name: str) -> Response[str]:
    lifecycle.drop(backend(), backend().skills.get(tenant_id, project_id, name), now=datetime.now(UTC))
    return Response(204, None, "")


def _listed(skills: Sequence[Skill]) -> list[SkillRead]:
    return [_read(skill).model_copy(update={"files": []}) for skill in skills]


def _read(skill: Skill) -> SkillRead:
    return SkillRead(
        name=skill.name,
        description=skill.description,
        version=skill.version,
        scope=skill.scope,
        files=[SkillFile(path=file.path, size=file.size) for file in skill.files],
        bytes=skill.size,
        changed_at=skill.changed_at,
    )
