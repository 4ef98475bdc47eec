"""What tools for batches answer."""

from __future__ import annotations

from pydantic import BaseModel, Field

from codex_swarm.models import BatchRead, RunStatus

POLL_BATCH_MS = 10_000


class BatchState(BaseModel):
    """How a batch stands."""

    batch_id: str
    state: RunStatus = Field(description="`running`; at the end `succeeded` when all were, else `failed`, `cancelled`.")
    items: int
    done: int = Field(description="How many have ended, however they did.")
    failed: int
    poll_after_ms: int | None = Field(description="Ask again after so long; null when all have ended.")


class BatchTable(BatchState):
    """A batch with the beginning of its report."""

    report: str = Field(description="A row for each item, as a Markdown table; the beginning of it.")
    is_whole: bool


def state_of_batch(batch: BatchRead) -> BatchState:
    """How a batch stands, and when to ask again."""
    return BatchState(
        batch_id=batch.id,
        state=batch.status,
        items=batch.items,
        done=batch.items - batch.waiting - batch.running,
        failed=batch.failed,
        poll_after_ms=None if batch.ended_at else POLL_BATCH_MS,
    )
