"""The agent loop: ask the model, do what it asks for, commit the turn; until it is done, stopped or out of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from codex_swarm.models import RunError, Usage
from swarm import events, lifecycle
from swarm.agent.clip import clip
from swarm.agent.model import Item, Model, ModelRequest, ModelTurn, tool_output, user_message
from swarm.agent.tools import FINISH, Toolbox, ToolResult
from swarm.agent.transcript import load_transcript, store_transcript
from swarm.backend import Backend, area_of
from swarm.closing import settle
from swarm.errors import ModelFailure, RunStopped
from swarm.events import Event, Step
from swarm.failures import ErrorType
from swarm.lifecycle import MAX_SHOWN, Outcome
from swarm.run import Claimed, Entry, Run, RunKey, TurnTaken
from swarm.runlog import SlotTaken
from swarm.tasks import TASKS
from swarm.workspace.working_copy import Workspace

RESERVE_SECONDS = 45.0
"""A turn is begun only while this much time is left: enough for a short answer of the model and the commit."""

COMMIT_SECONDS = 15.0
"""What of the remaining time a model call may not use, so that its turn can still be committed."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time now, and how many seconds this process has left."""

    now: Callable[[], datetime]
    seconds_left: Callable[[], float]


def work(backend: Backend, key: RunKey, model: Model, clock: Clock, *, writer: str) -> Outcome:
    """Take turns for this run. Returns what the state machine does next; never raises for what the model did."""
    run = backend.runs.current(key.tenant_id, key.run_id)
    if run.status.final:
        settle(backend, run)
        return Outcome.ENDED
    if run.finished_turns:
        return Outcome.FINISH
    try:
        return _Slice(backend, run, model, clock, writer).turns()
    except ModelFailure as failure:
        return lifecycle.fail(backend, key, _run_error(failure), writer=writer, now=clock.now())
    except RunStopped:
        # Cancelled, ended or taken over: the log is right as it is, and whoever has it goes on.
        return Outcome.ENDED


def _claim(backend: Backend, run: Run, writer: str, now: datetime) -> Run:
    """Take the next slot before any work, so that a process this one replaces can commit nothing more."""
    entry = Entry(
        slot=run.version + 1,
        writer=writer,
        at=now,
        change=Claimed(),
        progress=events.EXECUTING.percent,
        events=(events.progress(events.EXECUTING),) if run.turns == 0 else (),
    )
    try:
        return backend.runs.append(run, entry)
    except SlotTaken:
        # The process before this one was not dead yet; the run is further than it was, or has ended.
        run = backend.runs.current(run.key.tenant_id, run.run_id)
        if run.status.final:
            raise RunStopped from None
        return _claim(backend, run, writer, now)


class _Slice:
    """The turns that one process takes. Only what is committed leaves it."""

    def __init__(self, backend: Backend, run: Run, model: Model, clock: Clock, writer: str) -> None:
        self._backend = backend
        self._model = model
        self._clock = clock
        self._writer = writer
        self._run = _claim(backend, run, writer, clock.now())
        self._toolbox = Toolbox(TASKS[run.task_type].tools)
        self._workspace = Workspace(backend.files_of(run), backend.blobs, area_of(run.key))
        self._items = self._conversation()

    def _conversation(self) -> list[Item]:
        if self._run.transcript is None:
            return [user_message(self._run.instructions)]
        return load_transcript(self._backend.blobs, self._run.transcript)

    def turns(self) -> Outcome:
        while True:
            if self._run.turns >= self._backend.settings.max_turns:
                raise _turn_limit(self._backend.settings.max_turns)
            if self._clock.seconds_left() < RESERVE_SECONDS:
                return Outcome.CONTINUE
            self._take_turn()
            if self._run.finished_turns:
                return Outcome.FINISH

    def _take_turn(self) -> None:
        began = self._clock.now()
        self._require_ownership()
        turn = self._model.respond(
            ModelRequest(
                instructions=self._run.prompt or "",
                items=self._items,
                tools=self._toolbox.specs,
                conversation_id=self._run.run_id,
                seconds=self._clock.seconds_left() - COMMIT_SECONDS,
            )
        )
        # A cancellation that was answered while the model thought must not be followed by any work.
        self._require_ownership()
        results = [self._toolbox.execute(call, self._workspace) for call in turn.calls]
        answers = [tool_output(call, result.output) for call, result in zip(turn.calls, results, strict=True)]
        self._items = [*self._items, *turn.items, *answers]
        self._commit(turn, results, began)

    def _require_ownership(self) -> None:
        if self._backend.log.has(self._run.key, self._run.version + 1):
            raise RunStopped

    def _commit(self, turn: ModelTurn, results: Sequence[ToolResult], began: datetime) -> None:
        """Blobs, then the snapshot, then the transcript, then the entry: a crash in between leaves only garbage."""
        run, now = self._run, self._clock.now()
        slot = run.version + 1
        name = f"{slot:05}-{self._writer}.json.gz"
        area, snapshot = area_of(run.key), run.snapshot or ""
        if self._workspace.changed:
            snapshot = area.of_run(run.run_id, "snapshots", name)
            self._backend.blobs.put(snapshot, self._workspace.save().encode())
        transcript = area.of_run(run.run_id, "transcript", name)
        store_transcript(self._backend.blobs, transcript, self._items)
        final = not turn.calls or any(result.tool == FINISH and result.ok for result in results)
        usage = _usage(turn, (now - began).total_seconds())
        change = TurnTaken(transcript=transcript, snapshot=snapshot, usage=usage, final=final)
        percent = events.PROCESSING_RESULTS.percent if final else turn_progress(run.turns + 1)
        told = (*_steps(run, turn, results, now), _progress(percent, final=final))
        entry = Entry(slot=slot, writer=self._writer, at=now, change=change, progress=percent, events=told)
        self._run = self._append(run, entry)

    def _append(self, run: Run, entry: Entry) -> Run:
        try:
            return self._backend.runs.append(run, entry)
        except SlotTaken as taken:
            raise RunStopped from taken


def turn_progress(turns: int) -> int:
    """How far a run is after so many turns: from 30 towards 70, ever slower, since nobody knows how many will come."""
    return min(69, 30 + round(40 * (1 - 0.85**turns)))


def _progress(percent: int, *, final: bool) -> Event:
    return events.progress(events.PROCESSING_RESULTS if final else events.EXECUTING, percent)


def _steps(run: Run, turn: ModelTurn, results: Sequence[ToolResult], now: datetime) -> list[Event]:
    steps = []
    if turn.text.strip():
        steps.append(Step(number=run.steps, at=now, role="assistant", content=clip(turn.text, MAX_SHOWN)))
    steps += [_tool_step(result, now) for result in results]
    numbered = (replace(step, number=run.steps + place) for place, step in enumerate(steps))
    return [events.step(run.run_id, step) for step in numbered]


def _tool_step(result: ToolResult, now: datetime) -> Step:
    args = {
        name: clip(value, MAX_SHOWN) if isinstance(value, str) else value for name, value in (result.args or {}).items()
    }
    if result.tool == FINISH and result.ok:
        return Step(
            number=0,
            at=now,
            role="assistant",
            content=str(args.get("summary", "")),
            intent_kind=result.intent,
            ok=True,
        )
    return Step(
        number=0,
        at=now,
        role="tool",
        content=clip(result.output, MAX_SHOWN),
        intent_kind=result.intent,
        intent_target=result.path,
        ok=result.ok,
        files=(result.path,) if result.path and result.ok else (),
        tool_name=result.tool,
        tool_args=args,
    )


def _usage(turn: ModelTurn, seconds: float) -> Usage:
    tokens = turn.usage
    return Usage(
        model_calls=1,
        input_tokens=tokens.input,
        cached_tokens=tokens.cached,
        output_tokens=tokens.output,
        reasoning_tokens=tokens.reasoning,
        tool_calls=len(turn.calls),
        seconds=round(seconds, 3),
    )


def _turn_limit(limit: int) -> ModelFailure:
    return ModelFailure(
        ErrorType.LIMIT_REACHED,
        f"the run took {limit} turns without finishing",
        "Give a smaller task, or split it over several runs with from_run_id.",
    )


def _run_error(failure: ModelFailure) -> RunError:
    return RunError(
        step="agent",
        tool="model",
        error_type=failure.error_type,
        message=failure.message,
        suggestion=failure.suggestion,
        retryable=failure.retryable,
    )
