"""The agent loop: ask the model, do what it asks for, commit the turn; until it is done, stopped or out of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from codex_swarm.models import PlanEvent, RunEvent, RunStatus
from swarm.agent.asking import Asking, told_of_the_end
from swarm.agent.bounds import Spending, require_room
from swarm.agent.circles import answer_to_words, noted, unfinished
from swarm.agent.delegating import Delegating, children_for
from swarm.agent.dialogue import Dialogue, answers
from swarm.agent.hosted import cited_in
from swarm.agent.job_calls import TurnCalls, calls_by_id, merge_files, results_of, run_calls, unanswered
from swarm.agent.measuring import measure_turn
from swarm.agent.model import Model, ModelRequest, ModelTurn, ToolCall
from swarm.agent.position import Position
from swarm.agent.results import RESULT_WANTED, require_progress
from swarm.agent.rounds import Rounds
from swarm.agent.spans import NO_SPANS, Spans
from swarm.agent.stalls import MAX_STALLS, pause_after
from swarm.agent.steps import closing_words, is_finish, plan_of, result_of, steps_of_results, steps_of_turn
from swarm.agent.tools.tool import ASK_USER, DELEGATE, READ_SKILL
from swarm.agent.tools.toolbox import Toolbox, ToolResult
from swarm.agent.turn_store import TurnStore
from swarm.errors import ModelFailure
from swarm.jobs.batch import JobOutcome, JobRef, load_batch, load_outcome, refer
from swarm.lifecycle import decisions, transitions
from swarm.lifecycle.transitions import Outcome
from swarm.metrics import TOOL_SECONDS, record
from swarm.records.backend import Backend
from swarm.runs import children, events
from swarm.runs.acceptance import Review
from swarm.runs.conversation import load_transcript, user_message
from swarm.runs.entries import BatchTaken, Entry, Stalled, TurnTaken
from swarm.runs.hosted_tools import Cited
from swarm.runs.plan import percent_of, turn_progress
from swarm.runs.requests import Request, asked
from swarm.runs.run import Run
from swarm.tasks import TASKS

RESERVE_SECONDS = 45.0
"""A turn is begun only while this much time is left: enough for a short answer of the model and the commit."""

FINISH_SECONDS = 120.0
FINISH_FILES = 200
"""A process that has so much time left when the model is done, and no more files than these, ends the run itself, by
what it has in memory. Otherwise that is left to a process that does nothing else."""

COMMIT_SECONDS = 15.0
"""What of the remaining time a model call may not use, so that its turn can still be committed."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time now, and how many seconds this process has left."""

    now: Callable[[], datetime]
    seconds_left: Callable[[], float]


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    """What the state machine is to do next: after how many seconds, and with which jobs first."""

    outcome: Outcome
    wait_seconds: int = 0
    jobs: Sequence[JobRef] = ()


class Slice:
    """The turns that one process takes. Only what is committed leaves it."""

    def __init__(
        self,
        backend: Backend,
        run: Run,
        entries: Sequence[Entry] | None,
        model: Model,
        clock: Clock,
        writer: str,
        spans: Spans = NO_SPANS,
    ) -> None:
        self._backend = backend
        self._model = model
        self._clock = clock
        self._position = Position(backend, run, entries, writer, clock.now)
        self._spending = Spending(backend, free=model.offline)
        self._toolbox = _toolbox_for(run, spans)
        self._store = TurnStore(backend, self._position)
        self._workspace = self._store.workspace
        stored = self._run.transcript
        said = load_transcript(backend.objects, stored) if stored else [user_message(run.instructions)]
        hosted = backend.models.hosted_for(model.name, run.hosted_tools)
        self._dialogue = Dialogue(model, said, backend.models.entry(model.name), self._request, hosted)
        self._rounds = Rounds(
            backend=backend,
            position=self._position,
            store=self._store,
            dialogue=self._dialogue,
            spans=spans,
            now=clock.now,
            ends_here=self._ends_here,
        )

    @property
    def _run(self) -> Run:
        return self._position.run

    def turns(self) -> AgentAnswer:
        while True:
            run, now = self._run, self._clock.now()
            if run.finished_turns:
                return self._finish()
            if run.batch is not None:
                jobs = self._open_jobs(run.batch, now)
                if jobs:
                    return AgentAnswer(Outcome.TOOLS, jobs=jobs)
                continue
            if run.waits:
                decisions.apply_wait_effects(self._backend, run)
                return AgentAnswer(Outcome.ASKED)
            if run.goes_on:
                self._go_on_with_decisions(now)
                continue
            require_room(run, now)
            if self._clock.seconds_left() < RESERVE_SECONDS:
                return AgentAnswer(Outcome.CONTINUE)
            self._spending.require(run, now)
            try:
                self._take_turn(now)
            except ModelFailure as failure:
                if not failure.retryable or run.stalls >= MAX_STALLS:
                    raise
                # The provider may have had nothing to give for as long as the run has time.
                require_room(self._run, self._clock.now())
                return self._stall(failure)

    def _finish(self) -> AgentAnswer:
        if not self._ends_here():
            return AgentAnswer(Outcome.FINISH)
        position = self._position
        outcome = transitions.finish(self._backend, position.known, writer=position.writer, now=self._clock.now())
        return AgentAnswer(outcome)

    def _ends_here(self) -> bool:
        return self._clock.seconds_left() >= FINISH_SECONDS and len(self._store.files.files) <= FINISH_FILES

    def _seconds_left(self) -> float:
        """How long the run may still take."""
        return self._run.limits.seconds_left(self._run.work_began, self._clock.now())

    def _read_messages(self, *, finishing: bool) -> bool:
        """Put those messages into the conversation that are to be read now; whether there are any."""
        unread = self._position.read_messages(self._workspace, finishing=finishing)
        self._dialogue.add(*unread)
        return bool(unread)

    def _take_turn(self, began: datetime) -> None:
        """Have the agent answer, or while its work is judged the reviewer, and do what the answer asks for."""
        if (review := self._run.review) is not None:
            self._rounds.step(review, began)
            self._spending.record(self._run)
            return
        # Of what was said while the last turn was committed, or its calls ran elsewhere, this look learns.
        self._position.ownership.require()
        self._read_messages(finishing=False)
        self._dialogue.make_room(self._run.plan, began)
        turn = self._dialogue.ask()
        # A cancellation that was answered while the model thought must not be followed by any work.
        self._position.ownership.require()
        asking = Asking(self._run, began, self._backend.objects)
        done = self._done(turn.calls, asking)
        self._dialogue.take(turn)
        self._dialogue.add(*answers(self._noted(done.results)))
        if turn.cut_off:
            self._dialogue.go_on_after(turn.cut_off)
        final = any(map(is_finish, done.results))
        if not (turn.calls or turn.cut_off):
            final = self._may_end_by_words(asking, turn.text)
        if self._run.result_schema is not None:
            require_progress(self._dialogue.items, done.results)
        self._commit_behind_messages(turn, done, began, final=final)

    def _may_end_by_words(self, asking: Asking, text: str) -> bool:
        """Whether a turn without calls is the last; otherwise the model is told what is missing."""
        if self._run.result_schema is not None:
            self._dialogue.add(RESULT_WANTED)
            return False
        answer = None if self._model.offline else answer_to_words(self._dialogue.items, text, self._unfinished(()))
        if answer is not None:
            self._dialogue.add(user_message(answer))
            return False
        return self._may_end(asking, text)

    def _go_on_with_decisions(self, now: datetime) -> None:
        """Go on with the calls of the last turn: as people decided, with what children did, then those behind."""
        self._position.ownership.require()
        asking, calls = Asking(self._run, now, self._backend.objects), unanswered(self._dialogue.items)
        done = self._done(calls, asking)
        self._dialogue.add(*answers(self._noted(done.results)))
        final = any(map(is_finish, done.results)) or (not calls and self._may_end(asking, ""))
        self._commit_behind_messages(None, done, now, final=final)

    def _done(self, calls: Sequence[ToolCall], asking: Asking) -> TurnCalls:
        delegating = Delegating(self._backend, self._run, self._store.files)
        began = self._clock.now()
        done = run_calls(self._toolbox, calls, self._workspace, self._unfinished, asking, delegating)
        if done.results:
            record({TOOL_SECONDS: max(0.0, (self._clock.now() - began).total_seconds())})
        return done

    def _may_end(self, asking: Asking, words: str) -> bool:
        """Whether a model that says that it is done has people's approval; else it is asked for, or denied."""
        first = asking.before_the_end(words)
        if isinstance(first, Request):
            asking.requests.append(first)
        elif first is not None:
            self._dialogue.add(user_message(told_of_the_end(first)))
        return first is None

    def _commit_behind_messages(self, turn: ModelTurn | None, done: TurnCalls, began: datetime, *, final: bool) -> None:
        # What was said meanwhile comes before the end.
        while not self._commit(turn, done, began, final=final and not self._read_messages(finishing=True)):
            pass

    def _noted(self, results: Sequence[ToolResult]) -> Sequence[ToolResult]:
        """The results, with what a model in a circle has to be told. The offline model waits by looking around."""
        return results if self._model.offline else noted(self._dialogue.items, results)

    def _unfinished(self, results: Sequence[ToolResult]) -> str | None:
        """Why the model should not finish yet. The offline model says itself what it has not done."""
        if self._model.offline:
            return None
        return unfinished(self._run.instructions, self._dialogue.items, results, self._workspace.paths())

    def _request(self) -> ModelRequest:
        return ModelRequest(
            instructions=self._run.prompt or "",
            items=(),
            tools=self._toolbox.specs,
            conversation_id=self._run.run_id,
            seconds=min(self._clock.seconds_left() - COMMIT_SECONDS, self._seconds_left()),
            hosted=True,
            before_attempt=self._position.showing.begin,
            wrote=self._position.showing.wrote,
        )

    def _open_jobs(self, key: str, now: datetime) -> Sequence[JobRef]:
        """The jobs of the batch that have no outcome yet; with none left, the batch becomes part of the run."""
        batch = load_batch(self._backend.objects, key)
        outcomes: list[JobOutcome | None] = [None] * len(batch.jobs)
        if key != self._store.batch:
            outcomes = [load_outcome(self._backend.objects, self._run, batch.id, job.id) for job in batch.jobs]
        known = [outcome for outcome in outcomes if outcome is not None]
        if len(known) < len(outcomes):
            unknown = [job for job, outcome in zip(batch.jobs, outcomes, strict=True) if outcome is None]
            return [refer(self._run, batch, job) for job in unknown]
        parts = [call for job in batch.jobs for call in job.calls]
        call_results = [result for job in known for result in job.outcomes]
        if (review := self._run.review) is not None:
            self._rounds.take_results(review, parts, call_results, batch.began, now)
            return ()
        calls = calls_by_id(self._dialogue.items, {part.parent for part in parts})
        refused = merge_files(self._workspace, known)
        for outcome in known:
            self._workspace.texts.remember(outcome.texts)
        results = results_of(self._toolbox, calls, parts, call_results, refused, self._workspace, batch.began)
        self._dialogue.add(*answers(self._noted(results)))
        transcript, snapshot, size = self._store.store(self._dialogue.items)
        steps = steps_of_results(self._run, results, now)
        taken = BatchTaken(transcript=transcript, snapshot=snapshot, stored_bytes=size)
        self._position.append(taken, now, self._run.progress, steps)
        return ()

    def _commit(self, turn: ModelTurn | None, done: TurnCalls, began: datetime, *, final: bool) -> bool:
        """Whether the turn is committed: as the last one it is not, where a message came before it.

        Without a turn of the model's, what came of the last one's calls once people had decided.
        """
        run, now, position = self._run, self._clock.now(), self._position
        taken = self._stored(turn, done, began, now, final=final)
        stage = events.PROCESSING_RESULTS if taken.final else events.REVIEWING if taken.review else events.EXECUTING
        # The calls of an earlier batch may have taken the run further than its turns alone would.
        intended = run.plan if taken.plan is None else taken.plan
        executing = percent_of(intended) if intended else turn_progress(run.turns + (turn is not None))
        percent = max(run.progress, stage.percent if taken.final else executing)
        shown: list[RunEvent] = [*position.read_events()]
        shown += steps_of_turn(run, turn, done.results, list(position.read.values()), now)
        if intended != run.plan:
            shown.append(PlanEvent(steps=list(intended)))
        shown += map(asked, done.requests)
        shown += [children.told(child, RunStatus.QUEUED) for child in taken.children]
        shown.append(events.progress(stage, percent))
        # The end follows at once, and shows what this entry would.
        show = not (taken.final and taken.batch is None and self._ends_here())
        if not position.append(taken, now, percent, shown, show=show):
            return False
        if taken.model:
            measure_turn(taken.model.model, taken.usage)
        self._dialogue.handovers = []
        self._spending.record(self._run)
        return True

    def _stored(
        self, turn: ModelTurn | None, done: TurnCalls, began: datetime, now: datetime, *, final: bool
    ) -> TurnTaken:
        """The turn as its entry tells it; all that this names is stored."""
        run = self._run
        transcript, snapshot, size = self._store.store(self._dialogue.items)
        batch = self._store.store_calls(done.pending, now) if done.pending else None
        # Words that would have been the last ones still are, once somebody has approved the end.
        text = turn.text if turn else run.closing_words or ""
        review = Review(round=run.reviews + 1) if final and run.acceptance is not None else None
        return TurnTaken(
            transcript=transcript,
            snapshot=snapshot,
            usage=self._dialogue.used(turn, began, now),
            final=final and review is None,
            batch=batch,
            plan=plan_of(done.results),
            closing_words=closing_words(text, done.results) if final or done.waits else None,
            read=tuple(self._position.read),
            stored_bytes=size,
            requests=tuple(done.requests),
            children=children_for(self._store.objects, run, self._position.writer, done.delegated, now),
            resumed=turn is None,
            result=result_of(done.results) if final else None,
            model=self._dialogue.use(turn, run.turns + 1) if turn else None,
            review=review,
            cited=cited_in(turn.items, run.turns + 1) if turn else Cited(),
        )

    def _stall(self, failure: ModelFailure) -> AgentAnswer:
        """The provider has nothing to give just now: give the process back, and come again later."""
        pause = min(pause_after(self._run.stalls, failure.retry_after), max(1, ceil(self._seconds_left())))
        waiting = events.Stage("waiting_for_provider", 0, f"Waiting {pause} s for the provider: {failure.message}")
        shown = (events.progress(waiting, self._run.progress),)
        self._position.append(Stalled(error_type=failure.error_type), self._clock.now(), self._run.progress, shown)
        return AgentAnswer(Outcome.WAIT, pause)


def _toolbox_for(run: Run, spans: Spans) -> Toolbox:
    tools = [
        *TASKS[run.task_type].tools,
        *([ASK_USER] if run.interactive else []),
        # A child hands nothing on.
        *([DELEGATE] if run.parent_run_id is None else []),
        *([READ_SKILL] if run.skills else []),
    ]
    return Toolbox(tools, run.tools, run.result_schema, run.document_template, run.house_style, spans)
