"""Watching a run: its events as a bounded replay, and the console page."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from functools import cache
from pathlib import Path
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header

from api.requests import tenant_of
from api.resolver import Router
from swarm import stream
from swarm.backend import backend
from swarm.stream import BEGINNING, Cursor

WAIT_SECONDS = 20.0

PAGE = Path(__file__).parent.parent / "console" / "run.html"

router = Router()


@router.get("/runs/<run_id>/stream", summary="Server-Sent Events since a cursor", tags=["watching"])
def stream_events(
    run_id: str,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", description="The last event seen.")] = None,
) -> Response[str]:
    run = backend().runs.get(tenant_of(router), run_id)
    cursor = Cursor.parse(last_event_id or "") or BEGINNING
    # An ended run has nothing to wait for: what it told is all that it will ever tell.
    seconds = 0.0 if run.status.final else WAIT_SECONDS
    told = stream.wait_for(backend().log, run.key, cursor, seconds=seconds, clock=time.monotonic, sleep=time.sleep)
    ended = told[-1].last if told else run.status.final
    body = stream.encode(told, ended=ended)
    return Response(200, "text/event-stream", body, {"Cache-Control": "no-store"})


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
