"""Watching a run: its events as a bounded replay, or a page at a time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from api.access import READ
from api.requests import Event, tenant_of
from api.resolver import Router
from codex_swarm.models import EventPage
from swarm.errors import TooManyUnderWay
from swarm.ids import RunKey
from swarm.outputs import stream
from swarm.records.backend import backend
from swarm.records.quotas import Kind
from swarm.records.runlog import RunLog

FREE_SECONDS = 5.0
"""A process that is free, or begins, has a request sooner; the gateway gives up 30 s after it came."""

LIFETIME = timedelta(seconds=35)
"""Of a watcher's place: longer than the gateway lets any answer wait."""

MAX_EVENTS = 1_000
MAX_EVENT_ID = 4_000
"""Characters; an id has at most 17. What is longer is no header of a browser."""


router = Router()


@router.get("/runs/<run_id>/stream", summary="Server-Sent Events since a cursor", tags=["watching"], security=READ)
def stream_events(
    run_id: str,
    last_event_id: Annotated[
        str | None,
        Header(alias="Last-Event-ID", max_length=MAX_EVENT_ID, description="The last event seen; goes before `after`."),
    ] = None,
    after: Annotated[str | None, Query(max_length=MAX_EVENT_ID, description="The last event seen.")] = None,
) -> Response[str]:
    """With nothing new it waits for something, up to 20 s; where too many wait, it says when to come again.

    While the agent's model writes, what comes may be a `delta`: what there is of it, without an id.
    """
    run, log = backend().runs.get(tenant_of(router), run_id), backend().log
    seen, retry = last_event_id or after or "", stream.RETRY_MILLISECONDS
    replay = stream.or_from_the_start(lambda cursor: stream.since(log, run.key, cursor), seen)
    if replay.events and not replay.ended:
        # Whoever comes in the middle of an answer sees what there is of it, without waiting for more.
        replay = stream.with_draft(replay, backend().drafts, run.key, datetime.now(UTC))
    elif not replay.ended:
        if (later := _what_comes(log, run.key, replay)) is None:
            retry = stream.FULL_RETRY_MILLISECONDS
        else:
            replay = later
    headers = {"Cache-Control": "no-store"}
    if seen == str(replay.cursor) and replay.ended:
        # It has seen the end already; this is how the standard tells a client not to come again.
        return Response(204, None, "", headers)
    return Response(200, "text/event-stream", stream.encode(replay, retry), headers)


def is_stream(event: Event) -> bool:
    """Whether an EventSource may have asked this."""
    return str(event["rawPath"]).endswith("/stream")


def later() -> Event:
    """Nothing, and when to come again. EventSource would take an error for the end, and never come again."""
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    return {"statusCode": 200, "headers": headers, "body": f"retry: {stream.FULL_RETRY_MILLISECONDS}\n\n"}


def _what_comes(log: RunLog, key: RunKey, seen: stream.Replay) -> stream.Replay | None:
    """What comes behind the replay, within a while; None where too many wait already.

    Only the function that does nothing else is given time to wait in; another would keep everybody else waiting. And
    a request that waited for a free process does not wait for events, too: others do behind it.
    """
    if time.time() - router.current_event.request_context.time_epoch / 1_000 > FREE_SECONDS:
        return None
    try:
        now, seconds = datetime.now(UTC), backend().settings.watch_seconds
        with backend().places.one(key.tenant_id, Kind.WATCHERS, now, LIFETIME):
            look = stream.Watcher(backend().drafts, key, now)
            return stream.wait_for(log, key, seen, look, seconds, time.monotonic, time.sleep)
    except TooManyUnderWay:
        return None


@router.get("/runs/<run_id>/events", summary="A page of the run's events", tags=["watching"], security=READ)
def list_events(
    run_id: str,
    after: Annotated[
        str | None, Query(max_length=MAX_EVENT_ID, description="`next_after` of the page before, or any event's id.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_EVENTS, description="Events a page, at most.")] = MAX_EVENTS,
) -> EventPage:
    run, log = backend().runs.get(tenant_of(router), run_id), backend().log
    replay = stream.or_from_the_start(lambda cursor: stream.since(log, run.key, cursor, most=limit), after or "")
    reset = (stream.RESET,) if replay.reset else ()
    return EventPage(events=[*reset, *replay.events], next_after=str(replay.cursor), ended=replay.ended)
