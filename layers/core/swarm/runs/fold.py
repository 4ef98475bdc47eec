"""The pure fold that makes a run of the entries of its log.

`apply` never looks at a clock, a store or the environment, so the same log gives the same run everywhere and for ever.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from codex_swarm.models import MessageState, ModelUse, RunStatus
from swarm.runs import children as work
from swarm.runs.entries import (
    BatchTaken,
    Change,
    ChildEnded,
    Claimed,
    Created,
    Decided,
    Ended,
    Entry,
    Judged,
    Marked,
    Messaged,
    Prepared,
    Reviewed,
    Stalled,
    TurnTaken,
    Withdrawn,
)
from swarm.runs.messages import moved, waiting
from swarm.runs.requests import decided, taken, untaken
from swarm.runs.run import Run
from swarm.runs.spending import spent_after
from swarm.runs.usage import total

MAX_USES = 50
"""Changes of the model that a run remembers."""


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
