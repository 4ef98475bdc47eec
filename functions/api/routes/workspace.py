"""The files of a run's workspace: list and download."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from api.access import READ
from api.files import MAX_INLINE_BYTES, Disposition, StoredFile, file_response, file_url, part_of, presigner
from api.paging import PageCursor, cursor_after, fitting, path_before
from api.requests import tenant_of
from api.resolver import Router
from codex_swarm.models import MAX_TURN, WorkspaceFile, WorkspaceFileListing
from swarm.aws.presigning import Presigner
from swarm.errors import WorkspaceFileNotFound
from swarm.outputs.turns import files_at
from swarm.records.backend import area_of, backend
from swarm.workspace.file_types import content_type
from swarm.workspace.objects import ProjectArea
from swarm.workspace.paths import valid_path
from swarm.workspace.snapshot import FileEntry
from swarm.workspace.working_copy import read_blob

DEFAULT_PAGE = 1_000
MAX_PAGE = 2_000
"""With temporary credentials a signed URL is some 1.6 KB long; long names make a page shorter than this."""

FILES = "/workspace/files/"
TURN = "As the files were after this turn; 0 is what the run began with."
PATH = "The file's path in the workspace. Here it may have a question mark in it, at which the gateway ends an address."

router = Router()


@router.get(
    "/runs/<run_id>/workspace/files", summary="A page of the workspace's files", tags=["workspace"], security=READ
)
def list_files(
    run_id: str,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Files a page.")] = DEFAULT_PAGE,
    cursor: PageCursor = None,
    turn: Annotated[int | None, Query(ge=0, le=MAX_TURN, description=TURN)] = None,
) -> WorkspaceFileListing:
    run = backend().runs.get(tenant_of(router), run_id)
    snapshot, area, signer = files_at(backend(), run, turn), area_of(run.key), presigner(backend())
    first = bisect_right(snapshot.paths, path_before(cursor)) if cursor else 0
    asked = snapshot.paths[first : first + limit]
    files = fitting(_listed(path, snapshot.files[path], area, signer) for path in asked)
    return WorkspaceFileListing(
        run_id=run_id,
        total_files=len(snapshot.files),
        files=files,
        next_cursor=cursor_after(files[-1].path) if first + len(files) < len(snapshot.paths) else None,
    )


def _listed(path: str, entry: FileEntry, area: ProjectArea, signer: Presigner) -> WorkspaceFile:
    return WorkspaceFile(
        path=path,
        size_bytes=entry.size,
        type=entry.type,
        sha256=entry.sha256,
        url=file_url(signer, area.blob(entry.sha256), path, content_type(path)),
        expires_at=signer.expires_at,
    )


@router.get("/runs/<run_id>/workspace/files/.+", summary="Download a file", tags=["workspace"], security=READ)
def get_file(
    run_id: str,
    turn: Annotated[int | None, Query(ge=0, le=MAX_TURN, description=TURN)] = None,
    disposition: Annotated[Disposition, Query(description="`attachment` has a browser save it.")] = "inline",
) -> Response[str]:
    """The path may have slashes, which a route's parameter may not, so it is read from the request's path."""
    return _file(run_id, router.current_event.path.partition(FILES)[2], turn, disposition)


@router.get(
    "/runs/<run_id>/workspace/file", summary="Download a file, named in the query", tags=["workspace"], security=READ
)
def get_file_by_query(
    run_id: str,
    path: Annotated[str, Query(description=PATH)],
    turn: Annotated[int | None, Query(ge=0, le=MAX_TURN, description=TURN)] = None,
    disposition: Annotated[Disposition, Query(description="`attachment` has a browser save it.")] = "inline",
) -> Response[str]:
    return _file(run_id, path, turn, disposition)


def _file(run_id: str, path: str, turn: int | None, disposition: Disposition) -> Response[str]:
    path = unicodedata.normalize("NFC", path)
    run = backend().runs.get(tenant_of(router), run_id)
    entry = files_at(backend(), run, turn).files.get(path)
    if entry is None:
        # An earlier version took names that are refused now; what it stored can still be fetched.
        raise WorkspaceFileNotFound(valid_path(path))
    area = area_of(run.key)
    data = read_blob(backend().objects, area, entry) if entry.size <= MAX_INLINE_BYTES else None
    file = StoredFile(area.blob(entry.sha256), path, entry.size, content_type(path))
    return file_response(backend(), file, disposition, data=data, part=part_of(router))
