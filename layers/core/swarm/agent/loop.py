"""What the agent's function does with a run: take turns for it, or whatever there is to do instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from codex_swarm.models import RunError
from swarm.agent.model import Model
from swarm.agent.slice import AgentAnswer, Clock, Slice
from swarm.agent.spans import NO_SPANS, Spans, TracedModel
from swarm.errors import ModelFailure, RunStopped
from swarm.ids import RunKey
from swarm.lifecycle import decisions, transitions
from swarm.lifecycle.ending import apply_end_effects
from swarm.lifecycle.transitions import Outcome
from swarm.records.backend import Backend
from swarm.runs.catalogue import OFFLINE
from swarm.runs.run import Run


def work(
    backend: Backend,
    key: RunKey,
    model_for: Callable[[Run], Model],
    clock: Clock,
    *,
    writer: str,
    round_: int = 0,
    spans: Spans = NO_SPANS,
) -> AgentAnswer:
    """Take turns for this run, and end it when the model is done; never raises for what the model did.

    `round_` is that of the execution that asks. Another has a run that went on when people had decided something.
    """
    run, entries = backend.runs.history(key.tenant_id, key.run_id)
    if (answered := _without_a_turn(backend, run, round_)) is not None:
        return AgentAnswer(answered)
    try:
        remembering = replace(backend, objects=backend.remembered)
        provider = backend.models.entry(run.model).provider if run.model else OFFLINE
        with spans.of_agent(run, provider):
            model = TracedModel(model_for(run), provider, spans) if spans is not NO_SPANS else model_for(run)
            return Slice(remembering, run, entries, model, clock, writer, spans).turns()
    except ModelFailure as failure:
        return AgentAnswer(transitions.fail(backend, key, _run_error(failure), writer=writer, now=clock.now()))
    except RunStopped:
        return _give_up_the_run(backend, key)


def _without_a_turn(backend: Backend, run: Run, round_: int) -> Outcome | None:
    """What the state machine does with a run for which there is no turn to take just now; None where there is."""
    if run.status.final:
        apply_end_effects(backend, run)
        return Outcome.ENDED
    if run.rounds != round_:
        return Outcome.ENDED
    if run.waits:
        # Whoever asked may not have lived to show it.
        backend.runs.store(run)
        decisions.apply_wait_effects(backend, run)
        return Outcome.ASKED
    return Outcome.FINISH if run.finished_turns else None


def _give_up_the_run(backend: Backend, key: RunKey) -> AgentAnswer:
    """The answer of a process that lost the run: it completes the run's end, or asks to be called again.

    Where another process took the run over, nobody may be listening to that one. The state machine listens to one of
    the two; if that is this one, it makes a fresh call, which takes the run over in its turn.
    """
    run = backend.runs.current(key.tenant_id, key.run_id)
    if not run.status.final:
        return AgentAnswer(Outcome.CONTINUE)
    apply_end_effects(backend, run)
    return AgentAnswer(Outcome.ENDED)


def _run_error(failure: ModelFailure) -> RunError:
    return RunError(
        step="agent",
        tool=failure.tool,
        error_type=failure.error_type,
        message=failure.message,
        suggestion=failure.suggestion,
        retryable=failure.retryable,
    )
