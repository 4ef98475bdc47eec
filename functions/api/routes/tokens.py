"""Tokens that open parts of a run to a browser, or take an upload of one, without a key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from api.access import READ, RUN
from api.requests import tenant_of
from api.resolver import Router
from api.shared import PREFIX
from codex_swarm.models import TokenCreate, TokenRead, UploadTokenCreate, UploadTokenRead
from swarm.errors import InvalidRequest
from swarm.ids import new_id, valid_project_id
from swarm.records.backend import backend
from swarm.records.tokens import UploadToken

ORIGIN = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[0-9]{1,5})?", re.ASCII)

router = Router()


@router.post(
    "/runs/<run_id>/tokens",
    status_code=201,
    summary="A token for a browser, of this run",
    tags=["browser"],
    security=READ,
)
def create_run_token(run_id: str, body: TokenCreate = TokenCreate()) -> TokenRead:
    """Ask `/shared/runs/{id}/stream?token=...` with it, and so on: `path` is the beginning."""
    _check(body.origins)
    run = backend().runs.get(tenant_of(router), run_id)
    expires_at = datetime.now(UTC) + timedelta(seconds=body.seconds)
    token = backend().tokens.issue(run.key, body.scope, expires_at, body.origins)
    return TokenRead(
        token=token, run_id=run_id, scope=body.scope, expires_at=expires_at, path=f"{PREFIX}/runs/{run_id}"
    )


@router.post(
    "/projects/<project_id>/uploads/tokens",
    status_code=201,
    summary="A token for an upload of a browser",
    tags=["browser"],
    security=RUN,
)
def create_upload_token(project_id: str, body: UploadTokenCreate = UploadTokenCreate()) -> UploadTokenRead:
    """The page that gets it makes this one upload, and can do nothing else with it."""
    _check(body.origins)
    tenant_id = tenant_of(router)
    backend().projects.get(tenant_id, valid_project_id(project_id))
    made = UploadToken(
        tenant_id=tenant_id,
        project_id=project_id,
        upload_id=new_id(),
        max_files=body.max_files,
        max_bytes=body.max_bytes,
        expires_at=datetime.now(UTC) + timedelta(seconds=body.seconds),
        origins=body.origins,
    )
    token = backend().tokens.issue_for_upload(made)
    path = f"{PREFIX}/uploads/{made.upload_id}"
    return UploadTokenRead(token=token, upload_id=made.upload_id, expires_at=made.expires_at, path=path)


def _check(origins: Sequence[str]) -> None:
    for origin in origins:
        if ORIGIN.fullmatch(origin) is None:
            raise InvalidRequest("origins takes origins as a browser writes them, such as https://app.example.com")
