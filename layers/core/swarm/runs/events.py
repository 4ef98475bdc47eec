"""The events of a run as DraftPunk's clients read them: a type, and the fields that the contract gives that type."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from codex_swarm.models import DiffSummary, PatternRead, RunStatus, StepRead

MAX_SHOWN = 4_000
"""How many characters of a message a step shows; the transcript has it whole."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a watcher of the run is told."""

    type: str
    fields: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """A named mark on the way from 0 to 100."""

    name: str
    percent: int
    message: str


PREPARING = Stage("preparing", 0, "Preparing the workspace")
WORKSPACE_READY = Stage("workspace_ready", 20, "Workspace ready")
EXECUTING = Stage("executing", 30, "The agent is working")
PROCESSING_RESULTS = Stage("processing_results", 70, "Processing results")
LEARNING_PATTERNS = Stage("learning_patterns", 85, "Learning patterns")
ENDED = Stage("ended", 100, "Ended")


def status(value: RunStatus, run_id: str, project_id: str) -> Event:
    """The run has a new status."""
    return Event("status", {"status": value.value, "run_id": run_id, "project_id": project_id})


def progress(stage: Stage, percent: int | None = None) -> Event:
    """The run has come this far; `percent` where a stage spans several."""
    shown = stage.percent if percent is None else percent
    return Event("progress", {"stage": stage.name, "message": stage.message, "percent": shown})


def workspace(run_id: str, source_run_id: str, action: str, entries: int) -> Event:
    """The workspace began as a copy (`cloned`), or could not (`clone-missing`)."""
    return Event("workspace", {"run_id": run_id, "source_run_id": source_run_id, "action": action, "entries": entries})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message of the conversation, as people see it: what was said or done, and whether it worked."""

    number: int
    at: datetime
    role: str
    content: str
    intent_kind: str | None = None
    intent_target: str | None = None
    ok: bool | None = None
    files: Sequence[str] = ()
    tool_name: str | None = None
    tool_args: JsonValue = None
    notes: JsonValue = None


def step(run_id: str, record: Step) -> Event:
    """A message was added to the conversation."""
    fields: dict[str, JsonValue] = {
        "step_id": f"{run_id}-{record.number:05}",
        "role": record.role,
        "content": record.content,
        "t": stamp(record.at),
        "intent_kind": record.intent_kind,
        "intent_target": record.intent_target,
        "ok": record.ok,
        "files": list(record.files) or None,
        "tool_name": record.tool_name,
        "tool_args": record.tool_args,
        "notes": record.notes,
    }
    return Event("step", {name: value for name, value in fields.items() if value is not None})


def artifact(artifact_id: str, path: str, size: int) -> Event:
    """The run recorded an output."""
    return Event("artifact", {"artifact_id": artifact_id, "path": path, "bytes": size})


def diff(run_id: str, artifact_id: str, summary: DiffSummary) -> Event:
    """What the run changed."""
    return Event("diff", {"run_id": run_id, "artifact_id": artifact_id, "diff": summary.model_dump(mode="json")})


def pattern(run_id: str, learned: PatternRead) -> Event:
    """What the run taught."""
    record = learned.model_dump(mode="json", include={"summary", "steps", "variables"})
    return Event("pattern", {"pattern_id": learned.id, "run_id": run_id, **record})


def error(run_id: str, message: str, suggestion: str, code: str) -> Event:
    """A hard failure."""
    return Event("error", {"run_id": run_id, "error": {"error": message, "suggestion": suggestion, "code": code}})


def cancelled(run_id: str, *, process_killed: bool) -> Event:
    """The run was cancelled."""
    return Event("cancelled", {"run_id": run_id, "process_killed": process_killed})


def workspace_summary(run_id: str, files: Sequence[tuple[str, int]], total: int) -> Event:
    """What the workspace holds at the end: path and size in bytes of the first files, and how many there are."""
    listed: list[JsonValue] = [{"path": path, "size": size} for path, size in files]
    return Event("workspace_summary", {"run_id": run_id, "files": listed, "total_files": total})


def stamp(at: datetime) -> str:
    """ISO 8601 in UTC with `Z`, as the whole contract writes times."""
    return at.isoformat().replace("+00:00", "Z")


def step_read(run_id: str, event: Event) -> StepRead:
    """The step that an event of type `step` tells of."""
    known = event.fields
    return StepRead.model_validate(
        {
            **{name: known.get(name) for name in ("role", "content", "t", "intent_kind", "intent_target", "tool_name")},
            "id": known["step_id"],
            "run_id": run_id,
            "outcome_ok": known.get("ok"),
            "files_json": _json_or_none(known.get("files")),
            "tool_args_json": _json_or_none(known.get("tool_args")),
            "outcome_notes_json": _json_or_none(known.get("notes")),
        }
    )


def _json_or_none(value: JsonValue) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
