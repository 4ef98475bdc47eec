"""Schedules: a run of a project at each time that is due."""

from __future__ import annotations

from datetime import UTC, datetime

from aws_lambda_powertools.event_handler import Response

from api.access import READ, RUN
from api.requests import tenant_of
from api.resolver import Router
from codex_swarm.models import SchedulePut, ScheduleRead
from swarm.ids import valid_project_id
from swarm.lifecycle import planning
from swarm.lifecycle.planning import schedule_read
from swarm.records.backend import backend

router = Router()


@router.put(
    "/projects/<project_id>/schedules/<name>", summary="Start runs on a schedule", tags=["schedules"], security=RUN
)
def put_schedule(project_id: str, name: str, body: SchedulePut) -> ScheduleRead:
    """It takes the place of the one that had its name; the same again changes nothing. One that is paused stays so."""
    now, tenant_id = datetime.now(UTC), tenant_of(router)
    return schedule_read(planning.put(backend(), tenant_id, valid_project_id(project_id), name, body, now=now))


@router.get("/projects/<project_id>/schedules", summary="The project's schedules", tags=["schedules"], security=READ)
def list_schedules(project_id: str) -> list[ScheduleRead]:
    """By name, without what they run: `run` is empty here."""
    tenant_id = _tenant(project_id)
    found = backend().schedules.of_project(tenant_id, project_id)
    return [schedule_read(schedule).model_copy(update={"run": {}}) for schedule in found]


@router.get("/projects/<project_id>/schedules/<name>", summary="One schedule", tags=["schedules"], security=READ)
def get_schedule(project_id: str, name: str) -> ScheduleRead:
    return schedule_read(backend().schedules.get(_tenant(project_id), project_id, name))


@router.post(
    "/projects/<project_id>/schedules/<name>/pause", summary="Pause a schedule", tags=["schedules"], security=RUN
)
def pause_schedule(project_id: str, name: str) -> ScheduleRead:
    """Its run under way goes on; no further one begins until it is resumed."""
    return schedule_read(planning.pause(backend(), _tenant(project_id), project_id, name))


@router.post(
    "/projects/<project_id>/schedules/<name>/resume", summary="Resume a schedule", tags=["schedules"], security=RUN
)
def resume_schedule(project_id: str, name: str) -> ScheduleRead:
    """From its next time on: what fell into the pause is not made up for."""
    return schedule_read(planning.resume(backend(), _tenant(project_id), project_id, name, now=datetime.now(UTC)))


@router.delete(
    "/projects/<project_id>/schedules/<name>",
    status_code=204,
    summary="Delete a schedule",
    tags=["schedules"],
    security=RUN,
)
def delete_schedule(project_id: str, name: str) -> Response[str]:
    """Its runs stay."""
    planning.delete(backend(), _tenant(project_id), project_id, name, now=datetime.now(UTC))
    return Response(204, None, "")


def _tenant(project_id: str) -> str:
    """Whose project it is. Raises `ProjectNotFound`."""
    tenant_id = tenant_of(router)
    backend().projects.get(tenant_id, valid_project_id(project_id))
    return tenant_id
