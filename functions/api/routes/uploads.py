"""Uploads: files that runs are to work on, sent straight to storage."""

from __future__ import annotations

from datetime import UTC, datetime

from api.requests import tenant_of
from api.resolver import Router
from codex_swarm.models import UploadCreate, UploadRead, UploadTarget
from swarm.ids import valid_project_id
from swarm.lifecycle.inputs import PromisedFile, open_upload
from swarm.records.backend import backend
from swarm.workspace.objects import ProjectArea

router = Router()


@router.post("/projects/<project_id>/uploads", status_code=201, summary="Prepare an upload", tags=["uploads"])
def create_upload(project_id: str, body: UploadCreate) -> UploadRead:
    tenant_id = tenant_of(router)
    backend().projects.get(tenant_id, valid_project_id(project_id))
    promised = [PromisedFile(file.path, file.size, file.sha256) for file in body.files]
    opened = open_upload(backend(), ProjectArea(tenant_id, project_id), promised, datetime.now(UTC))
    return UploadRead(
        upload_id=opened.id,
        files=[
            UploadTarget(path=file.path, url=file.url, headers=file.headers, expires_at=file.expires_at)
            for file in opened.urls
        ],
    )
