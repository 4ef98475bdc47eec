"""Clears away deleted projects, runs that are no longer kept, and files that nothing refers to: on a schedule."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from swarm.logs import log
from swarm.records.backend import backend
from swarm.retention.cleaning import clean


@log.inject_lambda_context
def handler(event: object, context: LambdaContext) -> dict[str, int]:
    """How much was cleared away. What there was no time for is left to the next round."""
    cleared = clean(backend(), datetime.now(UTC), lambda: context.get_remaining_time_in_millis() / 1_000)
    log.info("cleaned", **asdict(cleared))
    return asdict(cleared)
