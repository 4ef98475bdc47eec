"""A run as it stands after some entry of its log, and the outputs that it recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from codex_swarm.models import (
    DECISION_SECONDS,
    Acceptance,
    Approval,
    Conversion,
    DiffSummary,
    DocumentTemplate,
    HouseStyle,
    MachineSummary,
    ModelUse,
    PatternRead,
    PatternUse,
    PlanStep,
    RunError,
    RunStatus,
    SkillUse,
    TaskType,
    Usage,
)
from swarm.ids import RunKey
from swarm.runs import children as work
from swarm.runs.acceptance import Review, Verdict
from swarm.runs.batches import BatchItem
from swarm.runs.children import Child
from swarm.runs.hosted_tools import Cited
from swarm.runs.limits import Limits
from swarm.runs.messages import Message
from swarm.runs.own_tools import OwnTool
from swarm.runs.requests import Request, undecided, untaken
from swarm.runs.spending import Spent
from swarm.tasks import TASKS

SCHEMA = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """An output: `key` is where its bytes are stored, `path` what people call it, `bytes` its size."""

    id: str
    kind: str
    path: str
    bytes: int
    key: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as far as its log goes.

    `version` is the last slot that went into it; `prompt` what the model is told before the user's instructions;
    `first_snapshot`, `snapshot` and `transcript` are keys of stored objects; `fingerprint` is that of the request,
    where it carried an idempotency key; `house_style` is the project's, as it was when the run was made;
    `may_have_skills` says that it is to look for `skills` as it begins, whose files `skill_files` names;
    `imported_at` is when it was taken over from an earlier installation; `stalls` counts how often in a row the
    provider had nothing to give; `stored_bytes` are those of the files that were new after some turn;
    `decision_seconds` is how long it waits for people, `waited_seconds` how long it has, and `rounds` how often:
    each time its execution ends, and another goes on at `went_on_at`. `conversion` is all that a run does that no
    model works on. A child has the run that delegated its task as `parent_run_id`, and the snapshot that it begins
    with as `clones`; `batch_item` says which item of a batch of runs it is for (`batch` is one of calls). `acceptance`
    is what its work has to be like, `review` how far the judging of it is, `reviews` how many rounds of that are over
    since somebody last said something, `verdicts` and `accepted` what the last one came to. `model` and `effort` are
    what it was given, `models_used` what really answered: the first turn, and each with another model than the one
    before. `spent` is the part of `usage` that is the run's own and not its children's, by day and model.
    `hosted_tools` are those of the provider's own that it may use, `cited` what its words cite.
    """

    key: RunKey
    name: str
    task_type: TaskType
    instructions: str
    created_at: datetime
    status: RunStatus = RunStatus.QUEUED
    version: int = 0
    progress: int = 0
    reference_run_id: str | None = None
    from_run_id: str | None = None
    from_turn: int | None = None
    resumed_from_run_id: str | None = None
    continues_run_id: str | None = None
    parent_run_id: str | None = None
    clones: str | None = None
    batch_item: BatchItem | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    callback_url: str | None = None
    limits: Limits = field(default_factory=Limits)
    interactive: bool = False
    require_approval: tuple[Approval, ...] = ()
    tools: tuple[OwnTool, ...] = ()
    result_schema: dict[str, JsonValue] | None = None
    acceptance: Acceptance | None = None
    document_template: DocumentTemplate | None = None
    house_style: HouseStyle | None = None
    conversion: Conversion | None = None
    may_have_skills: bool = False
    skills: tuple[SkillUse, ...] = ()
    skill_files: str | None = None
    decision_seconds: int = DECISION_SECONDS
    uploads: tuple[str, ...] = ()
    inputs: str | None = None
    fingerprint: str | None = None
    model: str = ""
    effort: str | None = None
    models_used: tuple[ModelUse, ...] = ()
    hosted_tools: tuple[str, ...] = ()
    cited: Cited = field(default_factory=Cited)
    prompt: str | None = None
    pattern_used: PatternUse | None = None
    thread_id: str | None = None
    first_snapshot: str | None = None
    snapshot: str | None = None
    transcript: str | None = None
    started_at: datetime | None = None
    turns: int = 0
    stalls: int = 0
    plan: tuple[PlanStep, ...] = ()
    closing_words: str | None = None
    result: JsonValue = None
    messages: tuple[Message, ...] = ()
    review: Review | None = None
    reviews: int = 0
    verdicts: tuple[Verdict, ...] = ()
    accepted: bool | None = None
    requests: tuple[Request, ...] = ()
    children: tuple[Child, ...] = ()
    rounds: int = 0
    waited_seconds: float = 0.0
    went_on_at: datetime | None = None
    batch: str | None = None
    batch_from: int = 0
    batch_done: int = 0
    steps: int = 0
    stored_bytes: int = 0
    finished_turns: bool = False
    usage: Usage = field(default_factory=Usage)
    spent: tuple[Spent, ...] = ()
    errors: tuple[RunError, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    diff: DiffSummary | None = None
    pattern: PatternRead | None = None
    summary: MachineSummary | None = None
    ended_at: datetime | None = None
    imported_at: datetime | None = None
    schema: int = SCHEMA

    @property
    def run_id(self) -> str:
        return self.key.run_id

    @property
    def waits(self) -> bool:
        """Whether the run goes on only when somebody has decided something, or a child has ended."""
        return self.waits_for_people or (not self.status.final and bool(work.at_work(self.children)))

    @property
    def waits_for_people(self) -> bool:
        """Whether the run goes on only when somebody has decided something."""
        return not self.status.final and bool(undecided(self.requests))

    @property
    def goes_on(self) -> bool:
        """Whether there is what the agent has to go on with: decisions, or the work of children."""
        return bool(untaken(self.requests) or work.untaken(self.children)) and not self.waits

    @property
    def rejected(self) -> bool:
        """Whether its work was not accepted in the last round that there is."""
        rounds = self.acceptance.max_rounds if self.acceptance else 0
        return self.accepted is False and self.review is None and self.reviews >= rounds

    @property
    def work_began(self) -> datetime | None:
        """When the work began, as if the run had never waited for anybody: that time is no limit's."""
        return self.started_at and self.started_at + timedelta(seconds=self.waited_seconds)

    @property
    def conversation_id(self) -> str:
        """The id of the conversation that the run is a part of: that of the run that began it."""
        return self.thread_id or self.run_id

    @property
    def system_instructions(self) -> str:
        """The composed prompt: pattern block, base prompt, instructions; the pattern is found when the run begins."""
        prompt = TASKS[self.task_type].instructions if self.prompt is None else self.prompt
        return f"{prompt}\n\n{self.instructions}"
