"""Tools for batches: the same task for many items."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from codex_swarm.mcp.answers.batches import BatchState, BatchTable, state_of_batch
from codex_swarm.mcp.problems import of_tool
from codex_swarm.mcp.tools.base import LONGEST_TEXT, ProjectId, Toolset
from codex_swarm.models import TaskType
from codex_swarm.text import printable

BatchId = Annotated[str, Field(description="The batch's id, as start_batch answered it.")]


class BatchTools(Toolset):
    """The tools for batches."""

    async def start_batch(
        self,
        instructions: Annotated[str, Field(description="What each run is to do; {{name}} for a value of the item.")],
        items: Annotated[list[dict[str, str]], Field(description="The values by name, for one run each.")],
        project_id: ProjectId = None,
        name: Annotated[str | None, Field(description="A short name, for people.")] = None,
        task_type: Annotated[TaskType | None, Field(description="The kind of work.")] = None,
        from_run_id: Annotated[str | None, Field(description="Each begins with the files of this run.")] = None,
        upload_ids: Annotated[list[str] | None, Field(description="Of upload_file; each begins with these.")] = None,
    ) -> BatchState:
        """Start the same task for many items, a run each, and return at once. Then ask get_batch now and then."""
        template = {
            "instructions": instructions,
            "task_type": task_type,
            "from_run_id": from_run_id,
            "uploads": upload_ids,
        }
        with of_tool():
            batch = await self._client.start_batch(
                project_id or self._project,
                {field: value for field, value in template.items() if value is not None},
                items,
                name=name,
            )
        return state_of_batch(batch)

    async def get_batch(self, batch_id: BatchId) -> BatchTable:
        """Look at a batch: how far it is, and a row for each item. A row's link names its run."""
        with of_tool():
            batch = await self._client.get_batch(batch_id)
            report = await self._client.get_batch_table(batch_id, "markdown")
        state = state_of_batch(batch).model_dump()
        return BatchTable(**state, report=printable(report[:LONGEST_TEXT]), is_whole=len(report) <= LONGEST_TEXT)

    async def cancel_batch(self, batch_id: BatchId) -> BatchState:
        """Stop a batch for good: no more runs begin, and those under way end. What has been done stays."""
        with of_tool():
            return state_of_batch(await self._client.cancel_batch(batch_id))

    async def retry_batch(self, batch_id: BatchId) -> BatchState:
        """Try again what failed in a batch that has ended."""
        with of_tool():
            return state_of_batch(await self._client.retry_batch(batch_id))
