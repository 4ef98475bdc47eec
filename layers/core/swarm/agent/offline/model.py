"""A model without a provider: the same conversation always gets the same turn.

It is a pure function of the conversation. What it has done so far it reads from the calls that are already there,
so any process can take over at any turn.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from codex_swarm.models import TaskType
from swarm.agent.model import ModelRequest, ModelTurn, ToolCall, ToolSpec
from swarm.agent.offline.examples import example_of
from swarm.agent.offline.grammar import understand
from swarm.agent.offline.lookups import looked_up
from swarm.agent.offline.reviewing import mending, review
from swarm.agent.offline.script import Made, next_turn
from swarm.agent.offline.scripts import script_for
from swarm.agent.offline.turns import PlannedCall, PlannedTurn
from swarm.agent.tools.tool import FINISH, JUDGE
from swarm.agent.writing import draft_of
from swarm.errors import ModelFailure
from swarm.runs.acceptance import FEEDBACK
from swarm.runs.catalogue import OFFLINE
from swarm.runs.conversation import Item, assistant_message
from swarm.runs.error_types import ErrorType
from swarm.runs.usage import TokenUsage


class OfflineModel:
    """Reads plain instructions (see `grammar`) and carries them out with the tools that are offered."""

    name = OFFLINE
    effort: str | None = None
    offline = True
    compacts = False

    def __init__(
        self, task_type: TaskType, sleep: Callable[[float], None] = time.sleep, hosted: Collection[str] = ()
    ) -> None:
        self._task_type = task_type
        self._hosted = frozenset(hosted)
        self._sleep = sleep

    def respond(self, request: ModelRequest) -> ModelTurn:
        """The next turn of the plan. Raises `ModelFailure` only where the instructions say `fail with`."""
        instructions, since = _last_instructions(request.items)
        specs, made = {spec.name: spec for spec in request.tools}, _made(since)
        turn = self._planned(instructions, self._hosted.union(specs), made, _earlier(request, since))
        if turn.failure is not None:
            raise _asked_for(turn.failure)
        first = sum(1 for _ in _calls(request.items))
        items, found = looked_up(turn.looked_up)
        answer = _as_turn(turn, [_call(call, specs, first + place) for place, call in enumerate(turn.calls)])
        if items:
            text = f"{found}\n\n{answer.text}".strip()
            answer = replace(answer, items=[*items, *answer.items], text=text)
        request.wrote(lambda: draft_of(answer.text, [call.arguments for call in answer.calls]))
        if turn.seconds:
            self._sleep(max(0.0, min(turn.seconds, request.seconds)))
        return answer

    def _planned(
        self, instructions: str, offered: frozenset[str], made: Sequence[Made], earlier: Callable[[], str]
    ) -> PlannedTurn:
        if JUDGE in offered:
            return review(instructions, made)
        if instructions.startswith(FEEDBACK):
            return mending(instructions, made)
        understood = understand(instructions, self._task_type)
        script = script_for(understood, self._task_type, offered, [each.ok for each in made], earlier)
        return next_turn(script, made)


def _asked_for(said: str) -> ModelFailure:
    """The failure that `fail with` asks for; of a certain kind where it begins with an error type's name."""
    name, _, message = said.partition(":")
    suggestion = "The instructions asked for this failure."
    if name.strip() in set(ErrorType):
        return ModelFailure(ErrorType(name.strip()), message.strip() or "failed as asked", suggestion)
    return ModelFailure(ErrorType.RUNTIME, said, suggestion)


def _last_instructions(items: Sequence[Item]) -> tuple[str, Sequence[Item]]:
    """The text of the last user message, and what came after it."""
    for place in range(len(items) - 1, -1, -1):
        if items[place].get("role") == "user":
            return _text(items[place].get("content")), items[place + 1 :]
    return "", items


def _earlier(request: ModelRequest, since: Sequence[Item]) -> Callable[[], str]:
    """Gives all that was said and done before, in no form but its order."""
    return lambda: request.instructions + json.dumps(list(request.items[: len(request.items) - len(since)]))


def _text(content: JsonValue) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _calls(items: Iterable[Item]) -> Iterable[Item]:
    return (item for item in items if item.get("type") == "function_call")


def _made(items: Sequence[Item]) -> list[Made]:
    """These calls and what they came to, in the order of the calls."""
    outputs = {
        item.get("call_id"): str(item.get("output")) for item in items if item.get("type") == "function_call_output"
    }
    return [
        Made(str(call.get("name")), json.loads(str(call.get("arguments"))), outputs.get(call.get("call_id"), ""))
        for call in _calls(items)
    ]


def _call(planned: PlannedCall, specs: Mapping[str, ToolSpec], number: int) -> ToolCall:
    """The call with every property that the tool declares; strict tools want the optional ones as null."""
    spec = specs.get(planned.tool)
    properties = spec.parameters.get("properties") if spec and spec.strict else None
    declared = dict.fromkeys(properties) if isinstance(properties, dict) else {}
    arguments = {**declared, **planned.arguments}
    if planned.tool == FINISH:
        arguments = {name: value for name, value in arguments.items() if name != "result"} | _result(planned, spec)
    return ToolCall(f"call_{number}", planned.tool, json.dumps(arguments))


def _result(planned: PlannedCall, spec: ToolSpec | None) -> dict[str, JsonValue]:
    """The result that `finish` wants of a run with a schema for one: as it was asked for, or any that fits."""
    properties = spec.parameters.get("properties") if spec else None
    if not isinstance(properties, dict) or "result" not in properties:
        return {}
    return {"result": planned.arguments.get("result", example_of(properties["result"]))}


def _as_turn(turn: PlannedTurn, calls: Sequence[ToolCall]) -> ModelTurn:
    asked: list[Item] = [
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
        for call in calls
    ]
    return ModelTurn([assistant_message(turn.says), *asked], turn.says, tuple(calls), TokenUsage())
