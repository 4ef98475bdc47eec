"""Patterns: what runs taught, to be read, listed and forgotten."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from api.access import MANAGE, READ
from api.paging import MAX_PAGE, HeaderCursor, paged, weight
from api.requests import tenant_of
from api.resolver import Router
from api.views import pattern_read
from codex_swarm.models import PatternRead
from swarm.ids import valid_project_id
from swarm.records.backend import backend
from swarm.records.listing import Wanted

router = Router()


@router.get("/patterns/<run_id>", summary="What the run taught", tags=["patterns"], security=READ)
def get_pattern(run_id: str) -> PatternRead:
    run = backend().runs.get(tenant_of(router), run_id)
    return pattern_read(run, backend().patterns.of_run(run))


@router.delete(
    "/patterns/<run_id>", status_code=204, summary="Forget what the run taught", tags=["patterns"], security=MANAGE
)
def delete_pattern(run_id: str) -> Response[str]:
    run = backend().runs.get(tenant_of(router), run_id)
    backend().tenants.require_no_hold(run.key.tenant_id)
    backend().patterns.forget(run)
    return Response(204, None, "")


@router.get("/projects/<project_id>/patterns", summary="What a project's runs taught", tags=["patterns"], security=READ)
def list_patterns(
    project_id: str,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Patterns a page, at most.")] = MAX_PAGE,
    cursor: HeaderCursor = None,
) -> Response[list[PatternRead]]:
    """By task type, oldest first."""
    tenant_id = tenant_of(router)
    backend().projects.get(tenant_id, valid_project_id(project_id))
    return paged(router, backend().patterns.listed(tenant_id, project_id, Wanted(limit, weight, cursor)))
