"""Webhooks: what a receiver is sent, the secret that signs it, and how far it got."""

from pydantic import Field

from codex_swarm.models.batches import BatchRead
from codex_swarm.models.conversations import RequestRead
from codex_swarm.models.costs import BudgetAlert
from codex_swarm.models.runs import MachineSummary, RunError
from codex_swarm.models.schedules import ScheduleRead
from codex_swarm.models.wire import Asked, RunStatus, Timestamp, Wire, is_none


class WebhookData(Wire):
    """The run that has ended, waits or came upon a budget; the batch that has ended; the schedule that paused.

    A ping has the fields of a run, and no run.
    """

    run_id: str = Field(
        default="",
        description="Empty where it is about a batch or a schedule; of a ping an id of its own, which no run has.",
    )
    project_id: str
    status: RunStatus
    name: str = Field(default="", description="Of the run, batch or schedule, as it was given or made.")
    metadata: dict[str, str] = Field(default_factory=dict, description="What was noted when the run was started.")
    machine_summary: MachineSummary | None = None
    closing_words: str | None = Field(default=None, description="What the agent said at the end.")
    errors: list[RunError] = Field(
        default_factory=list,
        description="What went wrong, each with what to do about it; of a failed run at least one.",
    )
    waiting_for: list[RequestRead] | None = Field(
        default=None, exclude_if=is_none, description="Of `run.waiting`: what is to be decided."
    )
    batch: BatchRead | None = Field(default=None, exclude_if=is_none, description="Where it is about a batch.")
    budget: BudgetAlert | None = Field(
        default=None, exclude_if=is_none, description="Of `budget.warning` and `budget.exhausted`: which budget."
    )
    schedule: ScheduleRead | None = Field(
        default=None, exclude_if=is_none, description="Of `schedule.paused`: the schedule, once it has paused."
    )


class WebhookPayload(Wire):
    """What a receiver is sent, signed by Standard Webhooks."""

    type: str = Field(
        description="`run.succeeded`, `run.failed`, `run.cancelled` or `run.waiting`; `batch.succeeded`, `batch.failed`"
        " or `batch.cancelled`; `budget.warning` or `budget.exhausted`; `schedule.paused`; `ping`."
    )
    timestamp: Timestamp = Field(
        description="When it ended, began to wait, or came upon the budget; of a ping when it was asked for."
    )
    data: WebhookData


class WebhookPingCreate(Asked):
    """Asks for a test message."""

    callback_url: str | None = Field(
        default=None, max_length=2_048, description="Where it goes; the project's when left out. https."
    )


class WebhookSecret(Wire):
    """The secret that signs webhooks. Keep it like a password."""

    secret: str = Field(description="Begins with `whsec_`, as libraries for Standard Webhooks take it.")
    created_at: Timestamp
    previous_valid_until: Timestamp | None = Field(
        default=None, description="Until then deliveries are signed with the secret before this one too."
    )


class SecretRotation(Asked):
    """Asks for a new signing secret."""

    overlap_seconds: int = Field(
        default=86_400, ge=0, le=604_800, description="How long the old secret goes on signing beside the new one."
    )


class WebhookDelivery(Wire):
    """One message to one receiver, and how far it got."""

    id: str = Field(description="The `webhook-id` that the receiver sees, the same on every attempt.")
    run_id: str = Field(description="Empty where it is about a batch; of a ping an id of its own, which no run has.")
    batch_id: str | None = None
    project_id: str
    type: str = Field(description="Of the message, such as `run.succeeded` or `ping`.")
    url: str
    status: str = Field(description="`pending`, `delivered` or `dead`.")
    attempts: int
    created_at: Timestamp
    last_attempt_at: Timestamp | None = None
    last_status: int | None = Field(default=None, description="What the receiver answered last.")
    last_error: str | None = Field(default=None, description="Why the last attempt failed.")
    next_attempt_at: Timestamp | None = None
