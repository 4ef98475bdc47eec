"""Clears away deleted projects, runs that are no longer kept, and files that nothing refers to: on a schedule."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from swarm.logs import log
from swarm.metrics import CLEANUPS_FAILED, FILES_SWEPT, PROJECTS_CLEARED, RUNS_REMOVED, record
from swarm.records.backend import backend
from swarm.retention.cleaning import clean


@log.inject_lambda_context
def handler(event: object, context: LambdaContext) -> dict[str, int]:
    """How much was cleared away. What there was no time for is left to the next round."""
    cleared = clean(backend(), datetime.now(UTC), lambda: context.get_remaining_time_in_millis() / 1_000)
    record(
        {
            RUNS_REMOVED: cleared.runs,
            FILES_SWEPT: cleared.files,
            PROJECTS_CLEARED: cleared.projects,
            CLEANUPS_FAILED: cleared.failed,
        }
    )
    log.info("cleaned", **asdict(cleared))
    return asdict(cleared)
