"""Runs that call functions of the application."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Unpack

from codex_swarm.calls.runs import RunOptions
from codex_swarm.calls.watching import WatchCalls
from codex_swarm.errors import Conflict, InvalidArgument
from codex_swarm.function_schemas import tool_of
from codex_swarm.models import MAX_ANSWER, MAX_TOOL_OUTPUT, DecisionKind, RequestKind, RequestRead, RunRead

APPLICATION = "application"


class ToolCalls(WatchCalls):
    """Runs with tools of the application's own."""

    async def run_with_tools(
        self,
        project_id: str,
        instructions: str,
        tools: Mapping[str, Callable[..., Any]],
        *,
        timeout: float | None = None,
        poll: float = 1.0,
        **options: Unpack[RunOptions],
    ) -> RunRead:
        """Starts a run that may call these functions, calls them, and returns the run once it has ended.

        What the agent is told of a function is its docstring and its type hints. What it returns goes to the agent,
        as a text or as JSON; what it raises, too, by its message. Of an `AsyncCodexSwarmClient` it may be a coroutine
        function. A run that waits for people is returned, with `waiting_for`; `go_on_with_tools` takes it up again.
        """
        offered = [tool_of(name, function) for name, function in _functions(tools).items()]
        run = await self.start_run(project_id, instructions, tools=offered, **options)
        return await self.go_on_with_tools(run.id, tools, timeout=timeout, poll=poll)

    async def go_on_with_tools(
        self,
        run_id: str,
        tools: Mapping[str, Callable[..., Any]],
        *,
        timeout: float | None = None,
        poll: float = 1.0,
    ) -> RunRead:
        """Calls these functions for a run until it has ended, or waits for people; from any process, at any time."""
        functions = _functions(tools)
        deadline = self._deadline(timeout)
        while True:
            left = None if deadline is None else max(0.0, deadline - self._connection.clock())
            run = await self.wait(run_id, left, poll=poll, until_asked=True)
            waits = [each for each in run.requests if each.decision is None]
            calls = [each for each in waits if each.kind is RequestKind.TOOL]
            if run.status.final or not calls:
                return run
            for call in calls:
                kind, text = await _called(functions.get(call.name), call)
                # Another process of the application may have been quicker, or an answer was lost.
                with suppress(Conflict):
                    await self.decide(run, kind, text, request_id=call.request_id, decided_by=APPLICATION)


def _functions(tools: object) -> Mapping[str, Callable[..., Any]]:
    """Functions by their names. Raises `InvalidArgument` for anything else."""
    if not isinstance(tools, Mapping) or not all(isinstance(each, str) and callable(tools[each]) for each in tools):
        raise InvalidArgument("tools takes functions by their names, such as {'look_up': look_up}")
    return tools


async def _called(function: Callable[..., Any] | None, call: RequestRead) -> tuple[DecisionKind, str]:
    if function is None:
        return DecisionKind.ERROR, f"this application has no {call.name}"
    try:
        given = function(**(call.arguments or {}))
        output = await given if inspect.isawaitable(given) else given
        text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    except Exception as error:  # noqa: BLE001  whatever a function of the application raises is the agent's to deal with
        return DecisionKind.ERROR, f"{type(error).__name__}: {error}"[:MAX_ANSWER]
    if len(text) > MAX_TOOL_OUTPUT:
        return DecisionKind.ERROR, f"the output has {len(text)} characters, and {MAX_TOOL_OUTPUT} fit; ask for less"
    return DecisionKind.OUTPUT, text
