"""What people see of a turn: what the model said, and what it did, message by message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import JsonValue

from codex_swarm.models import PlanStep, StepEvent
from swarm.adapters import adapter
from swarm.agent.hosted import HostedCall, hosted_calls
from swarm.agent.model import ModelTurn
from swarm.agent.tools.tool import FINISH, UPDATE_PLAN
from swarm.agent.tools.toolbox import ToolResult
from swarm.runs.conversation import Item
from swarm.runs.events import MAX_SHOWN, step_id
from swarm.runs.hosted_tools import WEB_SEARCH
from swarm.runs.run import Run
from swarm.text import clip


def is_finish(result: ToolResult) -> bool:
    """Whether the call ended the agent's work."""
    return result.tool == FINISH and result.ok


def result_of(results: Sequence[ToolResult]) -> JsonValue:
    """What `finish` gave as the result; None where it gave none."""
    return next(((each.args or {}).get("result") for each in results if is_finish(each)), None)


def plan_of(results: Sequence[ToolResult]) -> tuple[PlanStep, ...] | None:
    """The plan that the turn's last `update_plan` gave; None where there was none."""
    plans = [result.args for result in results if result.tool == UPDATE_PLAN and result.ok and result.args]
    return tuple(adapter(list[PlanStep]).validate_python(plans[-1].get("steps"))) if plans else None


def closing_words(text: str, results: Sequence[ToolResult]) -> str | None:
    """What the model says at the end of its work: the summary of `finish`, or else its text."""
    summaries = [str((result.args or {}).get("summary", "")) for result in results if is_finish(result)]
    said = next((text.strip() for text in [*summaries, text] if text.strip()), None)
    return None if said is None else clip(said, MAX_SHOWN)


def steps_of_turn(
    run: Run, turn: ModelTurn | None, results: Sequence[ToolResult], read: Sequence[Item], now: datetime
) -> list[StepEvent]:
    """The step events of one turn, numbered on from those that the run has; first of the messages that it read.

    What the provider looked up comes before what the model said of it. Without a turn it is no new one, but what came
    of the last one's calls once people had decided.
    """
    said = turn.text.strip() if turn else ""
    steps = [_tool_step(result, now) for result in results]
    # A model often says its last words twice: as text, and as the summary of `finish`.
    if said and all(step.role != "assistant" or step.content != clip(said, MAX_SHOWN) for step in steps):
        steps.insert(0, StepEvent(step_id="", role="assistant", content=clip(said, MAX_SHOWN), t=now))
    looked_up = [_hosted_step(call, now) for call in hosted_calls(turn.items if turn else ())]
    return _numbered(run, [*_said(read, now), *looked_up, *steps], run.turns + (turn is not None))


def steps_of_messages(run: Run, read: Sequence[Item], now: datetime) -> list[StepEvent]:
    """The step events of messages that are read when the work has been judged, numbered on."""
    return _numbered(run, _said(read, now), run.turns)


def _said(read: Sequence[Item], now: datetime) -> list[StepEvent]:
    return [StepEvent(step_id="", role="user", content=clip(str(item["content"]), MAX_SHOWN), t=now) for item in read]


def steps_of_results(run: Run, results: Sequence[ToolResult], now: datetime) -> list[StepEvent]:
    """The step events of calls that an untrusted function did, numbered on."""
    return _numbered(run, [_tool_step(result, now) for result in results], run.turns)


def _numbered(run: Run, steps: Sequence[StepEvent], turn: int) -> list[StepEvent]:
    numbers = range(run.steps, run.steps + len(steps))
    return [
        step.model_copy(update={"step_id": step_id(run.run_id, number), "turn": turn})
        for number, step in zip(numbers, steps, strict=True)
    ]


def _hosted_step(call: HostedCall, now: datetime) -> StepEvent:
    return StepEvent(
        step_id="",
        role="tool",
        content=clip(call.output, MAX_SHOWN),
        t=now,
        intent_kind="search" if call.tool == WEB_SEARCH else "call",
        ok=call.ok,
        tool_name=call.shown,
        tool_args={
            name: clip(value, MAX_SHOWN) if isinstance(value, str) else value for name, value in call.arguments.items()
        },
    )


def _tool_step(result: ToolResult, now: datetime) -> StepEvent:
    args: dict[str, JsonValue] = {
        name: clip(value, MAX_SHOWN) if isinstance(value, str) else value for name, value in (result.args or {}).items()
    }
    if is_finish(result):
        summary = clip(str(args.get("summary", "")).strip(), MAX_SHOWN)
        return StepEvent(step_id="", role="assistant", content=summary, t=now, intent_kind=result.intent, ok=True)
    return StepEvent(
        step_id="",
        role="tool",
        content=clip(result.output, MAX_SHOWN),
        t=now,
        intent_kind=result.intent,
        intent_target=result.path,
        ok=result.ok,
        files=list(result.files) or ([result.path] if result.path and result.ok else None),
        tool_name=result.tool,
        tool_args=args,
    )
