"""What a caller asks for, and the run that it makes once everything fits together; nothing is written down here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from codex_swarm.models import (
    DECISION_SECONDS,
    Acceptance,
    Approval,
    Conversion,
    DocumentTemplate,
    ProjectRead,
    RunLimits,
    TaskType,
)
from swarm.errors import CloneNotAllowed, InvalidRequest, ReferenceNotAllowed, RunStillActive, SourceNotGiven
from swarm.ids import RunKey
from swarm.lifecycle import hosting
from swarm.lifecycle.inputs import InlineFile, checked_inputs, upload_of
from swarm.outputs.turns import run_at
from swarm.patterns.reuse import NONE
from swarm.records.backend import Backend
from swarm.runs.acceptance import require_judgeable
from swarm.runs.catalogue import NO_MODEL, Choice
from swarm.runs.json_schema import faults_of_schema
from swarm.runs.own_tools import OwnTool, require_usable
from swarm.runs.run import Run
from swarm.tasks import OURS
from swarm.workspace.objects import ProjectArea

MAX_DERIVED_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What a caller asks for."""

    name: str
    instructions: str
    task_type: TaskType | None = None
    reference_run_id: str | None = None
    from_run_id: str | None = None
    from_turn: int | None = None
    keep_conversation: bool = False
    limits: RunLimits | None = None
    uploads: tuple[str, ...] = ()
    files: tuple[InlineFile, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    callback_url: str | None = None
    interactive: bool = False
    require_approval: tuple[Approval, ...] = ()
    decision_seconds: int = DECISION_SECONDS
    tools: tuple[OwnTool, ...] = ()
    result_schema: dict[str, JsonValue] | None = None
    acceptance: Acceptance | None = None
    document_template: DocumentTemplate | None = None
    conversion: Conversion | None = None
    model: str | None = None
    effort: str | None = None
    hosted_tools: tuple[str, ...] = ()


def described(
    backend: Backend, project: ProjectRead, key: RunKey, wanted: NewRun, now: datetime
) -> tuple[Run, Sequence[InlineFile]]:
    """The run that is asked for, which is nowhere written down yet, and its files, once everything fits together.

    Raises `CallerError`s.
    """
    if wanted.result_schema is not None and (faults := faults_of_schema(wanted.result_schema)):
        raise InvalidRequest(f"result_schema: {'; '.join(faults)}")
    if wanted.acceptance is not None:
        require_judgeable(wanted.acceptance)
    task_type = wanted.task_type or TaskType(project.task_type)
    choice = _choice_for(backend, wanted, project, task_type)
    hosted = hosting.chosen(backend, key.tenant_id, project, choice.model, wanted.hosted_tools)
    require_usable(wanted.tools, OURS.union(hosted))
    files = _checked_inputs(backend, key, wanted)
    run = Run(
        key=key,
        name=wanted.name or name_from(wanted.instructions),
        task_type=task_type,
        instructions=wanted.instructions,
        created_at=now,
        reference_run_id=wanted.reference_run_id,
        from_run_id=wanted.from_run_id,
        from_turn=wanted.from_turn,
        continues_run_id=wanted.from_run_id if wanted.keep_conversation else None,
        uploads=wanted.uploads,
        metadata=wanted.metadata,
        callback_url=wanted.callback_url or project.callback_url,
        model=choice.model,
        effort=choice.effort,
        hosted_tools=hosted,
        interactive=wanted.interactive,
        require_approval=wanted.require_approval,
        decision_seconds=wanted.decision_seconds,
        tools=wanted.tools,
        result_schema=wanted.result_schema,
        acceptance=wanted.acceptance,
        document_template=wanted.document_template,
        house_style=project.house_style,
        conversion=wanted.conversion,
        may_have_skills=project.has_skills,
    )
    return run, files


def _choice_for(backend: Backend, wanted: NewRun, project: ProjectRead, task_type: TaskType) -> Choice:
    """The model that works on a run; none on a conversion. Raises `ModelNotAllowed` or `EffortNotAllowed`."""
    if wanted.conversion is not None:
        return NO_MODEL
    return backend.models.chosen((wanted.model, wanted.effort), (project.model, project.effort), task_type)


def _checked_inputs(backend: Backend, key: RunKey, wanted: NewRun) -> Sequence[InlineFile]:
    """The files that came with the request, once everything that the run is to begin with fits together."""
    inherited: Collection[str] = ()
    if wanted.from_run_id is None and (wanted.keep_conversation or wanted.from_turn is not None):
        raise InvalidRequest("from_turn and keep_conversation are about the run that from_run_id names; name it")
    if wanted.from_run_id is not None:
        source = _source_of_files(backend, key, wanted.from_run_id)
        if wanted.from_turn is not None:
            source = run_at(backend, source, wanted.from_turn)
        if wanted.files or wanted.uploads or wanted.conversion:
            inherited = backend.files_of(source).files
    if wanted.reference_run_id not in {None, NONE}:
        _require_reference(backend, key, str(wanted.reference_run_id))
    area = ProjectArea(key.tenant_id, key.project_id)
    files = checked_inputs(backend, area, wanted.uploads, wanted.files, inherited)
    if wanted.conversion is not None:
        uploads = [upload_of(backend, area, upload_id) for upload_id in wanted.uploads]
        sent = {file.path for upload in uploads for file in upload.files} | {file.path for file in files}
        _require_sources(wanted.conversion, sent.union(inherited))
    return files


def _require_sources(conversion: Conversion, paths: Collection[str]) -> None:
    """Raises `SourceNotGiven` where a conversion names a file that the workspace will not have."""
    named = (conversion.source, conversion.reference_document, conversion.bibliography, conversion.citation_style)
    for path in filter(None, named):
        if path not in paths:
            raise SourceNotGiven(path)


def _source_of_files(backend: Backend, key: RunKey, from_run_id: str) -> Run:
    source = backend.runs.get(key.tenant_id, from_run_id)
    if source.key.project_id != key.project_id:
        raise CloneNotAllowed(from_run_id, key.project_id)
    if not source.status.final:
        raise RunStillActive(from_run_id, source.status.value)
    return source


def _require_reference(backend: Backend, key: RunKey, reference_run_id: str) -> None:
    if backend.runs.get(key.tenant_id, reference_run_id).key.project_id != key.project_id:
        raise ReferenceNotAllowed(reference_run_id, key.project_id)


def name_from(instructions: str) -> str:
    """What a run is called that nobody named."""
    first = " ".join(instructions.split())
    return first if len(first) <= MAX_DERIVED_NAME else f"{first[: MAX_DERIVED_NAME - 3]}..."
