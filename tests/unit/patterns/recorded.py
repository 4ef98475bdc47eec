"""Runs and step events as the agent loop records them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import JsonValue

from codex_swarm.models import StepEvent, TaskType
from swarm.ids import RunKey
from swarm.runs.run import Run

AT = datetime(2025, 1, 13, 9, 30, tzinfo=UTC)

_INTENTS = {
    "list_files": "list",
    "read_file": "read",
    "write_file": "write",
    "edit_file": "edit",
    "delete_file": "delete",
    "search_files": "search",
}


def a_run(instructions: str = "Write a report", task_type: TaskType = TaskType.CODE, name: str = "a run") -> Run:
    key = RunKey(tenant_id="tenant", project_id="project", run_id="run1")
    return Run(key=key, name=name, task_type=task_type, instructions=instructions, created_at=AT)


def said(content: str, role: str = "assistant") -> StepEvent:
    return StepEvent(step_id="run1-00000", role=role, content=content, t=AT)


def finished(summary: str) -> StepEvent:
    return StepEvent(step_id="run1-00000", role="assistant", content=summary, t=AT, intent_kind="finish", ok=True)


def called(tool: str, args: Mapping[str, JsonValue], *, ok: bool = True, output: str = "raw output") -> StepEvent:
    path = args.get("path")
    target = path if isinstance(path, str) else None
    return StepEvent(
        step_id="run1-00000",
        role="tool",
        content=output,
        t=AT,
        intent_kind=_INTENTS.get(tool, "run"),
        intent_target=target,
        ok=ok,
        tool_name=tool,
        tool_args=dict(args),
    )
