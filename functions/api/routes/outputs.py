"""What a run leaves behind: steps, artifacts and diff."""

from __future__ import annotations

import base64
from bisect import bisect_right
from datetime import UTC, datetime
from typing import Annotated, Literal, cast

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Query

from api.access import READ
from api.files import (
    MAX_INLINE_BYTES,
    SAFE,
    Disposition,
    StoredFile,
    bytes_response,
    file_response,
    file_url,
    part_of,
    presigner,
)
from api.paging import HeaderCursor, PageCursor, cursor_after, fitting, paged, path_before, weight
from api.requests import tenant_of
from api.resolver import Router
from api.views import artifact_read, step_read
from codex_swarm.models import MAX_TURN, ArtifactRead, DiffRead, DiffSummary, StepRead
from swarm.errors import ArtifactNotFound, DiffNotFound, InvalidCursor
from swarm.lifecycle.end_entry import MAX_LISTED_DIFF_BYTES
from swarm.outputs import stream, word_view
from swarm.outputs.artifact_kinds import served_as
from swarm.outputs.diff import compared_by_text
from swarm.outputs.run_diff import KeptDiff, kept
from swarm.outputs.stream import Cursor, UnknownCursor
from swarm.outputs.turns import snapshots
from swarm.records.backend import backend
from swarm.records.listing import Wanted
from swarm.runs.run import Artifact, Run

PATCH = served_as("diff-patch", "")

MAX_STEPS = 5_000
MAX_DIFF_FILES = 20_000
"""Also of those who name no size: an answer has no room for so many anyway, unless each is small."""

router = Router()


@router.get("/runs/<run_id>/steps", summary="The conversation, message by message", tags=["outputs"], security=READ)
def list_steps(
    run_id: str,
    limit: Annotated[int, Query(ge=1, le=MAX_STEPS, description="Steps a page, at most.")] = MAX_STEPS,
    cursor: HeaderCursor = None,
) -> Response[list[StepRead]]:
    run = backend().runs.get(tenant_of(router), run_id)
    wanted = Wanted[StepRead](limit, weight)
    try:
        found = stream.steps(
            backend().log, run.key, Cursor.parse(cursor or ""), lambda event: step_read(run_id, event), wanted
        )
    except UnknownCursor:
        raise InvalidCursor from None
    return paged(router, found)


@router.get("/runs/<run_id>/artifacts", summary="The outputs that the run recorded", tags=["outputs"], security=READ)
def list_artifacts(run_id: str) -> list[ArtifactRead]:
    run = backend().runs.get(tenant_of(router), run_id)
    return [artifact_read(run, artifact) for artifact in run.artifacts]


@router.get(
    "/runs/<run_id>/artifacts/<artifact_id>/download", summary="Download an output", tags=["outputs"], security=READ
)
def download_artifact(
    run_id: str,
    artifact_id: str,
    disposition: Annotated[Disposition, Query(description="`inline` has a browser show it.")] = "attachment",
) -> Response[str]:
    run = backend().runs.get(tenant_of(router), run_id)
    found = next((artifact for artifact in run.artifacts if artifact.id == artifact_id), None)
    if found is None:
        raise ArtifactNotFound(artifact_id)
    file = StoredFile(found.key, found.path, found.bytes, served_as(found.kind, found.path))
    return file_response(backend(), file, disposition, part=part_of(router))


@router.get("/runs/<run_id>/diff", summary="What the run changed", tags=["outputs"], security=READ)
def get_diff(
    run_id: str,
    from_turn: Annotated[
        int | None, Query(ge=0, le=MAX_TURN, description="Compare from the files after this turn.")
    ] = None,
    to_turn: Annotated[
        int | None, Query(ge=0, le=MAX_TURN, description="Compare to the files after this turn.")
    ] = None,
    format: Annotated[  # noqa: A002  the parameter's name
        Literal["json", "patch", "html"],
        Query(
            description="`patch`: the unified patch itself, as text/x-diff. `html`: a page that marks it word by word."
        ),
    ] = "json",
    limit: Annotated[int, Query(ge=1, le=MAX_DIFF_FILES, description="Files a page, at most.")] = MAX_DIFF_FILES,
    cursor: PageCursor = None,
) -> Response[DiffRead | str]:
    run = backend().runs.get(tenant_of(router), run_id)
    artifact_id, found = _difference(run, from_turn, to_turn, datetime.now(UTC))
    signer = presigner(backend())
    patch_url = file_url(signer, found.patch, f"{run_id}.patch", PATCH)
    if format == "json":
        page, next_cursor = _page(found.summary, limit, cursor)
        body = DiffRead(
            artifact_id=artifact_id,
            summary=page,
            total_files=len(found.summary.files),
            next_cursor=next_cursor,
            by_text=[path for path in found.by_text if path in {file.path for file in page.files}],
            unread=list(found.unread),
            patch_url=patch_url,
            expires_at=signer.expires_at,
        )
        return Response(200, content_types.APPLICATION_JSON, body)
    patch = backend().objects.get(found.patch)
    if format == "html":
        shown = word_view.page(patch.decode(errors="replace")).encode()
        return cast("Response[DiffRead | str]", bytes_response("text/html; charset=utf-8", shown, SAFE))
    if len(patch) > MAX_INLINE_BYTES:
        return Response(307, PATCH, "", {"Location": patch_url, **SAFE})
    answer = Response[DiffRead | str](200, PATCH, base64.b64encode(patch).decode(), dict(SAFE))
    answer.base64_encoded = True
    return answer


def _page(whole: DiffSummary, limit: int, cursor: str | None) -> tuple[DiffSummary, str | None]:
    """Some of the files and their lines of `stat`, and the cursor of what follows. `shortstat` is of all."""
    stat = whole.stat.split("\n")
    first = bisect_right([file.path for file in whole.files], path_before(cursor)) if cursor else 0
    last = min(first + limit, len(whole.files))
    one_by_one = (
        DiffSummary(files=[file], stat=line)
        for file, line in zip(whole.files[first:last], stat[first:last], strict=True)
    )
    last = first + len(fitting(one_by_one))
    ended = last >= len(whole.files)
    shown = {"files": whole.files[first:last], "stat": "\n".join(stat[first:] if ended else stat[first:last])}
    return whole.model_copy(update=shown), None if ended else cursor_after(whole.files[last - 1].path)


def _difference(run: Run, from_turn: int | None, to_turn: int | None, now: datetime) -> tuple[str | None, KeptDiff]:
    """The artifact that keeps the difference, where one does, and the difference."""
    if from_turn is None and to_turn is None:
        artifacts = {artifact.kind: artifact for artifact in run.artifacts}
        summary, patch = artifacts.get("diff-summary"), artifacts.get("diff-patch")
        if run.diff is None or summary is None:
            raise DiffNotFound(run.run_id)
        whole = _whole(run.diff, summary)
        # There was a version that kept no patch.
        recorded = KeptDiff(whole, patch.key) if patch else None
        if recorded is not None and not any(compared_by_text(file.path) for file in whole.files):
            return summary.id, recorded
        # Documents may have been read since.
        began = backend().snapshot(run.first_snapshot)
        found = kept(backend(), run, began, backend().files_of(run), now, recorded)
        return summary.id, found or KeptDiff(whole, summary.key)
    last = run.turns if to_turn is None else to_turn
    old, new = map(backend().snapshot, snapshots(backend(), run, from_turn or 0, last))
    between = kept(backend(), run, old, new, now)
    if between is None:
        raise DiffNotFound(run.run_id)
    return None, between


def _whole(listed: DiffSummary, artifact: Artifact) -> DiffSummary:
    """The run item lists the first files only where there are very many; the artifact lists all."""
    if artifact.bytes <= MAX_LISTED_DIFF_BYTES // 2:
        return listed
    return DiffSummary.model_validate_json(backend().objects.get(artifact.key))
