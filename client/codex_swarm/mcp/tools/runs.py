"""Tools that wait for runs, look at them, talk to them and stop them."""

from __future__ import annotations

import asyncio
from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from codex_swarm.listing import RunFilter
from codex_swarm.mcp.answers.runs import (
    Cancelled,
    RunAnswer,
    RunList,
    RunState,
    Sent,
    Withdrawn,
    answer_of,
    line_of,
    sent,
    state_of,
)
from codex_swarm.mcp.problems import of_tool
from codex_swarm.mcp.tools.base import MOST_FILES, RunId, Toolset
from codex_swarm.models import DecisionKind, MessageMode, ModelsRead, RunRead, RunStatus

LONGEST_WAIT = 45
"""Seconds that `wait_run` waits at most. With the last question it holds for 50; clients give up at 60."""

ONE_ANSWER = 5.0
"""Seconds that one question of `wait_run` may take."""


class RunTools(Toolset):
    """The tools for runs that were begun."""

    async def wait_run(
        self,
        run_id: RunId,
        context: Context,
        seconds: Annotated[int, Field(ge=0, le=LONGEST_WAIT, description="How long to wait at most.")] = 40,
    ) -> RunState:
        """Wait for a run to end, for less than a minute. While poll_after_ms is not null, call it again."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        client = self._client.with_options(timeout=ONE_ANSWER, call_timeout=ONE_ANSWER, retries=1)
        told: RunRead | None = None
        with of_tool():
            while True:
                run = await client.get_run(run_id)
                if told is None or (run.progress, run.status) != (told.progress, told.status):
                    await context.report_progress(run.progress, 100, run.status.value)
                told = run
                left = deadline - clock()
                if run.status.final or run.waiting_for or left <= 0:
                    return state_of(run)
                await asyncio.sleep(min(1.0, left))

    async def get_run(self, run_id: RunId) -> RunAnswer:
        """Get how a run stands: state, main output, problems with suggestions, what it used."""
        with of_tool():
            return answer_of(await self._client.get_run(run_id))

    async def list_runs(
        self,
        project_id: Annotated[str | None, Field(description="Only of this project.")] = None,
        state: Annotated[RunStatus | None, Field(description="Only runs that stand so.")] = None,
        waiting: Annotated[bool, Field(description="Only runs that wait for your user.")] = False,
        parent_run_id: Annotated[str | None, Field(description="Only runs that do parts of this run's task.")] = None,
        limit: Annotated[int, Field(ge=1, le=MOST_FILES)] = 20,
        cursor: str | None = None,
    ) -> RunList:
        """List runs, newest first."""
        wanted = RunFilter(brief=True)
        if state is not None:
            wanted["status"] = state
        if waiting:
            wanted["waiting"] = True
        if parent_run_id is not None:
            wanted["parent_run_id"] = parent_run_id
        with of_tool():
            page = await self._client.page_runs(project_id, limit=limit, cursor=cursor, **wanted)
        return RunList(runs=[line_of(run) for run in page.items], next_cursor=page.next_cursor)

    async def get_thread(self, thread_id: Annotated[str, Field(description="Of get_run.")]) -> RunList:
        """List the runs of one conversation, newest first: a message to a run that has ended begins another."""
        with of_tool():
            return RunList(runs=[line_of(run) for run in await self._client.get_thread(thread_id)], next_cursor=None)

    async def list_models(self) -> ModelsRead:
        """List the models that runs may use, for `model`, `effort` and `hosted_tools` of start_run."""
        with of_tool():
            return await self._client.list_models()

    async def send_message(
        self,
        run_id: RunId,
        text: Annotated[str, Field(description="What the agent should know or do.")],
        mode: Annotated[
            MessageMode, Field(description="`steer`: before its next turn; `followup`: when it would finish.")
        ] = MessageMode.STEER,
        files: Annotated[dict[str, str] | None, Field(description="Small texts that come with it, by path.")] = None,
        upload_ids: Annotated[list[str] | None, Field(description="Of upload_file.")] = None,
    ) -> Sent:
        """Say something to a run: change what it is doing, or go on from a run that has ended.

        A run that has ended stays as it is; the answer is then a new run with its files and its whole conversation.
        Call wait_run with the run_id of the answer.
        """
        with of_tool():
            said = await self._client.send_message(run_id, text, mode, files=files, uploads=upload_ids or ())
            if isinstance(said, RunRead):
                return sent(said, None)
            return sent(await self._client.get_run(run_id), said)

    async def withdraw_message(
        self, run_id: RunId, message_id: Annotated[str, Field(description="As send_message answered it.")]
    ) -> Withdrawn:
        """Take back a message that the agent has not read yet."""
        with of_tool():
            await self._client.withdraw_message(run_id, message_id)
        return Withdrawn(run_id=run_id, message_id=message_id)

    async def decide(
        self,
        run_id: RunId,
        decision: Annotated[
            DecisionKind,
            Field(
                description="`answer` a question; `approve` or `deny` a step; `output` or `error` of one of your tools."
            ),
        ],
        text: Annotated[str, Field(description="The answer of your user, or what your tool gave.")] = "",
        request_id: Annotated[str | None, Field(description="Of get_run; else the first that waits.")] = None,
    ) -> RunState:
        """Tell a run what your user decided about what it waits for. Ask your user first: it is not yours to decide.

        Only calls of tools that you gave to start_run are yours to answer.
        """
        with of_tool():
            return state_of(await self._client.decide(run_id, decision, text, request_id=request_id))

    async def cancel_run(self, run_id: RunId) -> Cancelled:
        """Stop a run for good. What it has done so far stays."""
        with of_tool():
            await self._client.cancel_run(run_id)
        return Cancelled(run_id=run_id)
