"""Runs: start, read, list, cancel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from pydantic import Field

from api.access import MANAGE, READ, RUN
from api.paging import MAX_PAGE, HeaderCursor, paged, weight
from api.requests import caller_of, checked_key, tenant_of
from api.resolver import Router
from api.views import positions, run_read
from codex_swarm.models import CancelRead, RunCreate, RunRead, RunResume, RunStatus, TaskType
from swarm.errors import IdMismatch, InvalidRequest
from swarm.ids import MAX_RUN_ID, valid_project_id
from swarm.lifecycle import creation, transitions
from swarm.lifecycle.asked import new_run
from swarm.lifecycle.creation import Creation
from swarm.records.backend import backend
from swarm.records.listing import Page, Wanted
from swarm.records.runs import RunQuery
from swarm.retention import removal
from swarm.runs.run import Run

MAX_NOTE = 1_000
"""Characters of `key=value`, more than any note of a run has."""

YEARS = range(1970, 9_999)

router = Router()


@router.post("/projects/<project_id>/runs", status_code=201, summary="Start a run", tags=["runs"], security=RUN)
def create_run(
    project_id: str,
    body: RunCreate,
    idempotency_key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Sent again with the same body, it gives the same run."),
    ] = None,
) -> Response[RunRead]:
    valid_project_id(project_id)
    if body.project_id is not None and body.project_id != project_id:
        raise IdMismatch("project_id", project_id, valid_project_id(body.project_id))
    wanted = new_run(backend(), body)
    created = creation.create(
        backend(),
        tenant_of(router),
        project_id,
        wanted,
        now=datetime.now(UTC),
        idempotency_key=checked_key(idempotency_key),
    )
    return answer_to(created)


def answer_to(created: Creation) -> Response[RunRead]:
    """201 with the run, which says when an earlier request with the same key had made it."""
    headers = {"Idempotent-Replay": "true"} if created.replayed else {}
    return Response(201, content_types.APPLICATION_JSON, made(created), dict(headers))


def made(created: Creation) -> RunRead:
    """The run with its place in the queue; only where nobody has looked for it yet the tenant is read once more."""
    return _shown(created.run) if created.replayed else run_read(created.run, queue_position=created.place)


def _shown(run: Run) -> RunRead:
    """The run with its place in the queue."""
    return run_read(run, queue_position=positions(backend(), run.key.tenant_id, [run]).get(run.run_id))


@router.get("/runs", summary="Runs, newest first", tags=["runs"], security=READ)
def list_runs(  # noqa: PLR0913, PLR0917  a route's parameters are its query string
    project_id: Annotated[str | None, Query(description="Only runs of this project.")] = None,
    status: Annotated[
        list[RunStatus] | None,
        Query(max_length=20, description="Only runs that stand so. May be given several times: any of them."),
    ] = None,
    task_type: Annotated[TaskType | None, Query(description="Only runs of this type.")] = None,
    created_after: Annotated[datetime | None, Query(description="Only runs made at this time or later.")] = None,
    created_before: Annotated[datetime | None, Query(description="Only runs made before this time.")] = None,
    metadata: Annotated[
        list[Annotated[str, Field(max_length=MAX_NOTE)]] | None,
        Query(max_length=20, description="`key=value`: only runs with this note. May be given several times."),
    ] = None,
    waiting: Annotated[
        bool | None, Query(description="`true`: only runs that wait for somebody's decision. `false`: only others.")
    ] = None,
    conversions: Annotated[
        bool | None, Query(description="`true`: only conversions. `false`: only runs of agents.")
    ] = None,
    parent_run_id: Annotated[
        str | None,
        Query(
            max_length=MAX_RUN_ID,
            description="Only the runs that this one delegated to. Without it they are listed only as `waiting`.",
        ),
    ] = None,
    batch_id: Annotated[str | None, Query(max_length=MAX_RUN_ID, description="Only the runs of this batch.")] = None,
    view: Annotated[
        Literal["full", "brief"], Query(description="`brief` leaves out `system_instructions`, most of a run's bytes.")
    ] = "full",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Runs a page, at most.")] = MAX_PAGE,
    cursor: HeaderCursor = None,
) -> Response[list[RunRead]]:
    caller = caller_of(router)
    if project_id is not None:
        caller.require_project(project_id)
    query = RunQuery(
        project_id=None if project_id is None else valid_project_id(project_id),
        statuses=tuple(dict.fromkeys(status or ())),
        task_type=task_type,
        created_after=_in_utc("created_after", created_after),
        created_before=_in_utc("created_before", created_before),
        metadata=dict(map(_note, metadata or [])),
        waiting=waiting,
        conversions=conversions,
        parent_run_id=parent_run_id,
        batch_id=batch_id,
    )

    def listed(run: Run) -> RunRead:
        return run_read(run, with_artifacts=False, with_prompt=view == "full")

    wanted = Wanted[Run](limit, lambda run: weight(listed(run)), cursor, caller.shows(lambda run: run.key.project_id))
    found = backend().runs.listed(caller.tenant_id, query, wanted)
    places = positions(backend(), caller.tenant_id, found.items)
    shown = [listed(run).model_copy(update={"queue_position": places.get(run.run_id)}) for run in found.items]
    return paged(router, Page(shown, found.next_cursor))


def _in_utc(name: str, at: datetime | None) -> datetime | None:
    if at is not None and at.year not in YEARS:
        raise InvalidRequest(f"{name} takes a time of the years {YEARS.start} to {YEARS.stop - 1}")
    return at and (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))


def _note(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise InvalidRequest("metadata takes key=value")
    return name, value


@router.get("/runs/<run_id>", summary="One run", tags=["runs"], security=READ)
def get_run(run_id: str) -> RunRead:
    return _shown(backend().runs.get(tenant_of(router), run_id))


@router.delete("/runs/<run_id>", status_code=204, summary="Delete a run that has ended", tags=["runs"], security=MANAGE)
def delete_run(run_id: str) -> Response[str]:
    """It is gone from every answer at once, and its files soon after. Runs that began with its files keep theirs."""
    removal.delete_run(backend(), tenant_of(router), run_id, now=datetime.now(UTC))
    return Response(204, None, "")


@router.post(
    "/runs/<run_id>/resume",
    status_code=201,
    summary="Go on from where a limit ended a run",
    tags=["runs"],
    security=RUN,
)
def resume_run(run_id: str, body: RunResume = RunResume()) -> RunRead:
    resumed = creation.resume(backend(), tenant_of(router), run_id, body.limits, now=datetime.now(UTC))
    return made(resumed)


@router.post("/runs/<run_id>/cancel", summary="Cancel a run", tags=["runs"], security=RUN)
def cancel_run(run_id: str) -> CancelRead:
    was_running = transitions.cancel(backend(), tenant_of(router), run_id, now=datetime.now(UTC))
    return CancelRead(process_killed=was_running)
