"""Bodies of the contract, as the service sends them."""

from __future__ import annotations

from typing import Any


def run(**changes: Any) -> dict[str, Any]:
    """A run that has succeeded, unless changed."""
    return {
        "id": "run-1",
        "run_id": "run-1",
        "project_id": "demo",
        "name": "Hello",
        "created_at": "2025-01-13T10:00:00Z",
        "status": "succeeded",
        "task_type": "document_writing",
        "progress": 100,
        "had_errors": False,
        "errors": [],
        "artifacts": [artifact()],
        "machine_summary": summary(),
        "reference_run_id": None,
        "workspace_from_run_id": None,
        "system_instructions": "Write.",
        "codex_thread_id": "thread-1",
        "usage": {
            "model_calls": 2,
            "input_tokens": 100,
            "output_tokens": 20,
            "tool_calls": 1,
            "seconds": 1.5,
        },
        **changes,
    }


def schedule(**changes: Any) -> dict[str, Any]:
    """A schedule that has started one run."""
    body = {
        "name": "monday",
        "project_id": "demo",
        "cron": "0 9 * * MON",
        "timezone": "Europe/Berlin",
        "run": {"instructions": "write"},
        "overlap": "skip",
        "continue_workspace": False,
        "status": "active",
        "next_times": ["2026-01-19T08:00:00Z"],
        "last_at": "2026-01-12T08:00:00Z",
        "last_run_id": "run-1",
        "runs": 1,
        "skipped": 0,
        "missed": 0,
        "failures": 0,
        "created_at": "2026-01-10T08:00:00Z",
    }
    return {**body, **changes}


def batch(**changes: Any) -> dict[str, Any]:
    """A batch of two items that are under way."""
    counts = dict.fromkeys(("waiting", "succeeded", "failed", "cancelled"), 0)
    return {
        "id": "batch-1",
        "project_id": "demo",
        "status": "running",
        "items": 2,
        **counts,
        "running": 2,
        "usage": run()["usage"],
        "created_at": "2025-01-13T10:00:00Z",
        **changes,
    }


def usage_group(**changes: Any) -> dict[str, Any]:
    """What runs used together."""
    counts = ("runs", "model_calls", "unpriced_calls", "input_tokens", "cached_tokens", "output_tokens")
    return {**dict.fromkeys((*counts, "reasoning_tokens", "tool_calls", "seconds", "cost_usd"), 1), **changes}


def tenant_usage(**changes: Any) -> dict[str, Any]:
    """What a tenant uses of its quotas, perhaps with a `report`."""
    quotas = ("stored_bytes", "active_runs", "queued_runs", "uploads", "archives", "previews", "diffs", "watchers")
    return {**{name: {"used": 1, "limit": 5} for name in quotas}, **changes}


def budget(**changes: Any) -> dict[str, Any]:
    """What may be spent, and what is."""
    return {
        "daily_usd": 10,
        "spent_today_usd": 1.5,
        "spent_this_month_usd": 4,
        "day_resets_at": "2026-11-28T00:00:00Z",
        "month_resets_at": "2026-12-01T00:00:00Z",
        **changes,
    }


def running(progress: int, **changes: Any) -> dict[str, Any]:
    """A run on its way."""
    return run(status="running", progress=progress, artifacts=[], machine_summary=None, **changes)


def request(**changes: Any) -> dict[str, Any]:
    """A question that nobody has answered."""
    return {
        "request_id": "q-1",
        "kind": "question",
        "name": "ask_user",
        "question": "Which budget?",
        "options": ["1,000", "2,000"],
        "asked_at": "2025-01-13T10:00:00Z",
        "deadline": "2025-01-16T10:00:00Z",
        **changes,
    }


def failed(**changes: Any) -> dict[str, Any]:
    """A run that has failed."""
    error = {
        "step": "agent",
        "tool": "provider",
        "error_type": "timeout",
        "message": "the provider did not answer",
        "suggestion": "Start the run again.",
        "retryable": True,
    }
    told = summary(execution_succeeded=False, primary_artifact=None, reason_for_failure="timeout")
    return run(status="failed", had_errors=True, errors=[error], machine_summary=told, **changes)


def summary(**changes: Any) -> dict[str, Any]:
    """A machine summary."""
    return {
        "goal": "Create hello.md",
        "primary_artifact": "hello.md",
        "secondary_artifacts": [],
        "execution_attempted": True,
        "execution_succeeded": True,
        "reason_for_failure": None,
        "notes": None,
        **changes,
    }


def artifact(**changes: Any) -> dict[str, Any]:
    """A recorded output."""
    return {
        "id": "art-1",
        "run_id": "run-1",
        "kind": "markdown",
        "path": "hello.md",
        "bytes": 8,
        "created_at": "2025-01-13T10:00:05Z",
        **changes,
    }


def listing(*paths: str, total: int | None = None, next_cursor: str | None = None) -> dict[str, Any]:
    """A page of a workspace."""
    files = [{"path": path, "size_bytes": len(path), "type": "markdown"} for path in paths]
    return {"run_id": "run-1", "total_files": total or len(paths), "files": files, "next_cursor": next_cursor}
