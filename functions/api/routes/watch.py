"""Watching a run: its events as a bounded replay or a page at a time, and the console page."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from functools import cache
from pathlib import Path
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from api.requests import tenant_of
from api.resolver import Router
from codex_swarm.models import EventPage
from swarm.outputs import stream
from swarm.records.backend import backend

WAIT_SECONDS = 20.0
GATEWAY_SECONDS = 27.0
"""The gateway gives up 30 s after a request came; this leaves some for the answer."""

MAX_EVENTS = 1_000

PAGE = Path(__file__).parent.parent / "console" / "run.html"

router = Router()


@router.get("/runs/<run_id>/stream", summary="Server-Sent Events since a cursor", tags=["watching"])
def stream_events(
    run_id: str,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="The last event seen; goes before `after`.")
    ] = None,
    after: Annotated[str | None, Query(description="The last event seen.")] = None,
) -> Response[str]:
    run, log = backend().runs.get(tenant_of(router), run_id), backend().log
    seen = last_event_id or after or ""
    replay = stream.or_from_the_start(
        lambda cursor: stream.wait_for(
            log, run.key, cursor, seconds=_patience(), clock=time.monotonic, sleep=time.sleep
        ),
        seen,
    )
    headers = {"Cache-Control": "no-store"}
    if seen == str(replay.cursor) and replay.ended:
        # It has seen the end already; this is how the standard tells a client not to come again.
        return Response(204, None, "", headers)
    return Response(200, "text/event-stream", stream.encode(replay), headers)


def _patience() -> float:
    """How long this request may wait, less what it has already waited for a free process."""
    spent = time.time() - router.current_event.request_context.time_epoch / 1_000
    return max(0.0, min(WAIT_SECONDS, GATEWAY_SECONDS - spent))


@router.get("/runs/<run_id>/events", summary="A page of the run's events", tags=["watching"])
def list_events(
    run_id: str,
    after: Annotated[str | None, Query(description="`next_after` of the page before, or any event's id.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_EVENTS, description="Events a page, at most.")] = MAX_EVENTS,
) -> EventPage:
    run, log = backend().runs.get(tenant_of(router), run_id), backend().log
    replay = stream.or_from_the_start(lambda cursor: stream.since(log, run.key, cursor, most=limit), after or "")
    reset = (stream.RESET,) if replay.reset else ()
    return EventPage(events=[*reset, *replay.events], next_after=str(replay.cursor), ended=replay.ended)


@router.get("/ui/runs/<run_id>", summary="The run console", tags=["watching"])
def console(run_id: str) -> Response[str]:
    """The page holds nothing of any run; what it shows it asks this API for, as the person who opened it."""
    page, policy = _page()
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return Response(200, "text/html; charset=utf-8", page, headers)


@cache
def _page() -> tuple[str, str]:
    """The page, and a policy that lets exactly its own script and style run."""
    page = PAGE.read_text(encoding="utf-8")
    allowed = {kind: _hashes(page, kind) for kind in ("script", "style")}
    policy = (
        f"default-src 'none'; script-src {allowed['script']}; style-src {allowed['style']}; "
        "connect-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return page, policy


def _hashes(page: str, element: str) -> str:
    bodies = re.findall(rf"<{element}[^>]*>(.*?)</{element}>", page, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies)
    return " ".join(f"'sha256-{digest}'" for digest in digests)
