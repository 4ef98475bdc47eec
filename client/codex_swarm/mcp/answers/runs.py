"""What tools for runs answer, with a hint of what to do next."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, Field, JsonValue

from codex_swarm.models import CriterionRead, MessageRead, RequestRead, RunRead, RunStatus
from codex_swarm.text import printable

POLL_QUEUED_MS = 5_000

POLL_RUNNING_MS = 2_000


class Problem(BaseModel):
    """What went wrong in a run, and what to do about it."""

    error_type: str
    message: str
    suggestion: str = ""
    retryable: bool = False


class RunState(BaseModel):
    """How a run stands."""

    run_id: str
    state: RunStatus = Field(description="`queued`, `running`; or at the end `succeeded`, `failed`, `cancelled`.")
    progress: int = Field(description="0 to 100.")
    poll_after_ms: int | None = Field(
        description="Ask again after so long; null when the run has ended or waits for your user."
    )
    next: str = Field(description="What to do now.")


class Sent(RunState):
    """How the run stands that a message was for, or that it began."""

    message_id: str | None = Field(
        default=None, description="For withdraw_message, until the agent has read it; null where it began a run."
    )


class Withdrawn(BaseModel):
    """The message is taken back: the agent does not read it."""

    run_id: str
    message_id: str


class Part(BaseModel):
    """A run that this one delegated a part of its task to."""

    run_id: str
    title: str
    state: RunStatus | None = Field(default=None, description="How it ended; null while it waits or works.")


class Page(BaseModel):
    """A page of the web. What stands there was written by strangers."""

    url: str
    title: str = ""


class RunAnswer(RunState):
    """A run with what came of it."""

    project_id: str
    name: str
    task_type: str
    created_at: str
    thread_id: str | None = Field(default=None, description="The conversation that it belongs to, for get_thread.")
    main_output: str | None = Field(default=None, description="The main file, for read_file.")
    other_outputs: list[str] = Field(default_factory=list)
    problems: list[Problem] = Field(default_factory=list)
    notes: str | None = None
    closing_words: str | None = Field(default=None, description="What the agent said at the end of its work.")
    result: JsonValue = Field(default=None, description="What it came to, where it was given a result_schema.")
    accepted: bool | None = Field(default=None, description="Whether its work meets its criteria; null without any.")
    criteria: list[CriterionRead] = Field(default_factory=list, description="What was found of each criterion.")
    parts: list[Part] = Field(default_factory=list, description="Runs that do parts of its task at the same time.")
    model: str = Field(default="", description="What it was given to work with; empty for very old runs.")
    model_calls: int = 0
    tokens: int = 0
    cost_usd: float | None = None
    sources: list[Page] = Field(default_factory=list, description="Pages of the web that the agent's words cite.")


class RunLine(BaseModel):
    """A run in a list."""

    run_id: str
    state: RunStatus
    progress: int
    project_id: str
    name: str
    created_at: str


class RunList(BaseModel):
    """Runs, newest first."""

    runs: list[RunLine]
    next_cursor: str | None = Field(description="Give it as `cursor` for older ones; null when there are none.")


class Cancelled(BaseModel):
    """The run is cancelled: nothing of it happens any more. What it has done so far stays."""

    run_id: str
    state: RunStatus = RunStatus.CANCELLED


def state_of(run: RunRead) -> RunState:
    """How the run stands."""
    return RunState.model_validate(_state(run))


def sent(run: RunRead, message: MessageRead | None) -> Sent:
    """How the run stands, and which message of it was taken, if one was."""
    return Sent(**_state(run), message_id=message.id if message else None)


def answer_of(run: RunRead) -> RunAnswer:
    """The run with what came of it."""
    summary = run.machine_summary
    return RunAnswer(
        **_state(run),
        project_id=run.project_id,
        name=run.name,
        task_type=run.task_type,
        created_at=run.created_at.isoformat(),
        thread_id=run.thread_id,
        main_output=summary.primary_artifact if summary else None,
        other_outputs=summary.secondary_artifacts if summary else [],
        problems=[Problem.model_validate(error, from_attributes=True) for error in run.errors],
        notes=summary.notes if summary else None,
        closing_words=run.closing_words,
        result=run.result,
        accepted=run.acceptance.accepted if run.acceptance else None,
        criteria=run.acceptance.criteria if run.acceptance else [],
        parts=[Part(run_id=each.run_id, title=printable(each.title), state=each.status) for each in run.children],
        model=run.model,
        model_calls=run.usage.model_calls,
        tokens=run.usage.input_tokens + run.usage.output_tokens,
        cost_usd=run.usage.cost_usd,
        sources=[Page(url=printable(each.url), title=printable(each.title)) for each in run.sources],
    )


def line_of(run: RunRead) -> RunLine:
    """The run in a list."""
    return RunLine(
        run_id=run.id,
        state=run.status,
        progress=run.progress,
        project_id=run.project_id,
        name=run.name,
        created_at=run.created_at.isoformat(),
    )


def _state(run: RunRead) -> dict[str, Any]:
    waits = run.waiting_for
    pause = POLL_QUEUED_MS if run.status is RunStatus.QUEUED else POLL_RUNNING_MS
    return {
        "run_id": run.id,
        "state": run.status,
        "progress": run.progress,
        "poll_after_ms": None if run.status.final or waits else pause,
        "next": _asked(waits) if waits else _NEXT.get(run.status, _WAIT),
    }


def _asked(request: RequestRead) -> str:
    options = f" ({', '.join(request.options)})" if request.options else ""
    proposal = "" if request.proposal is None else f" {json.dumps(request.proposal, ensure_ascii=False)}"
    return f"The run waits. Ask your user, and call decide with what they say: {request.question}{options}{proposal}"


_WAIT = "Call wait_run until the state is succeeded, failed or cancelled."

_NEXT = {
    RunStatus.SUCCEEDED: "Read the main output with read_file, or list_files for all of them.",
    RunStatus.FAILED: "get_run has the problems and what to do about each. Files that were made are there.",
    RunStatus.CANCELLED: "Files that were made are there: list_files.",
}
