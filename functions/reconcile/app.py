"""Repairs runs whose execution ended or never started: on a schedule, and when an execution ends badly.

Each minute it begins what schedules have due.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from time import monotonic
from typing import Literal

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AwareDatetime, BaseModel, Field, Json

from swarm.ids import RunKey
from swarm.lifecycle.reconciliation import Repairs, reconcile, repair
from swarm.lifecycle.scheduling import run_due
from swarm.logs import log
from swarm.metrics import RUNS_BROKEN, RUNS_REPAIRED, record
from swarm.records.backend import backend

LOOK_SECONDS = 50.0
"""Then a look begins nothing more: the next one, a minute after it, goes on, and would else do the same beside it."""


class Detail(BaseModel):
    """The part of a Step Functions Execution Status Change that says which run it was."""

    input: Json[RunKey]


class Event(BaseModel):
    """An EventBridge event; a scheduled one has no execution in its detail.

    Its time is that of the reconciliation, so that an event that was held up finds nothing overdue before it is. With
    `only` it is the event of each minute.
    """

    time: AwareDatetime | None = None
    only: Literal["schedules"] | None = None
    detail_type: str = Field(default="", alias="detail-type")
    detail: Detail | dict[str, object] = Field(default_factory=dict, union_mode="left_to_right")


@log.inject_lambda_context
def handler(event: object, context: LambdaContext) -> dict[str, int]:
    """How many runs were looked at, and what was done about them; each minute, schedules that were due, or are left."""
    told = Event.model_validate(event)
    now, detail = told.time or datetime.now(UTC), told.detail
    if told.only is not None:
        began = monotonic()
        look = run_due(backend(), now, lambda: LOOK_SECONDS - (monotonic() - began))
        return {"schedules": look.seen, "left": look.left}
    if isinstance(detail, Detail):
        repairs = Repairs()
        repair(backend(), detail.input, repairs, now)
    else:
        repairs = reconcile(backend(), now)
    repaired = repairs.settled + repairs.started + repairs.failed + repairs.forgotten
    record({RUNS_REPAIRED: repaired, RUNS_BROKEN: repairs.broken})
    log.info("reconciled", **asdict(repairs))
    return asdict(repairs)
