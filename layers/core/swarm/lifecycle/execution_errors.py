"""What an execution's error and cause mean for the run: the words that its owner reads."""

from __future__ import annotations

import json

from codex_swarm.models import RunError, RunStatus
from swarm.runs.error_types import ErrorType
from swarm.runs.run import Run

TIMEOUTS = frozenset({"States.Timeout", "States.HeartbeatTimeout", "Sandbox.Timedout", "Execution.TIMED_OUT"})


def explain(run: Run, error: str, cause: str) -> RunError:
    """The structured error. It names the kind of failure, and nothing of the program's insides."""
    step = step_of(run)
    if error in TIMEOUTS:
        return RunError(
            step=step,
            tool="service",
            error_type=ErrorType.TIMEOUT,
            message=f"the {step} step took longer than it may",
            suggestion="Start the run again, or give it a smaller task.",
            retryable=True,
        )
    return RunError(
        step=step,
        tool="service",
        error_type=ErrorType.RUNTIME,
        message=f"the {step} step stopped unexpectedly ({_kind(error, cause)})",
        suggestion="Start the run again with from_run_id to keep its files; if it happens again, tell the operator.",
        retryable=True,
    )


def step_of(run: Run) -> str:
    """The step that a run was in, by how far it had come."""
    if run.status is RunStatus.QUEUED:
        return "prepare"
    return "finish" if run.finished_turns else "agent"


def _kind(error: str, cause: str) -> str:
    try:
        return str(json.loads(cause)["errorType"])
    except (ValueError, KeyError, TypeError):
        return error
