"""Runs and step events as the agent loop records them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import JsonValue

from codex_swarm.models import TaskType
from swarm.ids import RunKey
from swarm.runs import events
from swarm.runs.events import Event, Step
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


def said(content: str, role: str = "assistant") -> Event:
    return events.step("run1", Step(number=0, at=AT, role=role, content=content))


def finished(summary: str) -> Event:
    return events.step("run1", Step(number=0, at=AT, role="assistant", content=summary, intent_kind="finish", ok=True))


def called(tool: str, args: Mapping[str, JsonValue], *, ok: bool = True, output: str = "raw output") -> Event:
    path = args.get("path")
    target = path if isinstance(path, str) else None
    return events.step(
        "run1",
        Step(
            number=0,
            at=AT,
            role="tool",
            content=output,
            intent_kind=_INTENTS.get(tool, "run"),
            intent_target=target,
            ok=ok,
            tool_name=tool,
            tool_args=dict(args),
        ),
    )
