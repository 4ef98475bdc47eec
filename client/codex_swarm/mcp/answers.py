"""What the tools answer: small, with an address for what is long, and a hint of what to do next."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from mcp.types import CallToolResult, ResourceLink, TextContent
from pydantic import BaseModel, Field, JsonValue

from codex_swarm.models import (
    BatchRead,
    CriterionRead,
    RequestRead,
    RunRead,
    RunStatus,
    ScheduleRead,
    SearchHit,
    UsageReport,
)
from codex_swarm.text import printable

MOST_ROWS = 100
"""Rows of a report of usage in an answer."""
POLL_BATCH_MS = 10_000
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


class BatchState(BaseModel):
    """How a batch stands."""

    batch_id: str
    state: RunStatus = Field(description="`running`; at the end `succeeded` when all were, else `failed`, `cancelled`.")
    items: int
    done: int = Field(description="How many have ended, however they did.")
    failed: int
    poll_after_ms: int | None = Field(description="Ask again after so long; null when all have ended.")


class BatchTable(BatchState):
    """A batch with the beginning of its report."""

    report: str = Field(description="A row for each item, as a Markdown table; the beginning of it.")
    is_whole: bool


class SkillLine(BaseModel):
    """A skill that runs can use."""

    name: str
    description: str
    scope: str = Field(description="`project`, or `tenant` for all projects.")


class SkillList(BaseModel):
    """What runs of a project can use, by name."""

    skills: list[SkillLine]


class ScheduleState(BaseModel):
    """A schedule, when it is due next and what came of it so far."""

    name: str
    status: str = Field(description="`active` or `paused`.")
    times: str
    next_times: list[str]
    last_run_id: str | None = None
    last_error: str | None = None
    runs: int
    failures: int


class ScheduleList(BaseModel):
    """The schedules of a project, by name."""

    schedules: list[ScheduleState]


def state_of_schedule(schedule: ScheduleRead) -> ScheduleState:
    """The schedule in few words."""
    times = f"every {schedule.rate}" if schedule.rate else f"{schedule.cron} {schedule.timezone}"
    return ScheduleState(
        name=schedule.name,
        status=schedule.status,
        times=times,
        next_times=[time.isoformat() for time in schedule.next_times],
        last_run_id=schedule.last_run_id,
        last_error=schedule.last_error,
        runs=schedule.runs,
        failures=schedule.failures,
    )


class UsageTable(UsageReport):
    """What runs used and cost, by what was asked for."""

    is_whole: bool = Field(description="False: the first rows; name fewer fields, or fewer days.")


def table_of(report: UsageReport) -> UsageTable:
    """The first rows of a report, and the total of all."""
    shown = report.model_dump() | {"rows": report.rows[:MOST_ROWS], "is_whole": len(report.rows) <= MOST_ROWS}
    return UsageTable.model_validate(shown)


class FileLine(BaseModel):
    """A file in a list."""

    path: str
    size_bytes: int
    type: str
    resource: str = Field(description="Its address as a resource.")


class FileList(BaseModel):
    """Files of a run, by path."""

    run_id: str
    total_files: int
    files: list[FileLine]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next ones; null on the last page.")


class Hit(BaseModel):
    """A line that has the words, and where it stands."""

    run_id: str
    path: str
    place: str = Field(description="`line 12` of a text; of a document its page, clause, heading, slide or cells.")
    line: str
    resource: str


class Hits(BaseModel):
    """Where words stand in files."""

    hits: list[Hit]
    searched: int = Field(description="Files that were searched.")
    not_searched: list[str] = Field(description="Files in which the words may be all the same, each with the reason.")
    next_cursor: str | None = Field(description="Give it as `cursor` for more; null when there are none.")


class FileText(BaseModel):
    """A part of a text file."""

    run_id: str
    path: str
    size_bytes: int
    is_text: bool
    text: str = Field(description="Empty for what is no text.")
    next_offset: int | None = Field(description="Give it as `offset` for what follows; null at the end.")
    resource: str


class Diff(BaseModel):
    """What a run changed."""

    run_id: str
    files: list[str] = Field(description="The first of them, each with A, M or D in front.")
    total_files: int
    summary: str
    patch: str = Field(description="The beginning of the unified patch; all of it is the resource.")
    is_whole: bool
    resource: str


class Upload(BaseModel):
    """A file that was uploaded."""

    upload_id: str = Field(description="Give it to start_run among `upload_ids`.")
    path: str
    size_bytes: int


class Cancelled(BaseModel):
    """The run is cancelled: nothing of it happens any more. What it has done so far stays."""

    run_id: str
    state: RunStatus = RunStatus.CANCELLED


def run_uri(run_id: str) -> str:
    """The address of a run."""
    return f"codex-swarm://runs/{quote(run_id, safe='')}"


def file_uri(run_id: str, path: str) -> str:
    """The address of a file of a run."""
    return f"{run_uri(run_id)}/files/{quote(path)}"


def diff_uri(run_id: str) -> str:
    """The address of what a run changed, as a patch."""
    return f"{run_uri(run_id)}/diff"


def state_of(run: RunRead) -> RunState:
    """How the run stands."""
    return RunState.model_validate(_state(run))


def answer_of(run: RunRead) -> RunAnswer:
    """The run with what came of it."""
    summary = run.machine_summary
    return RunAnswer(
        **_state(run),
        project_id=run.project_id,
        name=run.name,
        task_type=run.task_type,
        created_at=run.created_at.isoformat(),
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


def hit_of(hit: SearchHit) -> Hit:
    """A line of a search."""
    return Hit(
        run_id=hit.run_id,
        path=hit.path,
        place=hit.place,
        line=printable(hit.snippet),
        resource=file_uri(hit.run_id, hit.path),
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


def as_text(content: bytes) -> str | None:
    """The content of a file as text; None where it is none."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def linked(answer: BaseModel, uri: str, name: str) -> CallToolResult:
    """The answer, and beside it the address of all of it."""
    return CallToolResult(
        content=[
            TextContent(type="text", text=answer.model_dump_json()),
            ResourceLink(type="resource_link", uri=uri, name=name),
        ],
        structured_content=answer.model_dump(mode="json"),
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


def state_of_batch(batch: BatchRead) -> BatchState:
    """How a batch stands, and when to ask again."""
    return BatchState(
        batch_id=batch.id,
        state=batch.status,
        items=batch.items,
        done=batch.items - batch.waiting - batch.running,
        failed=batch.failed,
        poll_after_ms=None if batch.ended_at else POLL_BATCH_MS,
    )
