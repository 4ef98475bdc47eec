"""What a run leaves behind: steps, artifacts and diff."""

from __future__ import annotations

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Query

from api.files import MAX_INLINE_BYTES, SAFE, file_response, file_url, presigner
from api.requests import tenant_of
from api.resolver import Router
from api.views import artifact_read, step_read
from codex_swarm.models import ArtifactRead, DiffRead, DiffSummary, StepRead
from swarm.errors import ArtifactNotFound, DiffNotFound
from swarm.lifecycle.ending import MAX_LISTED_DIFF_BYTES
from swarm.outputs.artifact_kinds import served_as
from swarm.outputs.run_diff import KeptDiff, kept
from swarm.outputs.turns import snapshots
from swarm.records.backend import backend
from swarm.records.runlog import steps_of
from swarm.runs.run import Artifact, Run

PATCH = served_as("diff-patch", "")

router = Router()


@router.get("/runs/<run_id>/steps", summary="The conversation, message by message", tags=["outputs"])
def list_steps(run_id: str) -> list[StepRead]:
    run = backend().runs.get(tenant_of(router), run_id)
    return [step_read(run_id, event) for event in steps_of(backend().log, run.key)]


@router.get("/runs/<run_id>/artifacts", summary="The outputs that the run recorded", tags=["outputs"])
def list_artifacts(run_id: str) -> list[ArtifactRead]:
    run = backend().runs.get(tenant_of(router), run_id)
    return [artifact_read(run, artifact) for artifact in run.artifacts]


@router.get("/runs/<run_id>/artifacts/<artifact_id>/download", summary="Download an output", tags=["outputs"])
def download_artifact(run_id: str, artifact_id: str) -> Response[str]:
    run = backend().runs.get(tenant_of(router), run_id)
    found = next((artifact for artifact in run.artifacts if artifact.id == artifact_id), None)
    if found is None:
        raise ArtifactNotFound(artifact_id)
    return file_response(backend(), found.key, found.path, found.bytes, served_as(found.kind, found.path))


@router.get("/runs/<run_id>/diff", summary="What the run changed", tags=["outputs"])
def get_diff(
    run_id: str,
    from_turn: Annotated[int | None, Query(ge=0, description="Compare from the files after this turn.")] = None,
    to_turn: Annotated[int | None, Query(ge=0, description="Compare to the files after this turn.")] = None,
    format: Annotated[  # noqa: A002  the parameter's name
        Literal["json", "patch"], Query(description="`patch`: the unified patch itself, as text/x-diff.")
    ] = "json",
) -> Response[DiffRead | str]:
    run = backend().runs.get(tenant_of(router), run_id)
    artifact_id, found = _difference(run, from_turn, to_turn)
    signer = presigner(backend())
    patch_url = file_url(signer, found.patch, f"{run_id}.patch", PATCH)
    if format == "json":
        body = DiffRead(
            artifact_id=artifact_id, summary=found.summary, patch_url=patch_url, expires_at=signer.expires_at
        )
        return Response(200, content_types.APPLICATION_JSON, body)
    patch = backend().blobs.get(found.patch)
    if len(patch) > MAX_INLINE_BYTES:
        return Response(307, PATCH, "", {"Location": patch_url, **SAFE})
    return Response(200, PATCH, patch.decode(), dict(SAFE))


def _difference(run: Run, from_turn: int | None, to_turn: int | None) -> tuple[str | None, KeptDiff]:
    """The artifact that keeps the difference, where one does, and the difference."""
    if from_turn is None and to_turn is None:
        artifacts = {artifact.kind: artifact for artifact in run.artifacts}
        summary, patch = artifacts.get("diff-summary"), artifacts.get("diff-patch")
        if run.diff is None or summary is None:
            raise DiffNotFound(run.run_id)
        if patch is not None:
            return summary.id, KeptDiff(_whole(run.diff, summary), patch.key)
        # Ended by a version that kept no patch.
        found = kept(backend(), run, backend().snapshot(run.first_snapshot), backend().files_of(run))
        return summary.id, found or KeptDiff(run.diff, summary.key)
    last = run.turns if to_turn is None else to_turn
    old, new = map(backend().snapshot, snapshots(backend(), run, from_turn or 0, last))
    between = kept(backend(), run, old, new)
    if between is None:
        raise DiffNotFound(run.run_id)
    return None, between


def _whole(listed: DiffSummary, artifact: Artifact) -> DiffSummary:
    """The run item lists the first files only where there are very many; the artifact lists all."""
    if not MAX_LISTED_DIFF_BYTES // 2 < artifact.bytes <= MAX_INLINE_BYTES:
        return listed
    return DiffSummary.model_validate_json(backend().blobs.get(artifact.key))
