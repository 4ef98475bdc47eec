"""Conversions: one document made from another, without a model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header

from api.access import RUN
from api.requests import checked_key, tenant_of
from api.resolver import Router
from api.routes.runs import answer_to
from codex_swarm.models import Conversion, ConversionCreate, RunRead, TaskType
from swarm.ids import valid_project_id
from swarm.lifecycle import creation
from swarm.lifecycle.asked import checked_callback
from swarm.lifecycle.describing import NewRun
from swarm.lifecycle.inputs import InlineFile
from swarm.records.backend import backend
from swarm.workspace.paths import valid_path

_PATHS = ("source", "target", "reference_document", "bibliography", "citation_style")

router = Router()


@router.post(
    "/projects/<project_id>/conversions", status_code=201, summary="Convert one document", tags=["runs"], security=RUN
)
def create_conversion(
    project_id: str,
    body: ConversionCreate,
    idempotency_key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Sent again with the same body, it gives the same run."),
    ] = None,
) -> Response[RunRead]:
    """The answer is a run of its own kind: no model works on it, and it ends with the document, or with the reason."""
    wanted = _conversion(body)
    made = creation.create(
        backend(),
        tenant_of(router),
        valid_project_id(project_id),
        NewRun(
            name=body.name.strip(),
            instructions=f"Convert {wanted.source} to {wanted.target}",
            task_type=TaskType.DOCUMENT_PROCESSING,
            from_run_id=body.from_run_id or None,
            from_turn=body.from_turn,
            uploads=tuple(dict.fromkeys(body.uploads)),
            files=tuple(InlineFile(file.path, file.content) for file in body.files),
            metadata=body.metadata,
            callback_url=checked_callback(backend(), body.callback_url),
            conversion=wanted,
        ),
        now=datetime.now(UTC),
        idempotency_key=checked_key(idempotency_key),
    )
    return answer_to(made)


def _conversion(body: ConversionCreate) -> Conversion:
    """What is asked for, every path as the workspace has it. Raises `InvalidPath`."""
    asked = body.model_dump(include=set(Conversion.model_fields))
    paths = {name: valid_path(asked[name]) for name in _PATHS if asked[name] is not None}
    return Conversion(**{**asked, **paths})
