"""What the API shows of the domain's records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from pydantic import JsonValue

from codex_swarm.models import (
    ArtifactRead,
    ChildRead,
    MessageRead,
    PatternRead,
    RunLimits,
    RunRead,
    RunStatus,
    StepEvent,
    StepRead,
)
from swarm.records.backend import Backend
from swarm.runs.messages import Message
from swarm.runs.requests import undecided
from swarm.runs.run import Artifact, Run
from swarm.webhooks.delivering import acceptance_of, request_read, summary_read


def positions(backend: Backend, tenant_id: str, runs: Iterable[Run]) -> Mapping[str, int]:
    """The place in the tenant's queue of those that wait; nothing is read where none can."""
    if all(run.status is not RunStatus.QUEUED for run in runs):
        return {}
    return {run_id: place for place, run_id in enumerate(backend.tenants.get(tenant_id).queue, 1)}


def run_read(
    run: Run, *, with_artifacts: bool = True, with_prompt: bool = True, queue_position: int | None = None
) -> RunRead:
    """The run as callers read it."""
    return RunRead(
        id=run.run_id,
        project_id=run.key.project_id,
        name=run.name,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        status=run.status,
        queue_position=queue_position,
        task_type=run.task_type.value,
        model=run.model,
        effort=run.effort,
        models_used=list(run.models_used),
        progress=run.progress,
        plan=list(run.plan),
        had_errors=bool(run.errors),
        errors=list(run.errors),
        artifacts=[artifact_read(run, artifact) for artifact in run.artifacts] if with_artifacts else [],
        machine_summary=summary_read(run),
        closing_words=run.closing_words,
        result=run.result,
        result_schema=run.result_schema,
        acceptance=acceptance_of(run),
        document_template=run.document_template,
        reference_run_id=run.reference_run_id,
        workspace_from_run_id=run.from_run_id,
        workspace_from_turn=run.from_turn,
        conversion=run.conversion,
        system_instructions=run.system_instructions if with_prompt and run.conversion is None else None,
        codex_thread_id=(run.thread_id or run.run_id) if run.turns else None,
        pattern_used=run.pattern_used,
        resumed_from_run_id=run.resumed_from_run_id,
        continues_run_id=run.continues_run_id or run.resumed_from_run_id,
        parent_run_id=run.parent_run_id,
        batch_id=run.batch_item.batch_id if run.batch_item else None,
        batch_item=run.batch_item.place + 1 if run.batch_item else None,
        children=[
            ChildRead(run_id=child.id, title=child.title, status=child.status, error=child.error)
            for child in run.children
        ],
        thread_id=run.conversation_id,
        messages=[message_read(run.run_id, message) for message in run.messages],
        waiting_for=next(map(request_read, undecided(run.requests)), None) if run.waits_for_people else None,
        requests=list(map(request_read, run.requests)),
        interactive=run.interactive,
        require_approval=list(run.require_approval),
        tools=[tool.name for tool in run.tools],
        hosted_tools=list(run.hosted_tools),
        sources=list(run.cited.sources) if with_artifacts else [],
        sources_left_out=run.cited.left_out,
        skills=list(run.skills),
        metadata=run.metadata,
        callback_url=run.callback_url,
        usage=run.usage,
        limits=RunLimits(**asdict(run.limits)),
    )


def message_read(run_id: str, message: Message) -> MessageRead:
    """A message as callers read it."""
    return MessageRead(
        id=message.id,
        run_id=run_id,
        mode=message.mode,
        state=message.state,
        text=message.text,
        created_at=message.created_at,
    )


def artifact_read(run: Run, artifact: Artifact) -> ArtifactRead:
    """An output as callers read it."""
    return ArtifactRead(
        id=artifact.id,
        run_id=run.run_id,
        kind=artifact.kind,
        path=artifact.path,
        bytes=artifact.bytes,
        created_at=artifact.created_at,
    )


def pattern_read(run: Run, pattern: PatternRead | None) -> PatternRead:
    """What a run taught; empty where it taught nothing."""
    return pattern or PatternRead(id=f"pat-{run.run_id}", source_run_id=run.run_id, name=run.name)


def step_read(run_id: str, event: StepEvent) -> StepRead:
    """The step that an event told of."""
    return StepRead(
        id=event.step_id,
        run_id=run_id,
        t=event.t,
        role=event.role,
        content=event.content,
        intent_kind=event.intent_kind,
        intent_target=event.intent_target,
        outcome_ok=event.ok,
        files_json=None if event.files is None else json.dumps(event.files, ensure_ascii=False),
        tool_name=event.tool_name,
        tool_args_json=_json_or_none(event.tool_args),
        outcome_notes_json=_json_or_none(event.notes),
        turn=event.turn,
    )


def _json_or_none(value: JsonValue) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
