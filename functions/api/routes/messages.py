"""What people say to a run, and the conversations that come of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from api.access import READ, RUN
from api.paging import MAX_PAGE, HeaderCursor, paged, weight
from api.requests import caller_of, checked_key, tenant_of
from api.resolver import Router
from api.routes.runs import made
from api.views import message_read, run_read
from codex_swarm.models import MessageCreate, MessageRead, RunRead
from swarm.errors import InvalidRequest, ThreadNotFound
from swarm.lifecycle import messages
from swarm.lifecycle.creation import Creation
from swarm.lifecycle.inputs import InlineFile, Said
from swarm.records.backend import backend
from swarm.records.listing import Page, Wanted
from swarm.records.runs import RunQuery
from swarm.runs.run import Run

router = Router()


@router.post("/runs/<run_id>/messages", status_code=202, summary="Say something to a run", tags=["runs"], security=RUN)
def send_message(
    run_id: str,
    body: MessageCreate,
    idempotency_key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Sent again with the same body, it is said once."),
    ] = None,
) -> Response[MessageRead | RunRead]:
    """202 with the message, which the agent reads. When the run has ended, 201 with a new run that goes on with it."""
    if not body.text.strip():
        raise InvalidRequest("text is blank; say what the agent should know or do")
    said = Said(
        text=body.text,
        uploads=tuple(dict.fromkeys(body.uploads)),
        files=tuple(InlineFile(file.path, file.content) for file in body.files),
    )
    sent = messages.send(
        backend(),
        tenant_of(router),
        run_id,
        said,
        body.mode,
        now=datetime.now(UTC),
        idempotency_key=checked_key(idempotency_key),
    )
    if isinstance(sent, Creation):
        return Response(201, content_types.APPLICATION_JSON, made(sent))
    return Response(202, content_types.APPLICATION_JSON, message_read(run_id, sent))


@router.delete(
    "/runs/<run_id>/messages/<message_id>",
    status_code=204,
    summary="Take back what was not read",
    tags=["runs"],
    security=RUN,
)
def withdraw_message(run_id: str, message_id: str) -> Response[str]:
    messages.withdraw(backend(), tenant_of(router), run_id, message_id, now=datetime.now(UTC))
    return Response(204, None, "")


@router.get("/threads/<thread_id>", summary="The runs of one conversation, newest first", tags=["runs"], security=READ)
def get_thread(
    thread_id: str,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Runs a page, at most.")] = MAX_PAGE,
    cursor: HeaderCursor = None,
) -> Response[list[RunRead]]:
    """Without their artifacts and prompts."""

    def listed(run: Run) -> RunRead:
        return run_read(run, with_artifacts=False, with_prompt=False)

    caller = caller_of(router)
    wanted = Wanted[Run](limit, lambda run: weight(listed(run)), cursor, caller.shows(lambda run: run.key.project_id))
    found = backend().runs.listed(caller.tenant_id, RunQuery(thread_id=thread_id), wanted)
    if not found.items and found.next_cursor is None and cursor is None:
        raise ThreadNotFound(thread_id)
    return paged(router, Page([listed(run) for run in found.items], found.next_cursor))
