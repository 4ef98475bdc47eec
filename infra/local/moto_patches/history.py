"""Step Functions: an execution ends with its 25,000th event, whatever it was about to do."""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError

from infra.local.moto_patches.wrapping import Wrapper, wrap

LIMIT = 25_000
CAUSE = "The execution reached the maximum number of history events (25000)."


def end_at_the_limit() -> None:
    """moto counts events, and lets there be any number of them."""
    wrap(Environment, "__init__", _know_environment)
    wrap(EventManager, "add_event", _add_within_limit)
    # What the interrupted state still does must not decide how it all ended.
    wrap(Environment, "set_error", _unless_at_the_limit)
    wrap(Environment, "set_timed_out", _unless_at_the_limit)


def _know_environment(original: Wrapper, env: Any, *args: Any, **kwargs: Any) -> None:
    original(env, *args, **kwargs)
    # The parts of an execution have environments of their own, and take over the events of the whole.
    env.event_manager.environment = env
    env.event_manager.at_the_limit = False


def _add_within_limit(original: Wrapper, events: Any, context: Any, event_type: Any, *args: Any, **kwargs: Any) -> int:
    if events._event_id_gen._next_id < LIMIT or event_type == HistoryEventType.ExecutionFailed:
        added: int = original(events, context, event_type, *args, **kwargs)
        return added
    if not events.at_the_limit:
        events.at_the_limit = True
        events.environment.set_error(ExecutionFailedEventDetails(error="States.Runtime", cause=CAUSE))
    return LIMIT


def _unless_at_the_limit(original: Wrapper, env: Any, *args: Any, **kwargs: Any) -> None:
    if not (env.event_manager.at_the_limit and isinstance(env._program_state, ProgramError)):
        original(env, *args, **kwargs)
