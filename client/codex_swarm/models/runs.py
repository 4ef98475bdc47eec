"""A run, as far as it has come, and what comes of it: outputs, errors, usage, and what it taught."""

from typing import Literal

from pydantic import Field, JsonValue, computed_field

from codex_swarm.models.acceptance import AcceptanceRead
from codex_swarm.models.conversations import Approval, MessageRead, RequestRead
from codex_swarm.models.conversions import Conversion
from codex_swarm.models.run_requests import RunLimits
from codex_swarm.models.skills import SkillUse
from codex_swarm.models.wire import DocumentTemplate, RunStatus, TaskType, Timestamp, Wire


class RunError(Wire):
    """A hard failure of a run."""

    step: str = Field(description="Where in the run it happened.")
    tool: str = Field(description="The tool that failed, or the part of the service.")
    error_type: str = Field(description="A stable name, such as `timeout` or `provider_rate_limited`.")
    message: str = Field(description="What happened.")
    suggestion: str = Field(default="", description="What to do about it.")
    retryable: bool = Field(default=False, description="Whether the same run may work when started again.")


class ArtifactRead(Wire):
    """An output that a run recorded."""

    id: str
    run_id: str
    kind: str = Field(description="Such as `markdown`, `diff-summary` or `codex-jsonl`.")
    path: str
    bytes: int
    created_at: Timestamp


class Source(Wire):
    """A page of the web that the agent's words cite. What stands there was written by strangers."""

    url: str
    title: str = Field(default="", description="As the page calls itself.")
    turn: int = Field(description="The turn that cites it first.")
    start: int = Field(description="Where in that turn's words, in characters.")
    end: int
    words: str = Field(default="", description="The words before, up to 200 characters: what it is cited for.")
    cited: int = Field(default=1, description="How often.")


class MachineSummary(Wire):
    """What a run was for and what came of it, derived from its records without a model."""

    goal: str = Field(description="The user's instruction.")
    primary_artifact: str | None = Field(default=None, description="The main output, as a workspace path.")
    secondary_artifacts: list[str] = Field(default_factory=list, description="At most five more.")
    execution_attempted: bool
    execution_succeeded: bool
    reason_for_failure: str | None = Field(default=None, description="An `error_type`; null after success.")
    notes: str | None = Field(default=None, description="Such as that the run was made offline.")
    result: JsonValue = Field(default=None, description="The run's, where it was given a `result_schema`.")
    acceptance: AcceptanceRead | None = Field(default=None, description="The run's, where it has criteria.")
    sources: list[Source] = Field(default_factory=list, description="The run's: pages that the agent's words cite.")


class Usage(Wire):
    """What a run has used so far."""

    model_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = Field(default=0, description="The part of `input_tokens` read from the cache.")
    output_tokens: int = 0
    reasoning_tokens: int = Field(default=0, description="The part of `output_tokens` spent on reasoning.")
    tool_calls: int = 0
    hosted_tool_calls: int = Field(default=0, description="Done by the provider; `tool_calls` are without them.")
    seconds: float = Field(default=0.0, description="Spent in turns; waiting between them does not count.")
    cost_usd: float | None = Field(default=None, description="Null when the model's price is not known.")


class ModelUse(Wire):
    """What answered from a turn on, until the next of these."""

    turn: int = Field(description="The first turn that it gave; turns are counted from 1.")
    model: str = Field(description="By its name in `GET /models`; `offline` for the model without a provider.")
    effort: str | None = Field(default=None, description="How much it was asked to reason; null for its own default.")
    answered_as: str | None = Field(
        default=None, description="The name in the provider's answer, often with a date; null where it gave none."
    )


class PatternUse(Wire):
    """The pattern of an earlier run that a run was shown."""

    pattern_id: str
    source_run_id: str
    how: str = Field(description="`referenced` by the caller, or `matched` as the project's best.")
    score: float | None = Field(default=None, description="How alike the requests are, from 0 to 1; of a match.")


class PatternStep(Wire):
    """One step of what worked."""

    instruction: str
    intent: str | None = None


class PatternVariable(Wire):
    """Something that will differ the next time."""

    type: str
    example: str


class PatternRead(Wire):
    """What a run taught; without a pattern summary, steps and variables are empty."""

    id: str
    source_run_id: str
    name: str = ""
    summary: str = ""
    steps: list[PatternStep] = Field(default_factory=list)
    variables: dict[str, PatternVariable] = Field(default_factory=dict)


PlanStatus = Literal["pending", "in_progress", "done", "skipped"]

OVER: frozenset[PlanStatus] = frozenset({"done", "skipped"})
"""Of a part of a plan that nothing more is done for."""


class PlanStep(Wire):
    """A part of what the agent intends."""

    title: str = Field(description="What it is, in a few words.")
    status: PlanStatus = Field(description="How far it is.")


class ChildRead(Wire):
    """A run that a run delegated a part of its task to."""

    run_id: str
    title: str = Field(description="What it is to do, in a few words.")
    status: RunStatus | None = Field(default=None, description="How it ended; null while it waits or works.")
    error: str | None = Field(default=None, description="Why it failed, or could not be started.")


class RunRead(Wire):
    """A run, as far as it has come."""

    id: str
    project_id: str
    name: str = ""
    created_at: Timestamp
    started_at: Timestamp | None = Field(default=None, description="When the work on it began; null while it waits.")
    ended_at: Timestamp | None = Field(default=None, description="When it got its final status.")
    status: RunStatus
    task_type: str = Field(default=TaskType.CODE.value, description="The run's own; one of TaskType.")
    model: str = Field(default="", description="What it was given to work with; empty for runs of long ago.")
    effort: str | None = Field(default=None, description="How much the model is to reason; null for its own default.")
    models_used: list[ModelUse] = Field(
        default_factory=list, description="What really answered: the first turn, and each turn from which it changed."
    )
    queue_position: int | None = Field(
        default=None,
        description="How many runs have their turn until this one has, itself included; null with no wait.",
    )
    progress: int = Field(default=0, ge=0, le=100, description="Never falls; 100 only with a final status.")
    plan: list[PlanStep] = Field(
        default_factory=list, description="What the agent intends, as it last said; empty where it made no plan."
    )
    had_errors: bool = Field(default=False, description="True exactly when a hard failure was recorded.")
    errors: list[RunError] = Field(default_factory=list)
    artifacts: list[ArtifactRead] = Field(default_factory=list, description="Left empty in lists of runs.")
    machine_summary: MachineSummary | None = Field(default=None, description="Null until the run has ended.")
    closing_words: str | None = Field(default=None, description="What the agent said at the end of its work.")
    result: JsonValue = Field(default=None, description="What it came to, by its `result_schema`; null until then.")
    result_schema: dict[str, JsonValue] | None = Field(default=None, description="What `result` has to fit.")
    acceptance: AcceptanceRead | None = Field(
        default=None, description="What its work has to be like, and whether it is; null where nobody said."
    )
    document_template: DocumentTemplate | None = Field(default=None, description="The look of documents that it makes.")
    conversion: Conversion | None = Field(
        default=None, description="What it converts, where it is a conversion, which no model works on."
    )
    reference_run_id: str | None = None
    workspace_from_run_id: str | None = Field(default=None, description="Whose workspace this one began with.")
    workspace_from_turn: int | None = Field(default=None, description="At which turn of it; null for its end.")
    resumed_from_run_id: str | None = Field(default=None, description="The run whose work this one goes on with.")
    continues_run_id: str | None = Field(
        default=None, description="The run whose conversation this one goes on with, after a message or a resume."
    )
    parent_run_id: str | None = Field(default=None, description="The run that delegated this part of its task.")
    batch_id: str | None = Field(default=None, description="The batch that the run is of.")
    batch_item: int | None = Field(default=None, description="Which of its items the run is for, from 1.")
    children: list[ChildRead] = Field(
        default_factory=list, description="The runs that it delegated parts of its task to; `usage` has theirs, too."
    )
    thread_id: str = Field(default="", description="The same for all runs of one conversation.")
    messages: list[MessageRead] = Field(default_factory=list, description="What was said to it while it was active.")
    waiting_for: RequestRead | None = Field(
        default=None, description="The first thing that somebody has to decide; null while it waits for nobody."
    )
    requests: list[RequestRead] = Field(
        default_factory=list, description="Everything that the run has asked of people, with what they decided."
    )
    interactive: bool = Field(default=False, description="Whether the agent may ask questions.")
    require_approval: list[Approval] = Field(default_factory=list, description="What has to be approved.")
    tools: list[str] = Field(default_factory=list, description="Names of the application's own tools.")
    hosted_tools: list[str] = Field(default_factory=list, description="Tools that the provider runs itself.")
    sources: list[Source] = Field(
        default_factory=list, description="Pages that the agent's words cite; the first 100, and none in lists of runs."
    )
    sources_left_out: int = Field(default=0, description="How many more it cites, or with addresses nobody can follow.")
    skills: list[SkillUse] = Field(
        default_factory=list, description="What it could use of the skills of its project and tenant as it began."
    )
    system_instructions: str | None = Field(default=None, description="The composed prompt.")
    codex_thread_id: str | None = Field(default=None, description="Names the conversation with the model.")
    pattern_used: PatternUse | None = Field(default=None, description="What was reused of an earlier run.")
    metadata: dict[str, str] = Field(default_factory=dict, description="As the caller gave it.")
    callback_url: str | None = Field(default=None, description="Who is told of the end.")
    usage: Usage = Field(default_factory=Usage)
    limits: RunLimits = Field(default_factory=RunLimits, description="As granted.")

    @computed_field(description="The same as `id`.")  # type: ignore[prop-decorator]
    @property
    def run_id(self) -> str:
        """The same as `id`."""
        return self.id


class CancelRead(Wire):
    """The run is cancelled: no model call, file write or event comes after this answer."""

    status: RunStatus = RunStatus.CANCELLED
    process_killed: bool = Field(default=False, description="Whether something running was stopped.")
