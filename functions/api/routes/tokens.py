"""Tokens that open parts of a run to a browser, without a key."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from api.requests import tenant_of
from api.resolver import Router
from api.shared import PREFIX
from codex_swarm.models import TokenCreate, TokenRead
from swarm.errors import InvalidRequest
from swarm.records.backend import backend

ORIGIN = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[0-9]{1,5})?", re.ASCII)

router = Router()


@router.post("/runs/<run_id>/tokens", status_code=201, summary="A token for a browser, of this run", tags=["browser"])
def create_run_token(run_id: str, body: TokenCreate) -> TokenRead:
    """Ask `/shared/runs/{id}/stream?token=...` with it, and so on: `path` is the beginning."""
    for origin in body.origins:
        if ORIGIN.fullmatch(origin) is None:
            raise InvalidRequest("origins takes origins as a browser writes them, such as https://app.example.com")
    run = backend().runs.get(tenant_of(router), run_id)
    expires_at = datetime.now(UTC) + timedelta(seconds=body.seconds)
    token = backend().run_tokens.issue(run.key, body.scope, expires_at, body.origins)
    return TokenRead(
        token=token, run_id=run_id, scope=body.scope, expires_at=expires_at, path=f"{PREFIX}/runs/{run_id}"
    )
