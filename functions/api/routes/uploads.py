"""Uploads: files that runs are to work on, sent straight to storage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from aws_lambda_powertools.event_handler import Response

from api.access import RUN
from api.requests import tenant_of
from api.resolver import Router
from codex_swarm.models import UploadCreate, UploadRead, UploadTarget
from swarm.errors import TooLarge, UploadNotFound
from swarm.ids import valid_project_id
from swarm.lifecycle.inputs import OpenUpload, PromisedFile, open_upload
from swarm.records.backend import backend
from swarm.workspace.objects import ProjectArea

router = Router()


@router.post(
    "/projects/<project_id>/uploads", status_code=201, summary="Prepare an upload", tags=["uploads"], security=RUN
)
def create_upload(project_id: str, body: UploadCreate) -> UploadRead:
    tenant_id = tenant_of(router)
    backend().projects.get(tenant_id, valid_project_id(project_id))
    opened = open_upload(backend(), ProjectArea(tenant_id, project_id), _promised(body), datetime.now(UTC))
    return _read(opened)


@router.post("/shared/uploads/<upload_id>", status_code=201, include_in_schema=False)
def create_shared_upload(upload_id: str, body: UploadCreate) -> UploadRead:
    """The upload that a token was made for, and no other (`api.shared`): sent again with the same files, the same."""
    given = _given(upload_id)
    promised, most = _promised(body), int(given["max_bytes"])
    if len(promised) > int(given["max_files"]):
        raise TooLarge(f"this link takes {given['max_files']} files; choose fewer")
    if (size := sum(file.size for file in promised)) > most:
        raise TooLarge(f"the files have {size} bytes; this link takes {most} together, so choose fewer or smaller ones")
    area = ProjectArea(given["tenant_id"], given["project_id"])
    backend().projects.get(area.tenant_id, area.project_id)
    return _read(open_upload(backend(), area, promised, datetime.now(UTC), upload_id))


@router.route("/shared/uploads/<upload_id>", method="OPTIONS", include_in_schema=False)
def allow_shared_upload(upload_id: str) -> Response[str]:
    """What a browser asks before a page of another origin may send JSON (the Fetch standard, "CORS-preflight")."""
    _given(upload_id)
    headers = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "content-type",
        "Access-Control-Max-Age": "600",
    }
    return Response(204, None, "", dict(headers))


def _given(upload_id: str) -> Mapping[str, str]:
    """What the token of the request takes. Raises `UploadNotFound` for a request without one."""
    authorizer = router.current_event.request_context.authorizer
    given: Mapping[str, str] = (authorizer.get_lambda if authorizer else None) or {}
    if given.get("upload_id") != upload_id:
        raise UploadNotFound(upload_id)
    return given


def _promised(body: UploadCreate) -> list[PromisedFile]:
    return [PromisedFile(file.path, file.size, file.sha256) for file in body.files]


def _read(opened: OpenUpload) -> UploadRead:
    return UploadRead(
        upload_id=opened.id,
        files=[
            UploadTarget(path=file.path, url=file.url, headers=file.headers, expires_at=file.expires_at)
            for file in opened.urls
        ],
    )
