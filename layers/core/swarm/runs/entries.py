"""The entries of a run's log.

An entry is one change of the run, decided by who gets its slot (see `swarm.records.runlog`); `swarm.runs.fold` makes a
run of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from codex_swarm.models import (
    DiffSummary,
    MachineSummary,
    ModelUse,
    PatternRead,
    PatternUse,
    PlanStep,
    RunError,
    RunStatus,
    SkillUse,
    Usage,
)
from swarm.runs.acceptance import Review, Verdict
from swarm.runs.children import Child
from swarm.runs.events import StoredEvent
from swarm.runs.hosted_tools import Cited
from swarm.runs.messages import Message
from swarm.runs.requests import Decision, Request
from swarm.runs.run import Artifact, Run

SCHEMA = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """Slot 0: the run exists, queued."""

    run: Run
    kind: Literal["created"] = "created"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The workspace and the prompt are ready; the run is running.

    A resumed run takes over the conversation, and the first snapshot that its work is compared with. Here and in later
    changes `stored_bytes` are those of files whose content was new.
    """

    snapshot: str | None
    prompt: str
    pattern_used: PatternUse | None = None
    thread_id: str | None = None
    first_snapshot: str | None = None
    transcript: str | None = None
    stored_bytes: int = 0
    skills: tuple[SkillUse, ...] = ()
    skill_files: str | None = None
    kind: Literal["prepared"] = "prepared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A process took the run over: whoever held it before can no longer get a slot."""

    kind: Literal["claimed"] = "claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """The provider had nothing to give; the run goes on after a while."""

    error_type: str
    kind: Literal["stalled"] = "stalled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTaken:
    """One model response and the tool calls that came of it. `final` says that the agent is done.

    `batch` is the key of the calls that run elsewhere, and whose results are still to come. `plan` is the whole plan
    where this turn changed it. `closing_words` are the model's last, of a final turn. `read` are the ids of messages
    that this turn read. `requests` are what people have to decide before its calls are done. `resumed` says that it is
    no new response, but what came of the last one's calls once people had decided, or `children` had ended: the runs
    that its calls are delegated to. `model` is what gave the
    response. `review` is the round that begins where the agent is done, and its work has to be accepted,
    `cited` what its words cite.
    """

    transcript: str
    snapshot: str | None
    usage: Usage
    final: bool = False
    batch: str | None = None
    plan: tuple[PlanStep, ...] | None = None
    closing_words: str | None = None
    read: tuple[str, ...] = ()
    stored_bytes: int = 0
    requests: tuple[Request, ...] = ()
    children: tuple[Child, ...] = ()
    resumed: bool = False
    result: JsonValue = None
    model: ModelUse | None = None
    review: Review | None = None
    cited: Cited = field(default_factory=Cited)
    kind: Literal["turn"] = "turn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """Some of the calls that run elsewhere are done."""

    calls: int
    kind: Literal["marked"] = "marked"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTaken:
    """All calls that ran elsewhere are done: their results are in the conversation, their files in the workspace."""

    transcript: str
    snapshot: str | None
    stored_bytes: int = 0
    kind: Literal["batch"] = "batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """One step of a round in which the agent's work is judged.

    `review` is how far the round is, `usage` what the reviewer's response took, and `batch` the key of calls that run
    elsewhere.
    """

    review: Review
    usage: Usage
    batch: str | None = None
    kind: Literal["review"] = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A round is over, by its last step, with a verdict on each criterion.

    `transcript` is the agent's, with what it is told. `final` says that the run ends with this work: it is accepted,
    and nobody had anything to say. `read` are the ids of messages that the agent goes on with.
    """

    round: int
    verdicts: tuple[Verdict, ...]
    usage: Usage
    transcript: str
    snapshot: str | None
    final: bool = False
    read: tuple[str, ...] = ()
    stored_bytes: int = 0
    kind: Literal["judged"] = "judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Messaged:
    """Somebody said something to the agent. Whoever is at work goes on, behind this slot.

    It is never behind a last turn: what is said then begins a new run.
    """

    message: Message
    kind: Literal["message"] = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Somebody took a message back before a turn that read it was committed."""

    message_id: str
    kind: Literal["withdrawn"] = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Somebody decided what the run waits for. With the last decision of a turn the run goes on."""

    request_id: str
    decision: Decision
    kind: Literal["decided"] = "decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnded:
    """A child has ended, or could not begin, and used this. With the last that the run waits for it goes on."""

    run_id: str
    status: RunStatus
    error: str | None = None
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    kind: Literal["child"] = "child"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The run is final: succeeded, failed or cancelled."""

    status: RunStatus
    summary: MachineSummary
    artifacts: tuple[Artifact, ...] = ()
    diff: DiffSummary | None = None
    errors: tuple[RunError, ...] = ()
    pattern: PatternRead | None = None
    kind: Literal["ended"] = "ended"


Change = (
    Created
    | Prepared
    | Claimed
    | Stalled
    | TurnTaken
    | Marked
    | BatchTaken
    | Reviewed
    | Judged
    | Messaged
    | Withdrawn
    | Decided
    | ChildEnded
    | Ended
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One slot of a run's log: what changed, who wrote it, and what watchers are told.

    `progress` is the percentage that the run has after this entry, `steps` how many step events it adds.
    """

    slot: int
    writer: str
    at: datetime
    change: Change
    progress: int = 0
    events: tuple[StoredEvent, ...] = ()
    schema: int = SCHEMA
