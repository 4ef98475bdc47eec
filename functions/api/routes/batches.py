"""Batches: one run for each item of a list, and one report of what came of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from api.access import MANAGE, READ, RUN
from api.files import bytes_response, named
from api.paging import MAX_PAGE, HeaderCursor, paged, weight
from api.requests import caller_of, checked_key, tenant_of
from api.resolver import Router
from codex_swarm.models import BatchCreate, BatchRead, BatchReport, BatchRow, RunStatus
from swarm.errors import BatchNotFound, InvalidRequest
from swarm.ids import valid_project_id
from swarm.lifecycle import batches
from swarm.lifecycle.batch_runs import load_request
from swarm.outputs.batch_report import as_csv, as_markdown
from swarm.records.backend import backend
from swarm.records.listing import Page, Wanted
from swarm.retention import removal
from swarm.runs.batches import ENDS, WAITING, Batch, Row
from swarm.webhooks.delivering import batch_read

_TABLES = {"csv": (as_csv, "text/csv; charset=utf-8"), "markdown": (as_markdown, "text/markdown; charset=utf-8")}
_SUFFIX = {"csv": "csv", "markdown": "md"}

router = Router()


@router.post(
    "/projects/<project_id>/batches",
    status_code=201,
    summary="Start a run for each item",
    tags=["batches"],
    security=RUN,
)
def create_batch(
    project_id: str,
    body: BatchCreate,
    idempotency_key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Sent again with the same body, it gives the same batch."),
    ] = None,
) -> Response[BatchRead]:
    """Every item is checked before anything begins. Runs are started as the tenant has places for them."""
    if body.template.project_id not in {None, project_id}:
        raise InvalidRequest("template.project_id names another project than the path; leave it out")
    made = batches.create(
        backend(),
        tenant_of(router),
        valid_project_id(project_id),
        body,
        now=datetime.now(UTC),
        idempotency_key=checked_key(idempotency_key),
    )
    headers: dict[str, str | list[str]] = {"Idempotent-Replay": "true"} if made.replayed else {}
    return Response(201, content_types.APPLICATION_JSON, batch_read(made.batch), headers)


@router.get("/batches", summary="Batches, newest first", tags=["batches"], security=READ)
def list_batches(
    project_id: Annotated[str | None, Query(description="Only batches of this project.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Batches a page, at most.")] = 100,
    cursor: HeaderCursor = None,
) -> Response[list[BatchRead]]:
    caller = caller_of(router)
    if project_id is not None:
        caller.require_project(valid_project_id(project_id))
    wanted = Wanted[Batch](limit, lambda one: weight(batch_read(one)), cursor, caller.shows(lambda one: one.project_id))
    found = backend().batches.listed(caller.tenant_id, project_id, wanted)
    return paged(router, Page([batch_read(batch) for batch in found.items], found.next_cursor))


@router.get("/batches/<batch_id>", summary="One batch", tags=["batches"], security=READ)
def get_batch(batch_id: str) -> BatchRead:
    return batch_read(_seen(batch_id))


@router.get("/batches/<batch_id>/report", summary="What became of each item", tags=["batches"], security=READ)
def get_batch_report(
    batch_id: str,
    format: Annotated[  # noqa: A002  the name of the query parameter
        Literal["json", "csv", "markdown"], Query(description="As data, for a spreadsheet, or to be read.")
    ] = "json",
) -> Response[BatchReport | str]:
    """At any time: rows of items that have not ended have no outcome yet."""
    report = _report(_seen(batch_id))
    if format == "json":
        return Response(200, content_types.APPLICATION_JSON, report)
    table, media_type = _TABLES[format]
    name = f"batch-{batch_id}.{_SUFFIX[format]}"
    headers = {"Content-Disposition": named("attachment", name), "X-Content-Type-Options": "nosniff"}
    return cast("Response[BatchReport | str]", bytes_response(media_type, table(report).encode(), headers))


@router.post("/batches/<batch_id>/cancel", summary="Cancel a batch and its runs", tags=["batches"], security=RUN)
def cancel_batch(batch_id: str) -> BatchRead:
    """Runs that have ended stay as they are, no further one is started."""
    batch = _seen(batch_id)
    return batch_read(batches.cancel(backend(), batch.tenant_id, batch_id, now=datetime.now(UTC)))


@router.post("/batches/<batch_id>/retry", summary="Try again what did not succeed", tags=["batches"], security=RUN)
def retry_batch(batch_id: str) -> BatchRead:
    """Once the batch has ended: a new run for each item whose run failed or was cancelled."""
    batch = _seen(batch_id)
    return batch_read(batches.retry(backend(), batch.tenant_id, batch_id, now=datetime.now(UTC)))


@router.delete(
    "/batches/<batch_id>", status_code=204, summary="Delete a batch that has ended", tags=["batches"], security=MANAGE
)
def delete_batch(batch_id: str) -> Response[str]:
    """It is gone from every answer at once, with its items and its report. Its runs stay."""
    batch = _seen(batch_id)
    removal.delete_batch(backend(), batch.tenant_id, batch_id, now=datetime.now(UTC))
    return Response(204, None, "")


def _seen(batch_id: str) -> Batch:
    """The batch, if the caller's key is for its project. Raises `BatchNotFound`."""
    caller = caller_of(router)
    batch = backend().batches.get(caller.tenant_id, batch_id)
    if not caller.sees(batch.project_id):
        raise BatchNotFound(batch_id)
    return batch


def _report(batch: Batch) -> BatchReport:
    items, rows = load_request(backend(), batch).items, backend().batches.rows(batch)
    event = router.current_event
    console = f"{event.headers.get('x-forwarded-proto', 'https')}://{event.request_context.domain_name}/ui/runs"
    shown = []
    for place, values in enumerate(items):
        row, state = rows.get(place), batch.states[place]
        run_id = row.run_id if row else None if state in {WAITING, *ENDS} else batch.item(place).run_id
        link = run_id and f"{console}/{run_id}"
        outcome = _outcome(row) if state in ENDS else {}
        shown.append(
            BatchRow(item=place + 1, values=values, status=_status(state), run_id=run_id, link=link, **outcome)
        )
    return BatchReport(batch=batch_read(batch), rows=shown)


def _status(state: str) -> str:
    if state == WAITING:
        return "waiting"
    return ENDS.get(state, RunStatus.RUNNING).value


def _outcome(row: Row | None) -> dict[str, Any]:
    if row is None:
        return {}
    usage = row.usage
    return {
        "closing_words": row.closing_words,
        "result": row.result,
        "error": row.error,
        "cost_usd": usage.cost_usd,
        "tokens": usage.input_tokens + usage.output_tokens,
        "seconds": usage.seconds,
        "ended_at": row.ended_at,
    }
