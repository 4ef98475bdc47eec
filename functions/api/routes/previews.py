"""Previews of a workspace's files."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from api.access import READ
from api.files import bytes_response, presigner
from api.requests import tenant_of
from api.resolver import Router
from api.routes.workspace import PATH, TURN
from codex_swarm.models import MAX_TURN
from swarm.outputs import previews
from swarm.outputs.turns import files_at
from swarm.records.backend import backend
from swarm.workspace.paths import valid_path

PREVIEW = "/workspace/preview/"
MAX_PAGE = 100_000
PAGE = "Which page of a PDF, from 1 on; the header `X-Page-Count` tells how many there are."

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": previews.POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
}

router = Router()


@router.get(
    "/runs/<run_id>/workspace/preview/.+",
    summary="What is in a file, as a page or a picture",
    tags=["workspace"],
    security=READ,
)
def get_preview(
    run_id: str,
    turn: Annotated[int | None, Query(ge=0, le=MAX_TURN, description=TURN)] = None,
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, description=PAGE)] = 1,
) -> Response[str]:
    """HTML of texts, web pages, tables, Word, Excel and PowerPoint; PNG of a page of a PDF and of pictures."""
    return _preview(run_id, router.current_event.path.partition(PREVIEW)[2], turn, page)


@router.get(
    "/runs/<run_id>/workspace/preview",
    summary="What is in a file, which is named in the query",
    tags=["workspace"],
    security=READ,
)
def get_preview_by_query(
    run_id: str,
    path: Annotated[str, Query(description=PATH)],
    turn: Annotated[int | None, Query(ge=0, le=MAX_TURN, description=TURN)] = None,
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, description=PAGE)] = 1,
) -> Response[str]:
    return _preview(run_id, path, turn, page)


def _preview(run_id: str, path: str, turn: int | None, page: int) -> Response[str]:
    path = valid_path(path)
    run = backend().runs.get(tenant_of(router), run_id)
    shown = previews.preview(backend(), run.key, files_at(backend(), run, turn), path, presigner(backend()), page)
    counted = {} if shown.pages is None else {"X-Page-Count": str(shown.pages)}
    return bytes_response(shown.media_type, shown.data, {**HEADERS, **counted})
