"""A run's workspace as one zip file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Query

from api.access import READ
from api.files import presigner
from api.requests import tenant_of
from api.resolver import Router
from api.routes.workspace import TURN
from codex_swarm.models import MAX_TURN, ArchiveRead
from swarm.outputs import archive
from swarm.outputs.turns import snapshots
from swarm.records.backend import backend

RETRY_SECONDS = 3

router = Router()


@router.get(
    "/runs/<run_id>/workspace/archive", summary="The workspace as a zip file", tags=["workspace"], security=READ
)
def get_archive(
    run_id: str, turn: Annotated[int | None, Query(ge=0, le=MAX_TURN, description=TURN)] = None
) -> Response[ArchiveRead]:
    """307 to the file. 202 with Retry-After while a large one is being made: ask again."""
    run = backend().runs.get(tenant_of(router), run_id)
    key = run.snapshot if turn is None else snapshots(backend(), run, turn)[0]
    files = backend().snapshot(key)
    size = archive.ready(backend(), run.key, files, key, datetime.now(UTC))
    if size is None:
        body = ArchiveRead(run_id=run_id, status="building", total_files=len(files.files))
        return Response(202, content_types.APPLICATION_JSON, body, {"Retry-After": str(RETRY_SECONDS)})
    signer = presigner(backend())
    url = signer.get(
        archive.key_of(run.key, files),
        response={
            "response-content-type": "application/zip",
            "response-content-disposition": f'attachment; filename="workspace-{run_id}.zip"',
        },
    )
    body = ArchiveRead(
        run_id=run_id,
        status="ready",
        total_files=len(files.files),
        size_bytes=size,
        url=url,
        expires_at=signer.expires_at,
    )
    return Response(307, content_types.APPLICATION_JSON, body, {"Location": url, "Cache-Control": "no-store"})
