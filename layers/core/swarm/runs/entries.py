"""The entries of a run's log, and the pure fold that makes a run of them.

An entry is one change of the run, decided by who gets its slot (see `swarm.records.runlog`). `apply` never looks at
a clock, a store or the environment, so the same log gives the same run everywhere and for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, assert_never

from pydantic import JsonValue

from codex_swarm.models import (
    DiffSummary,
    MachineSummary,
    MessageState,
    ModelUse,
    PatternRead,
    PatternUse,
    PlanStep,
    RunError,
    RunStatus,
    SkillUse,
    Usage,
)
from swarm.runs import children as work
from swarm.runs.acceptance import Review, Verdict
from swarm.runs.children import Child
from swarm.runs.events import StoredEvent
from swarm.runs.hosted_tools import Cited
from swarm.runs.messages import Message, moved, waiting
from swarm.runs.requests import Decision, Request, decided, taken, untaken
from swarm.runs.run import Artifact, Run
from swarm.runs.spending import spent_after
from swarm.runs.usage import total

SCHEMA = 3

MAX_USES = 50
"""Changes of the model that a run remembers."""


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


def apply(run: Run | None, entry: Entry) -> Run:
    """The run after one more entry. An entry that is already part of the run changes nothing.

    Raises `ValueError` where an entry before this one is missing.
    """
    if run is None and isinstance(entry.change, Created):
        return entry.change.run
    if run is None or entry.slot > run.version + 1:
        raise ValueError(f"the log has a gap before slot {entry.slot}")
    if entry.slot <= run.version:
        return run
    moved_on = replace(
        run,
        version=entry.slot,
        progress=max(run.progress, entry.progress),
        steps=run.steps + sum(event.type == "step" for event in entry.events),
    )
    return _changed(moved_on, entry.change, entry.at)


def _changed(run: Run, change: Change, at: datetime) -> Run:
    match change:
        case Created():
            raise ValueError("only slot 0 can create a run")
        case Prepared():
            after = replace(
                run,
                status=RunStatus.RUNNING,
                started_at=at,
                first_snapshot=change.first_snapshot or change.snapshot,
                snapshot=change.snapshot,
                transcript=change.transcript,
                prompt=change.prompt,
                pattern_used=change.pattern_used,
                thread_id=change.thread_id or run.thread_id,
                stored_bytes=change.stored_bytes,
                skills=change.skills,
                skill_files=change.skill_files,
            )
        case Claimed():
            after = run
        case Stalled():
            after = replace(run, stalls=run.stalls + 1)
        case TurnTaken():
            after = replace(
                run,
                snapshot=change.snapshot,
                transcript=change.transcript,
                turns=run.turns + (not change.resumed),
                stalls=0,
                usage=total(run.usage, change.usage),
                spent=spent_after(run, at, change.model.model if change.model else None, change.usage),
                finished_turns=change.final,
                batch=change.batch,
                plan=run.plan if change.plan is None else change.plan,
                closing_words=change.closing_words,
                result=change.result,
                models_used=_used(run.models_used, change.model),
                review=change.review,
                cited=run.cited.with_more(change.cited.sources, change.cited.left_out),
                messages=moved(run.messages, change.read, MessageState.READ),
                requests=(*taken(run.requests), *change.requests),
                children=(*work.taken(run.children), *change.children),
                batch_from=run.progress,
                batch_done=0,
                stored_bytes=run.stored_bytes + change.stored_bytes,
            )
        case Marked():
            after = replace(run, batch_done=run.batch_done + change.calls)
        case BatchTaken() | Reviewed() | Judged():
            after = _behind_a_turn(run, change, at)
        case Messaged() | Withdrawn() | Decided() | ChildEnded():
            after = _heard(run, change, at)
        case Ended():
            unread = {message.id for message in waiting(run.messages)}
            after = replace(
                run,
                status=change.status,
                errors=run.errors + change.errors,
                artifacts=change.artifacts,
                diff=change.diff,
                pattern=change.pattern,
                summary=change.summary,
                messages=moved(run.messages, unread, MessageState.UNREAD),
                ended_at=at,
            )
        case _:
            assert_never(change)
    return after


def _behind_a_turn(run: Run, change: BatchTaken | Reviewed | Judged, at: datetime) -> Run:
    """The run once the calls of a turn are done, or once its work was judged, by a step or to the end of a round."""
    if isinstance(change, Reviewed):
        return replace(
            run,
            review=change.review,
            usage=total(run.usage, change.usage),
            spent=spent_after(run, at, None, change.usage),
            stalls=0,
            batch=change.batch,
            batch_from=run.progress,
            batch_done=0,
        )
    after = replace(
        run,
        snapshot=change.snapshot,
        transcript=change.transcript,
        batch=None,
        stored_bytes=run.stored_bytes + change.stored_bytes,
    )
    if isinstance(change, BatchTaken):
        return after
    return replace(
        after,
        review=None,
        # What somebody says asks for other work, which has all its rounds before it.
        reviews=0 if change.read else change.round,
        verdicts=change.verdicts,
        accepted=all(verdict.met for verdict in change.verdicts),
        usage=total(run.usage, change.usage),
        spent=spent_after(run, at, None, change.usage),
        stalls=0,
        finished_turns=change.final,
        messages=moved(run.messages, change.read, MessageState.READ),
    )


def _used(before: tuple[ModelUse, ...], model: ModelUse | None) -> tuple[ModelUse, ...]:
    """What has answered so far: one more each time that it changed, and of too many the last in place of another."""
    if model is None or (before and before[-1].model_copy(update={"turn": model.turn}) == model):
        return before
    return (*before[: MAX_USES - 1], model)


def _heard(run: Run, change: Messaged | Withdrawn | Decided | ChildEnded, at: datetime) -> Run:
    """The run once somebody has said, taken back or decided something, or a child has ended."""
    match change:
        case Messaged(message=message):
            return replace(run, messages=(*run.messages, message))
        case Withdrawn(message_id=message_id):
            return replace(run, messages=moved(run.messages, {message_id}, MessageState.WITHDRAWN))
        case Decided():
            after = replace(run, requests=decided(run.requests, change.request_id, change.decision))
            return _gone_on(after, at)
        case ChildEnded():
            children = work.ended(run.children, change.run_id, change.status, change.error, change.seconds)
            return _gone_on(replace(run, children=children, usage=total(run.usage, change.usage)), at)


def _gone_on(run: Run, at: datetime) -> Run:
    """The run, which goes on if it waits for nothing more.

    What it waited is no limit's, but for as long as the slowest of its children worked.
    """
    if run.waits:
        return run
    asked, delegated = untaken(run.requests), work.untaken(run.children)
    since = min([request.asked_at for request in asked] + [child.asked_at for child in delegated])
    worked = max((child.seconds for child in delegated), default=0.0)
    waited = run.waited_seconds + max(0.0, (at - since).total_seconds() - worked)
    return replace(run, rounds=run.rounds + 1, waited_seconds=waited, went_on_at=at)
