"""The API's Lambda handler: one function answers every route, so that they share one warm process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.utilities.typing import LambdaContext

from api import cors, openapi, problems, shared
from api.access import caller_in
from api.requests import Event, normalised, without_body
from api.resolver import ApiResolver
from api.routes import (
    archive,
    batches,
    budgets,
    console,
    conversions,
    decisions,
    health,
    imports,
    keys,
    messages,
    models,
    outputs,
    patterns,
    previews,
    projects,
    runs,
    schedules,
    search,
    skills,
    tenants,
    tokens,
    uploads,
    usage,
    watch,
    webhooks,
    workspace,
)
from swarm.errors import CallerError, TooManyRequests
from swarm.logs import log
from swarm.records.backend import backend

app = ApiResolver()
for resource in (
    health,
    projects,
    uploads,
    runs,
    conversions,
    batches,
    schedules,
    messages,
    models,
    decisions,
    tokens,
    workspace,
    archive,
    previews,
    search,
    skills,
    outputs,
    patterns,
    watch,
    webhooks,
    imports,
    keys,
    console,
    usage,
    budgets,
    tenants,
):
    app.include_router(resource.router)
problems.install(app)


@app.get("/openapi.json", summary="This document", tags=["service"])
def openapi_json() -> Response[str]:
    """The document that describes this API."""
    return Response(200, content_types.APPLICATION_JSON, openapi.document(app))


@log.inject_lambda_context
def handler(event: Event, context: LambdaContext) -> Event:
    """The answer to one HTTP request (API Gateway HTTP API, payload 2.0)."""
    if cors.is_preflight(event):
        return cors.preflight(event)
    if shared.is_shared(event):
        return shared.shown_to(event, _answer(event, context, shared.unshared))
    return cors.shown_to(event, _answer(event, context, lambda asked: asked))


def _answer(event: Event, context: LambdaContext, opened: Callable[[Event], Event]) -> Event:
    try:
        if caller := caller_in(event):
            backend().rates.require(caller.tenant_id, datetime.now(UTC))
        answer = app.resolve(normalised(opened(event)), context)
        return without_body(event, problems.bounded(answer))
    except TooManyRequests as error:
        return watch.later() if watch.is_stream(event) else problems.as_event(problems.refused(error))
    except CallerError as error:
        return problems.as_event(problems.refused(error))
    except Exception as error:  # noqa: BLE001  the last resort: whatever it is, the caller gets an answer without it
        return problems.as_event(problems.crashed(error))
