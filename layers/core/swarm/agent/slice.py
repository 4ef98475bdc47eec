"""The agent loop: ask the model, do what it asks for, commit the turn; until it is done, stopped or out of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from math import ceil
from typing import Any

from codex_swarm.models import MessageState, PlanEvent, RunEvent, RunStatus, Usage
from swarm.agent import reviewing
from swarm.agent.asking import Asking, told_of_the_end
from swarm.agent.checks import Checks
from swarm.agent.circles import answer_to_words, noted, unfinished
from swarm.agent.delegating import Delegating, children_for
from swarm.agent.dialogue import Dialogue, answers
from swarm.agent.hosted import cited_in
from swarm.agent.job_calls import TurnCalls, calls_by_id, merge_files, results_of, run_calls, unanswered
from swarm.agent.measuring import measure_turn
from swarm.agent.model import Model, ModelRequest, ModelTurn, ToolCall
from swarm.agent.results import RESULT_WANTED, require_progress
from swarm.agent.reviewing import Reviewing, Step
from swarm.agent.showing import Showing
from swarm.agent.stalls import MAX_STALLS, pause_after
from swarm.agent.steps import (
    closing_words,
    is_finish,
    plan_of,
    result_of,
    steps_of_messages,
    steps_of_results,
    steps_of_turn,
)
from swarm.agent.tools.tool import ASK_USER, DELEGATE, READ_SKILL, Tool
from swarm.agent.tools.toolbox import Toolbox, ToolResult
from swarm.errors import BudgetExhausted, ModelFailure, RunStopped
from swarm.jobs.batch import JobCall, JobOutcome, JobRef, cut, load_batch, load_outcome, refer, store_batch
from swarm.lifecycle import budgets, decisions, messages, transitions
from swarm.lifecycle.ending import advance
from swarm.lifecycle.transitions import Known, Outcome
from swarm.metrics import TOOL_SECONDS, record
from swarm.records.backend import Backend, area_of
from swarm.records.ownership import OwnedObjects, Ownership
from swarm.records.runlog import SlotTaken, steps_in
from swarm.runs import acceptance, children, events
from swarm.runs.acceptance import Review, Verdict
from swarm.runs.conversation import (
    Item,
    load_transcript,
    store_transcript,
    user_message,
)
from swarm.runs.entries import (
    BatchTaken,
    Change,
    ChildEnded,
    Claimed,
    Decided,
    Entry,
    Judged,
    Messaged,
    Reviewed,
    Stalled,
    TurnTaken,
    Withdrawn,
    apply,
)
from swarm.runs.error_types import ErrorType
from swarm.runs.hosted_tools import Cited
from swarm.runs.limits import MAX_STORED_BYTES
from swarm.runs.messages import next_to_read, told
from swarm.runs.plan import percent_of, turn_progress
from swarm.runs.requests import Request, asked
from swarm.runs.run import Run
from swarm.runs.usage import total
from swarm.tasks import TASKS
from swarm.text import clip
from swarm.workspace.manifests import load_snapshot, store_snapshot
from swarm.workspace.snapshot import new_bytes
from swarm.workspace.working_copy import Workspace

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


def _claim(backend: Backend, run: Run, writer: str, now: datetime) -> tuple[Run, Entry]:
    """Take the next slot before any work, so that a process this one replaces can commit nothing more."""

    def attempt(latest: Run) -> tuple[Run, Entry]:
        entry = Entry(
            slot=latest.version + 1,
            writer=writer,
            at=now,
            change=Claimed(),
            progress=events.EXECUTING.percent,
            events=(events.progress(events.EXECUTING),) if latest.turns == 0 else (),
        )
        return backend.runs.append(latest, entry, show=latest.progress < entry.progress), entry

    claimed = advance(backend, run, attempt)
    if claimed is None:
        raise RunStopped
    return claimed


class Slice:
    """The turns that one process takes. Only what is committed leaves it."""

    def __init__(
        self, backend: Backend, run: Run, entries: Sequence[Entry] | None, model: Model, clock: Clock, writer: str
    ) -> None:
        self._backend = backend
        self._model = model
        self._clock = clock
        self._writer = writer
        self._ownership = Ownership(self._lost)
        self._showing = Showing(
            backend.drafts, self._ownership, clock.now, lambda: (self._run.key, self._run.version + 1)
        )
        before = self._ownership.now()
        self._run, claim = _claim(backend, run, writer, clock.now())
        self._ownership.rely_on(before)
        if run.progress >= events.EXECUTING.percent or claim.slot > run.version + 1:
            self._showing.taken_over()
        # All of the run's steps, unless its log is long, or another process has been at work since it was read.
        self._steps = None if entries is None or claim.slot > run.version + 1 else steps_in([*entries, claim])
        self._batch: str | None = None
        # Whether a budget is over the run, as far as this process has looked.
        self._budgeted = False
        # Messages in the dialogue that no turn has committed yet, by their ids.
        self._read: dict[str, Item] = {}
        self._objects = OwnedObjects(backend.objects, self._ownership)
        self._toolbox = Toolbox(
            [
                *TASKS[run.task_type].tools,
                *([ASK_USER] if run.interactive else []),
                # A child hands nothing on.
                *([DELEGATE] if run.parent_run_id is None else []),
                *([READ_SKILL] if run.skills else []),
            ],
            run.tools,
            run.result_schema,
            run.document_template,
            run.house_style,
        )
        self._stored = load_snapshot(backend.objects, self._run.snapshot)
        provided = load_snapshot(backend.objects, self._run.skill_files).files
        self._workspace = Workspace(self._stored.files, self._objects, area_of(run.key), provided=provided)
        stored = self._run.transcript
        said = load_transcript(backend.objects, stored) if stored else [user_message(run.instructions)]
        self._dialogue = self._dialogue_with(said, self._request)

    def _dialogue_with(self, said: Sequence[Item], request: Callable[[], ModelRequest]) -> Dialogue:
        models = self._backend.models
        hosted = models.hosted_for(self._model.name, self._run.hosted_tools)
        return Dialogue(self._model, said, models.entry(self._model.name), request, hosted)

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
            self._require_room(now)
            if self._clock.seconds_left() < RESERVE_SECONDS:
                return AgentAnswer(Outcome.CONTINUE)
            self._require_budget(now)
            try:
                self._take_turn(now)
            except ModelFailure as failure:
                if not failure.retryable or run.stalls >= MAX_STALLS:
                    raise
                # The provider may have had nothing to give for as long as the run has time.
                self._require_room(self._clock.now())
                return self._stall(failure)

    def _finish(self) -> AgentAnswer:
        if not self._ends_here():
            return AgentAnswer(Outcome.FINISH)
        known, now = Known(self._run, self._steps, self._ownership.looked), self._clock.now()
        return AgentAnswer(transitions.finish(self._backend, known, writer=self._writer, now=now))

    def _ends_here(self) -> bool:
        return self._clock.seconds_left() >= FINISH_SECONDS and len(self._stored.files.files) <= FINISH_FILES

    def _require_room(self, now: datetime) -> None:
        run = self._run
        if run.rejected:
            raise _not_accepted(run)
        # A reviewer's turns are bounded by themselves.
        turns = run.turns if run.review is None else 0
        if used_up := run.limits.reached(turns, run.usage, run.work_began, now):
            raise _limit_reached(used_up)
        if run.stored_bytes >= MAX_STORED_BYTES:
            raise _limit_reached(f"stored bytes: its turns have stored {run.stored_bytes} of files")

    def _require_budget(self, now: datetime) -> None:
        """Raises `ModelFailure` where the turn would cost something, and nothing more may be spent."""
        if self._model.offline or not budgets.is_billable(self._backend, self._run, now):
            return
        if not self._budgeted:
            # A process before this one may not have lived to write down its last turn.
            self._backend.usage.record(self._run)
        try:
            self._budgeted = budgets.require(self._backend, self._run, now)
        except BudgetExhausted as exhausted:
            raise ModelFailure(
                ErrorType.BUDGET_EXHAUSTED,
                str(exhausted),
                f"Go on with POST /runs/{{id}}/resume from {exhausted.resets_at} on, or once the budget is raised. "
                "The files so far are kept.",
                tool="budgets",
            ) from None

    def _seconds_left(self) -> float:
        """How long the run may still take."""
        return self._run.limits.seconds_left(self._run.work_began, self._clock.now())

    def _lost(self) -> bool:
        """Whether somebody else has the run: its next slot is taken, and not by a message."""
        return self._backend.log.has(self._run.key, self._run.version + 1) and not self._take_in_messages()

    def _take_in_messages(self) -> bool:
        """Go on behind what was said meanwhile; whether that is all that happened.

        A message that was read and is withdrawn ends this process's work, since the turn that read it must not count.
        """
        for entry in self._backend.log.read(self._run.key, self._run.version):
            match entry.change:
                case Withdrawn(message_id=withdrawn) if withdrawn in self._read:
                    return False
                case Messaged() | Withdrawn() | Decided() | ChildEnded():
                    self._run = apply(self._run, entry)
                case _:
                    return False
        return True

    def _read_messages(self, *, finishing: bool) -> bool:
        """Put those messages into the conversation that are to be read now; whether there are any."""
        known = [message for message in self._run.messages if message.id not in self._read]
        unread = next_to_read(known, finishing=finishing)
        for message in unread:
            self._read[message.id] = messages.read(self._backend, self._run, message, self._workspace)
            self._dialogue.add(self._read[message.id])
        return bool(unread)

    def _take_turn(self, began: datetime) -> None:
        """Have the agent answer, or while its work is judged the reviewer, and do what the answer asks for."""
        if (review := self._run.review) is not None:
            self._review(review, began)
            return
        # Of what was said while the last turn was committed, or its calls ran elsewhere, this look learns.
        self._ownership.require()
        self._read_messages(finishing=False)
        self._dialogue.make_room(self._run.plan, began)
        turn = self._dialogue.ask()
        # A cancellation that was answered while the model thought must not be followed by any work.
        self._ownership.require()
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
        self._ownership.require()
        asking, calls = Asking(self._run, now, self._backend.objects), unanswered(self._dialogue.items)
        done = self._done(calls, asking)
        self._dialogue.add(*answers(self._noted(done.results)))
        final = any(map(is_finish, done.results)) or (not calls and self._may_end(asking, ""))
        self._commit_behind_messages(None, done, now, final=final)

    def _done(self, calls: Sequence[ToolCall], asking: Asking) -> TurnCalls:
        delegating = Delegating(self._backend, self._run, self._stored.files)
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
            before_attempt=self._showing.begin,
            wrote=self._showing.wrote,
        )

    def _open_jobs(self, key: str, now: datetime) -> Sequence[JobRef]:
        """The jobs of the batch that have no outcome yet; with none left, the batch becomes part of the run."""
        batch = load_batch(self._backend.objects, key)
        outcomes: list[JobOutcome | None] = [None] * len(batch.jobs)
        if key != self._batch:
            outcomes = [load_outcome(self._backend.objects, self._run, batch.id, job.id) for job in batch.jobs]
        known = [outcome for outcome in outcomes if outcome is not None]
        if len(known) < len(outcomes):
            unknown = [job for job, outcome in zip(batch.jobs, outcomes, strict=True) if outcome is None]
            return [refer(self._run, batch, job) for job in unknown]
        parts = [call for job in batch.jobs for call in job.calls]
        call_results = [result for job in known for result in job.outcomes]
        if (review := self._run.review) is not None:
            # What commands of a review changed is not taken over.
            self._commit_review(self._reviewing(review).after(parts, call_results), now)
            return ()
        calls = calls_by_id(self._dialogue.items, {part.parent for part in parts})
        refused = merge_files(self._workspace, known)
        results = results_of(self._toolbox, calls, parts, call_results, refused, self._workspace)
        self._dialogue.add(*answers(self._noted(results)))
        transcript, snapshot, size = self._store()
        steps = steps_of_results(self._run, results, now)
        taken = BatchTaken(transcript=transcript, snapshot=snapshot, stored_bytes=size)
        self._append(taken, now, self._run.progress, steps)
        return ()

    def _store(self) -> tuple[str, str | None, int]:
        """Blobs, then the snapshot, then the transcript; keys of the last two, and how many bytes of files were new.

        The entry that names them comes after. A crash in between leaves only garbage.
        """
        run, snapshot, size = self._run, self._run.snapshot, 0
        name, area = f"{run.version + 1:05}-{self._writer}.json.gz", area_of(run.key)
        if self._workspace.changed:
            snapshot = area.of_run(run.run_id, "snapshots", name)
            files = self._workspace.save()
            size = new_bytes(self._stored.files, files)
            self._stored = store_snapshot(self._objects, snapshot, files, self._stored)
        transcript = area.of_run(run.run_id, "transcript", name)
        store_transcript(self._objects, transcript, self._dialogue.items)
        return transcript, snapshot, size

    def _commit(self, turn: ModelTurn | None, done: TurnCalls, began: datetime, *, final: bool) -> bool:
        """Whether the turn is committed: as the last one it is not, where a message came before it.

        Without a turn of the model's, what came of the last one's calls once people had decided.
        """
        run, now = self._run, self._clock.now()
        transcript, snapshot, size = self._store()
        batch = None
        if done.pending:
            batch = self._batch = self._store_calls(done.pending)
        plan = plan_of(done.results)
        # Words that would have been the last ones still are, once somebody has approved the end.
        text = turn.text if turn else run.closing_words or ""
        review = Review(round=run.reviews + 1) if final and run.acceptance is not None else None
        taken = TurnTaken(
            transcript=transcript,
            snapshot=snapshot,
            usage=reduce(
                total,
                self._dialogue.handovers,
                self._dialogue.usage(turn, (now - began).total_seconds(), now) if turn else Usage(),
            ),
            final=final and review is None,
            batch=batch,
            plan=plan,
            closing_words=closing_words(text, done.results) if final or done.waits else None,
            read=tuple(self._read),
            stored_bytes=size,
            requests=tuple(done.requests),
            children=children_for(self._objects, run, self._writer, done.delegated, now),
            resumed=turn is None,
            result=result_of(done.results) if final else None,
            model=self._dialogue.use(turn, run.turns + 1) if turn else None,
            review=review,
            cited=cited_in(turn.items, run.turns + 1) if turn else Cited(),
        )
        stage = events.PROCESSING_RESULTS if taken.final else events.REVIEWING if review else events.EXECUTING
        # The calls of an earlier batch may have taken the run further than its turns alone would.
        intended = run.plan if plan is None else plan
        executing = percent_of(intended) if intended else turn_progress(run.turns + (turn is not None))
        percent = max(run.progress, stage.percent if taken.final else executing)
        shown: list[RunEvent] = [
            told(message, MessageState.READ) for message in run.messages if message.id in self._read
        ]
        shown += steps_of_turn(run, turn, done.results, list(self._read.values()), now)
        if intended != run.plan:
            shown.append(PlanEvent(steps=list(intended)))
        shown += map(asked, done.requests)
        shown += [children.told(child, RunStatus.QUEUED) for child in taken.children]
        shown.append(events.progress(stage, percent))
        # The end follows at once, and shows what this entry would.
        if not self._append(taken, now, percent, shown, show=not (taken.final and batch is None and self._ends_here())):
            return False
        if taken.model:
            measure_turn(taken.model.model, taken.usage)
        self._dialogue.handovers, self._read = [], {}
        if self._budgeted:
            self._backend.usage.record(self._run)
        return True

    def _reviewing(self, review: Review) -> Reviewing:
        """The round that the run is in, as it has been committed."""
        run, objects = self._run, self._backend.objects
        if run.acceptance is None:
            raise TypeError("a run without criteria is not reviewed")
        return Reviewing(
            run=run,
            acceptance=run.acceptance,
            review=review,
            checks=Checks(run.acceptance.criteria, self._workspace, self._backend.snapshot(run.first_snapshot).files),
            said=load_transcript(objects, review.transcript) if review.transcript else (),
            workspace=self._workspace,
            dialogue=self._dialogue_with,
            request=self._request,
        )

    def _review(self, review: Review, began: datetime) -> None:
        """Take the round one step on: its checks, or a turn of the reviewer."""
        self._ownership.require()
        round_ = self._reviewing(review)
        step = round_.first() or round_.turn(began, self._clock.now)
        self._commit_review(step, began)
        if self._budgeted:
            self._backend.usage.record(self._run)

    def _commit_review(self, step: Step, began: datetime) -> None:
        # A cancellation that was answered meanwhile must not be followed by anything.
        self._ownership.require()
        if step.verdicts is not None:
            self._end_review(step, step.verdicts)
            return
        run, batch, review = self._run, None, step.review
        if step.items is not None:
            key = area_of(run.key).of_run(
                run.run_id, "transcript", f"{run.version + 1:05}-{self._writer}-review.json.gz"
            )
            store_transcript(self._objects, key, step.items)
            review = replace(review, transcript=key)
        if step.pending:
            batch = self._batch = self._store_calls(step.pending)
        shown = (events.progress(events.REVIEWING, run.progress),)
        self._append(Reviewed(review=review, usage=step.usage, batch=batch), began, run.progress, shown)

    def _end_review(self, step: Step, verdicts: Sequence[Verdict]) -> None:
        """The agent is told what its work does not meet, and what people have said meanwhile; or the run is done."""
        run, now = self._run, self._clock.now()
        if run.acceptance is None:
            raise TypeError("a run without criteria is not reviewed")
        accepted = all(verdict.met for verdict in verdicts)
        if not accepted:
            self._dialogue.add(reviewing.feedback(run.acceptance, verdicts))
        while True:
            self._read_messages(finishing=True)
            final = accepted and not self._read
            transcript, snapshot, size = self._store()
            judged = Judged(
                round=step.review.round,
                verdicts=tuple(verdicts),
                usage=step.usage,
                transcript=transcript,
                snapshot=snapshot,
                final=final,
                read=tuple(self._read),
                stored_bytes=size,
            )
            shown: list[RunEvent] = [acceptance.told(run.acceptance, verdicts, step.review.round)]
            shown += [told(message, MessageState.READ) for message in self._run.messages if message.id in self._read]
            shown += steps_of_messages(self._run, list(self._read.values()), now)
            percent = max(run.progress, events.PROCESSING_RESULTS.percent) if final else run.progress
            shown.append(events.progress(events.PROCESSING_RESULTS if final else events.EXECUTING, percent))
            if self._append(judged, now, percent, shown, show=not (final and self._ends_here())):
                self._read = {}
                return

    def _store_calls(self, pending: Sequence[tuple[Tool[Any], JobCall]]) -> str:
        """Store the calls that other functions have to do; the key of the batch."""
        calls = [(tool.executor, call) for tool, call in pending]
        files = self._workspace.with_provided(self._stored.files)
        return store_batch(self._objects, self._run, cut(self._run.version + 1, self._writer, calls, files))

    def _stall(self, failure: ModelFailure) -> AgentAnswer:
        """The provider has nothing to give just now: give the process back, and come again later."""
        pause = min(pause_after(self._run.stalls, failure.retry_after), max(1, ceil(self._seconds_left())))
        waiting = events.Stage("waiting_for_provider", 0, f"Waiting {pause} s for the provider: {failure.message}")
        shown = (events.progress(waiting, self._run.progress),)
        self._append(Stalled(error_type=failure.error_type), self._clock.now(), self._run.progress, shown)
        return AgentAnswer(Outcome.WAIT, pause)

    def _append(
        self, change: Change, now: datetime, percent: int, shown: Sequence[RunEvent], *, show: bool = True
    ) -> bool:
        """Take the next slot, behind messages that came first; whether it did, as a last turn does only before any.

        Raises `RunStopped`.
        """
        while True:
            entry = Entry(
                slot=self._run.version + 1,
                writer=self._writer,
                at=now,
                change=change,
                progress=percent,
                events=tuple(shown),
            )
            before = self._ownership.now()
            try:
                self._run = self._backend.runs.append(self._run, entry, show=show)
            except SlotTaken as taken:
                if not self._take_in_messages():
                    raise RunStopped from taken
                if isinstance(change, TurnTaken | Judged) and change.final:
                    return False
            else:
                break
        self._ownership.rely_on(before)
        self._showing.superseded()
        if self._steps is not None:
            self._steps = [*self._steps, *steps_in([entry])]
        return True


def _not_accepted(run: Run) -> ModelFailure:
    why = reviewing.unmet_in_words(run.acceptance, run.verdicts) if run.acceptance else ""
    return ModelFailure(
        ErrorType.NOT_ACCEPTED,
        f"the work was judged {run.reviews} times and does not meet: {clip(why, 1_500)}",
        "Look at `acceptance` of the run. Go on with POST /runs/{id}/messages or /resume, or mend the criteria. The"
        " files so far are kept.",
        tool="acceptance",
    )


def _limit_reached(used_up: str) -> ModelFailure:
    return ModelFailure(
        ErrorType.LIMIT_REACHED,
        f"the run reached its limit {used_up}",
        "Go on with POST /runs/{id}/resume and higher limits, or give a smaller task. The files so far are kept.",
        tool="limits",
    )
