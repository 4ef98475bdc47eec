"""The rounds of review of a run: each step of `swarm.agent.reviewing` becomes an entry of the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from codex_swarm.models import RunEvent
from swarm.agent.checks import Checks
from swarm.agent.dialogue import Dialogue
from swarm.agent.position import Position
from swarm.agent.reviewing import Reviewing, Step, feedback
from swarm.agent.spans import Spans
from swarm.agent.steps import steps_of_messages
from swarm.agent.turn_store import TurnStore
from swarm.jobs.batch import CallResult, JobCall
from swarm.records.backend import Backend
from swarm.runs import acceptance, events
from swarm.runs.acceptance import Review, Verdict
from swarm.runs.conversation import load_transcript
from swarm.runs.entries import Judged, Reviewed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Takes a round on, for the process that stands at `position`. `dialogue` is the agent's, which is told of faults.

    `ends_here` says whether this process ends a run that is done.
    """

    backend: Backend
    position: Position
    store: TurnStore
    dialogue: Dialogue
    spans: Spans
    now: Callable[[], datetime]
    ends_here: Callable[[], bool]

    def step(self, review: Review, began: datetime) -> None:
        """Take the round one step on: its checks, or a turn of the reviewer."""
        self.position.ownership.require()
        round_ = self._reviewing(review)
        self._commit(round_.first() or round_.turn(began, self.now), began)

    def take_results(
        self,
        review: Review,
        calls: Iterable[JobCall],
        results: Iterable[CallResult],
        since: datetime | None,
        began: datetime,
    ) -> None:
        """Take the round on by what other functions did since then; what their commands changed is not taken over."""
        self._commit(self._reviewing(review).after(calls, results, since), began)

    def _reviewing(self, review: Review) -> Reviewing:
        """The round that the run is in, as it has been committed."""
        run, objects = self.position.run, self.backend.objects
        if run.acceptance is None:
            raise TypeError("a run without criteria is not reviewed")
        first = self.backend.snapshot(run.first_snapshot).files
        return Reviewing(
            run=run,
            acceptance=run.acceptance,
            review=review,
            checks=Checks(run.acceptance.criteria, self.store.workspace, first),
            said=load_transcript(objects, review.transcript) if review.transcript else (),
            workspace=self.store.workspace,
            agent=self.dialogue,
            spans=self.spans,
        )

    def _commit(self, step: Step, began: datetime) -> None:
        # A cancellation that was answered meanwhile must not be followed by anything.
        self.position.ownership.require()
        if step.verdicts is not None:
            self._end(step, step.verdicts)
            return
        run, review = self.position.run, step.review
        if step.items is not None:
            review = replace(review, transcript=self.store.store_review(step.items))
        batch = self.store.store_calls(step.pending, self.now()) if step.pending else None
        shown = (events.progress(events.REVIEWING, run.progress),)
        self.position.append(Reviewed(review=review, usage=step.usage, batch=batch), began, run.progress, shown)

    def _end(self, step: Step, verdicts: Sequence[Verdict]) -> None:
        """The agent is told what its work does not meet, and what people have said meanwhile; or the run is done."""
        position, run, now = self.position, self.position.run, self.now()
        if run.acceptance is None:
            raise TypeError("a run without criteria is not reviewed")
        accepted = all(verdict.met for verdict in verdicts)
        if not accepted:
            self.dialogue.add(feedback(run.acceptance, verdicts))
        committed = False
        while not committed:
            self.dialogue.add(*position.read_messages(self.store.workspace, finishing=True))
            final = accepted and not position.read
            transcript, snapshot, size = self.store.store(self.dialogue.items)
            judged = Judged(
                round=step.review.round,
                verdicts=tuple(verdicts),
                usage=step.usage,
                transcript=transcript,
                snapshot=snapshot,
                final=final,
                read=tuple(position.read),
                stored_bytes=size,
            )
            percent = max(run.progress, events.PROCESSING_RESULTS.percent) if final else run.progress
            shown: list[RunEvent] = [
                acceptance.told(run.acceptance, verdicts, step.review.round),
                *position.read_events(),
                *steps_of_messages(position.run, list(position.read.values()), now),
                events.progress(events.PROCESSING_RESULTS if final else events.EXECUTING, percent),
            ]
            committed = position.append(judged, now, percent, shown, show=not (final and self.ends_here()))
