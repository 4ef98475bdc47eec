"""What a run leaves behind: steps, artifacts, diff and pattern."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from api.files import file_response
from api.requests import tenant_of
from api.resolver import Router
from api.views import artifact_read, pattern_read
from codex_swarm.models import ArtifactRead, DiffRead, PatternRead, StepRead
from swarm import events, lifecycle
from swarm.backend import backend
from swarm.errors import ArtifactNotFound, DiffNotFound
from swarm.filetypes import content_type

CONTENT_TYPES = {"codex-jsonl": "application/x-ndjson", "diff-summary": "application/json"}
"""Of the kinds that are no file types; the others go by their name."""

router = Router()


@router.get("/runs/<run_id>/steps", summary="The conversation, message by message", tags=["outputs"])
def list_steps(run_id: str) -> list[StepRead]:
    run = backend().runs.get(tenant_of(router), run_id)
    return [events.step_read(run_id, event) for event in lifecycle.steps_of(backend(), run)]


@router.get("/runs/<run_id>/artifacts", summary="The outputs that the run recorded", tags=["outputs"])
def list_artifacts(run_id: str) -> list[ArtifactRead]:
    run = backend().runs.get(tenant_of(router), run_id)
    return [artifact_read(run, artifact) for artifact in run.artifacts]


@router.get("/runs/<run_id>/artifacts/<artifact_id>/download", summary="Download an output", tags=["outputs"])
def download_artifact(run_id: str, artifact_id: str) -> Response[bytes]:
    run = backend().runs.get(tenant_of(router), run_id)
    found = next((artifact for artifact in run.artifacts if artifact.id == artifact_id), None)
    if found is None:
        raise ArtifactNotFound(artifact_id)
    served_as = CONTENT_TYPES.get(found.kind) or content_type(found.path)
    return file_response(backend(), found.key, found.path, found.bytes, served_as)


@router.get("/runs/<run_id>/diff", summary="What the run changed", tags=["outputs"])
def get_diff(run_id: str) -> DiffRead:
    run = backend().runs.get(tenant_of(router), run_id)
    kept = next((artifact for artifact in run.artifacts if artifact.kind == "diff-summary"), None)
    if run.diff is None or kept is None:
        raise DiffNotFound(run_id)
    return DiffRead(artifact_id=kept.id, summary=run.diff)


@router.get("/patterns/<run_id>", summary="What the run taught", tags=["outputs"])
def get_pattern(run_id: str) -> PatternRead:
    return pattern_read(backend().runs.get(tenant_of(router), run_id))
