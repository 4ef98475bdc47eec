"""What a run's log tells its watchers."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue

from codex_swarm.models.acceptance import CriterionRead
from codex_swarm.models.conversations import DecisionKind, MessageMode, MessageState, RequestKind
from codex_swarm.models.files import DiffSummary
from codex_swarm.models.runs import PatternStep, PatternVariable, PlanStep
from codex_swarm.models.wire import RunStatus, Timestamp, Wire, is_none


def _unset(value: object) -> bool:
    """Whether a field of an event has nothing to tell; its JSON goes without it then."""
    return value is None or value is False or value == ""


class Event(Wire):
    """Something that happened in a run."""

    id: str = Field(
        default="", exclude_if=_unset, description="Its cursor: what follows is asked for with `?after=` and this."
    )
    truncated: bool = Field(
        default=False, exclude_if=_unset, description="It was too large: its lists are empty and its texts cut."
    )


class StatusEvent(Event):
    """The run has a new status."""

    type: Literal["status"] = "status"
    status: RunStatus
    run_id: str
    project_id: str


class ProgressEvent(Event):
    """The run has come this far."""

    type: Literal["progress"] = "progress"
    stage: str = Field(description="`preparing`, `workspace_ready`, `executing` and so on, to `ended`.")
    message: str = Field(description="What is being done, for people.")
    percent: int = Field(description="From 0 to 100.")


class PlanEvent(Event):
    """The agent made a plan, or changed it."""

    type: Literal["plan"] = "plan"
    steps: list[PlanStep] = Field(description="The whole plan, in order.")


class WorkspaceEvent(Event):
    """The workspace began as a copy of another run's."""

    type: Literal["workspace"] = "workspace"
    run_id: str
    source_run_id: str
    action: str = Field(description="`cloned`, or `clone-missing` where that run had no files.")
    entries: int = Field(description="How many files were taken over.")


class StepEvent(Event):
    """A message was added to the conversation."""

    type: Literal["step"] = "step"
    step_id: str = Field(description="As in `GET /runs/{id}/steps`.")
    role: str = Field(description="`user`, `assistant` or `tool`.")
    content: str
    t: Timestamp = Field(description="When.")
    intent_kind: str | None = Field(default=None, exclude_if=is_none, description="Such as `write` or `run`.")
    intent_target: str | None = Field(default=None, exclude_if=is_none, description="The file that it is about.")
    ok: bool | None = Field(default=None, exclude_if=is_none, description="Whether it worked.")
    files: list[str] | None = Field(default=None, exclude_if=is_none, description="The files that it changed.")
    tool_name: str | None = Field(default=None, exclude_if=is_none)
    tool_args: JsonValue = Field(default=None, exclude_if=is_none, description="What it was given.")
    notes: JsonValue = Field(default=None, exclude_if=is_none, description="More about the result.")
    turn: int | None = Field(
        default=None, exclude_if=is_none, description="Of which turn, for `from_turn` of a new run."
    )


class MessageEvent(Event):
    """Somebody said something to the agent, took it back, or the agent has read it."""

    type: Literal["message"] = "message"
    message_id: str
    mode: MessageMode
    state: MessageState
    text: str = Field(description="Its first 100 characters.")


class RequestEvent(Event):
    """The run waits for somebody to decide this."""

    type: Literal["request"] = "request"
    request_id: str
    kind: RequestKind
    name: str = Field(description="The tool that asks, or what is to be approved.")
    question: str
    options: list[str] = Field(default_factory=list)
    deadline: Timestamp = Field(description="Then the default is taken; without one the run fails.")


class DecisionEvent(Event):
    """Somebody decided, or the deadline did."""

    type: Literal["decision"] = "decision"
    request_id: str
    decision: DecisionKind
    text: str = Field(description="Its first 100 characters.")
    decided_by: str


class ChildEvent(Event):
    """The run delegated a part of its task, or the run that does it has ended."""

    type: Literal["child"] = "child"
    child_run_id: str
    title: str
    status: RunStatus = Field(description="`queued` when it is delegated; afterwards how it ended.")


class AcceptanceEvent(Event):
    """The work was judged by the criteria that it has to meet."""

    type: Literal["acceptance"] = "acceptance"
    round: int = Field(description="The first is 1.")
    accepted: bool = Field(description="Whether all are met. What is not goes back to the agent, or ends the run.")
    criteria: list[CriterionRead]


class ArtifactEvent(Event):
    """The run recorded an output."""

    type: Literal["artifact"] = "artifact"
    artifact_id: str
    path: str
    bytes: int


class DiffEvent(Event):
    """What the run changed."""

    type: Literal["diff"] = "diff"
    run_id: str
    artifact_id: str = Field(description="The artifact that keeps it.")
    diff: DiffSummary


class PatternEvent(Event):
    """What the run taught."""

    type: Literal["pattern"] = "pattern"
    pattern_id: str
    run_id: str
    summary: str
    steps: list[PatternStep]
    variables: dict[str, PatternVariable]


class EventError(Wire):
    """What went wrong."""

    error: str = Field(description="What happened, for people.")
    suggestion: str = Field(default="", description="What to do about it.")
    code: str = Field(description="A stable name, the `error_type` of the run's error.")


class ErrorEvent(Event):
    """A hard failure."""

    type: Literal["error"] = "error"
    run_id: str
    error: EventError


class CancelledEvent(Event):
    """The run was cancelled."""

    type: Literal["cancelled"] = "cancelled"
    run_id: str
    process_killed: bool = Field(description="Whether something running was stopped.")


class SummaryFile(Wire):
    """A file of the workspace at the end."""

    path: str
    size: int = Field(description="In bytes.")


class WorkspaceSummaryEvent(Event):
    """What the workspace holds at the end."""

    type: Literal["workspace_summary"] = "workspace_summary"
    run_id: str
    files: list[SummaryFile] = Field(description="The first files by path.")
    total_files: int


class ResetEvent(Event):
    """The run has no event of the id that was asked for: its events follow from the first."""

    id: str = Field(default="", description="Always empty.")
    type: Literal["reset"] = "reset"
    message: str = Field(default="", description="The same, for people.")


class EndEvent(Event):
    """The run has ended, and no event will ever follow. Only streams tell it; pages say `ended`."""

    type: Literal["end"] = "end"


class DeltaEvent(Event):
    """What the agent is writing just now; it replaces the one before, and counts until the next event."""

    id: str = Field(default="", exclude_if=_unset, description="Always empty: nothing is gone on from here.")
    type: Literal["delta"] = "delta"
    text: str = Field(default="", exclude_if=_unset, description="What the agent says; of a long text the end.")
    path: str | None = Field(default=None, exclude_if=is_none, description="The file that it is writing.")
    content: str = Field(default="", exclude_if=_unset, description="What it writes there; of a long one the end.")


class UnknownEvent(Event):
    """An event that this version does not know: of a later service, with its fields as attributes."""

    model_config = ConfigDict(extra="allow")

    type: str = ""


RunEvent = Annotated[
    StatusEvent
    | ProgressEvent
    | PlanEvent
    | WorkspaceEvent
    | StepEvent
    | MessageEvent
    | RequestEvent
    | DecisionEvent
    | ChildEvent
    | AcceptanceEvent
    | ArtifactEvent
    | DiffEvent
    | PatternEvent
    | ErrorEvent
    | CancelledEvent
    | WorkspaceSummaryEvent,
    Field(discriminator="type"),
]
"""What a run's log tells watchers; `type` says which."""

WatchedEvent = Annotated[
    RunEvent | ResetEvent | DeltaEvent | EndEvent | UnknownEvent, Field(union_mode="left_to_right")
]
"""What a watcher is sent: events of the run, and of the watching itself."""


class EventPage(Wire):
    """Some of a run's events, in order."""

    events: list[WatchedEvent]
    next_after: str = Field(description="Ask for what follows with `?after=`.")
    ended: bool = Field(default=False, description="The run has ended, and no event will ever follow.")
