"""One attempt to tell a receiver, and what follows from how it went."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

from codex_swarm.models import (
    AcceptanceRead,
    BatchRead,
    MachineSummary,
    RequestKind,
    RequestRead,
    RunStatus,
    WebhookData,
    WebhookPayload,
)
from swarm.errors import InvalidCallbackUrl
from swarm.logs import log
from swarm.metrics import WEBHOOKS, record
from swarm.records.backend import Backend
from swarm.records.deliveries import BACKOFF_SECONDS, Delivery, DeliveryStatus
from swarm.runs.acceptance import acceptance_read
from swarm.runs.batches import WAITING, Batch
from swarm.runs.requests import BEGINNING, Request, undecided
from swarm.runs.run import Run
from swarm.webhooks.address import Resolve, resolve_by_system, target_of
from swarm.webhooks.sending import Answer, NotSent, post
from swarm.webhooks.signing import headers

USER_AGENT = "Codex-Swarm-Webhooks/1"
LONGEST_PAUSE = 36_000
"""A receiver's Retry-After counts up to here."""

SPREAD = 0.2
"""A pause is up to this much longer, so that receivers that failed together are not asked together."""

EARLY = timedelta(seconds=1)
"""Pauses are told in whole seconds, so an attempt may come so much before its time."""


DECIDED = "not sent: the run waits for this no longer"
TRIED_AGAIN = "not sent: what failed in this batch is being tried again"


class DeliveryStep(StrEnum):
    """What the state machine of deliveries does next."""

    DONE = "done"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class DeliveryAnswer:
    """What the state machine does next, and after how many seconds."""

    outcome: DeliveryStep
    wait_seconds: int = 0


def attempt(
    backend: Backend,
    tenant_id: str,
    run_id: str,
    now: datetime,
    *,
    wait: int | None = None,
    batch_round: int | None = None,
    resolve: Resolve = resolve_by_system,
) -> DeliveryAnswer:
    """Send the message if it is still to be sent and its time has come, and write down how it went.

    With `wait` it is the one about that wait of the run for people. Once it has gone on nobody is told of it any more.
    With `batch_round` it is the one about that end of a batch, and `run_id` the batch's id. A message about
    a budget has its payload with it, and is about no run.
    """
    message = backend.outbox.find(tenant_id, run_id, wait, batch_round)
    subject = message and _subject(backend, message)
    if message is None or subject is None or message.status is not DeliveryStatus.PENDING:
        # Delivered or given up before, or deleted with its run.
        return DeliveryAnswer(DeliveryStep.DONE)
    if message.next_attempt_at is not None and message.next_attempt_at - now >= EARLY:
        # An execution that began again, or a try of a task that had been done: it would take an attempt away.
        return DeliveryAnswer(DeliveryStep.RETRY, round((message.next_attempt_at - now).total_seconds()))
    if (late := _is_over(message, subject)) is not None:
        backend.outbox.store(replace(message, status=DeliveryStatus.DEAD, last_error=late, next_attempt_at=None))
        return DeliveryAnswer(DeliveryStep.DONE)
    body = _body(subject)
    answer, problem = _sent(backend, message, body, now, resolve)
    after = _after(message, answer, problem, now)
    backend.outbox.store(after)
    record({WEBHOOKS: 1}, status=after.status.value)
    log.info("a delivery was tried", run_id=run_id, delivery_id=message.id, status=after.status, error=after.last_error)
    if after.status is not DeliveryStatus.PENDING or after.next_attempt_at is None:
        return DeliveryAnswer(DeliveryStep.DONE)
    return DeliveryAnswer(DeliveryStep.RETRY, max(1, round((after.next_attempt_at - now).total_seconds())))


def _subject(backend: Backend, message: Delivery) -> Run | Batch | Delivery | None:
    """What the message is about: a run or a batch; itself, of a ping and of a budget. None once it is deleted."""
    if message.is_ping or message.payload:
        return message
    if message.batch_round is not None:
        return backend.batches.find(message.tenant_id, message.run_id)
    run = backend.runs.find(message.tenant_id, message.run_id)
    if run is not None and not run.status.final:
        # The process that wrote the message died before it could show the run as ended.
        run = backend.runs.current(message.tenant_id, message.run_id)
    return run


def _is_over(message: Delivery, subject: Run | Batch | Delivery) -> str | None:
    """Why nobody is to be told of this any more; None where somebody is."""
    if isinstance(subject, Delivery):
        return None
    if isinstance(subject, Batch):
        return TRIED_AGAIN if subject.round != message.batch_round or subject.ended_at is None else None
    waits = message.wait is None or (subject.waits_for_people and subject.rounds == message.wait)
    return None if waits else DECIDED


def _body(subject: Run | Batch | Delivery) -> bytes:
    match subject:
        case Run():
            return payload(subject)
        case Batch():
            return batch_payload(subject)
        case Delivery():
            return subject.payload.encode() if subject.payload else ping_payload(subject)


def _sent(
    backend: Backend, message: Delivery, body: bytes, now: datetime, resolve: Resolve
) -> tuple[Answer | None, str | None]:
    """The receiver's answer, or why there is none."""
    signing = backend.webhook_secrets.get(message.tenant_id, now).valid(now)
    loopback = backend.settings.webhook_loopback
    sent = {"content-type": "application/json", "user-agent": USER_AGENT, **headers(message.id, body, signing, now)}
    try:
        target = target_of(message.url, loopback=loopback)
        return post(target, sent, body, resolve=resolve, loopback=loopback), None
    except (NotSent, InvalidCallbackUrl) as problem:
        return None, str(problem)


def payload(run: Run) -> bytes:
    """The message about a run that has ended, which never changes again and so neither does this; or that waits."""
    open_requests = [request_read(request) for request in undecided(run.requests)] if run.waits_for_people else None
    asked_at = min(request.asked_at for request in open_requests) if open_requests else run.created_at
    message = WebhookPayload(
        type="run.waiting" if run.waits_for_people else f"run.{run.status.value}",
        timestamp=run.ended_at or asked_at,
        data=WebhookData(
            run_id=run.run_id,
            project_id=run.key.project_id,
            status=run.status,
            name=run.name,
            metadata=dict(run.metadata),
            machine_summary=summary_read(run),
            closing_words=run.closing_words,
            errors=list(run.errors),
            waiting_for=open_requests,
        ),
    )
    return message.model_dump_json().encode()


def batch_payload(batch: Batch) -> bytes:
    """The message about a batch that has ended. In its next round nobody is told of this one any more."""
    shown = batch_read(batch)
    message = WebhookPayload(
        type=f"batch.{batch.status.value}",
        timestamp=batch.ended_at or batch.created_at,
        data=WebhookData(project_id=batch.project_id, status=batch.status, name=batch.name, batch=shown),
    )
    return message.model_dump_json().encode()


def batch_read(batch: Batch) -> BatchRead:
    """The batch as callers read it."""
    states = batch.states
    return BatchRead(
        id=batch.id,
        project_id=batch.project_id,
        name=batch.name,
        status=batch.status,
        items=len(states),
        waiting=states.count(WAITING),
        running=len(batch.at_work),
        succeeded=states.count("s"),
        failed=states.count("f"),
        cancelled=states.count("c"),
        round=batch.round,
        usage=batch.usage,
        callback_url=batch.callback_url,
        created_at=batch.created_at,
        cancelled_at=batch.cancelled_at,
        ended_at=batch.ended_at,
    )


def ping_payload(message: Delivery) -> bytes:
    """The message of a ping: shaped as that about a run that succeeded, so that all of a receiver is tried."""
    data = WebhookData(
        run_id=message.run_id,
        project_id=message.project_id,
        status=RunStatus.SUCCEEDED,
        name="A test of the webhook",
        closing_words="No run has ended: somebody asked for this message, to see whether it arrives.",
    )
    return WebhookPayload(type=message.type, timestamp=message.created_at, data=data).model_dump_json().encode()


def summary_read(run: Run) -> MachineSummary | None:
    """The run's summary with its result, its sources and what its work was found to be, which are stored once."""
    also = {"result": run.result, "acceptance": acceptance_of(run), "sources": list(run.cited.sources)}
    return run.summary and run.summary.model_copy(update=also)


def acceptance_of(run: Run) -> AcceptanceRead | None:
    """Whether the run's work is what it has to be like, as callers read it."""
    return acceptance_read(run.acceptance, run.verdicts, run.accepted, reviewing=run.review is not None)


def request_read(request: Request) -> RequestRead:
    """What a run asks of people, as they read it."""
    decision, is_call = request.decision, request.kind is RequestKind.TOOL
    return RequestRead(
        request_id=request.id,
        kind=request.kind,
        name=request.name,
        question=request.question,
        options=list(request.options),
        default=request.default,
        proposal=None if is_call else request.proposal,
        arguments=request.proposal if is_call and isinstance(request.proposal, dict) else None,
        asked_at=request.asked_at,
        deadline=request.deadline,
        decision=decision.kind if decision else None,
        text=decision.text[:BEGINNING] if decision else "",
        decided_by=decision.by if decision else None,
        decided_at=decision.at if decision else None,
    )


def _after(message: Delivery, answer: Answer | None, problem: str | None, now: datetime) -> Delivery:
    tried = replace(
        message,
        attempts=message.attempts + 1,
        last_attempt_at=now,
        last_status=answer.status if answer else None,
        last_error=problem or (_refusal(answer.status) if answer else None),
        next_attempt_at=None,
    )
    if tried.last_error is None:
        return replace(tried, status=DeliveryStatus.DELIVERED)
    gone = answer is not None and answer.status == HTTPStatus.GONE
    if gone or message.is_ping or tried.attempts > len(BACKOFF_SECONDS):
        return replace(tried, status=DeliveryStatus.DEAD)
    return replace(tried, next_attempt_at=now + timedelta(seconds=_pause(tried, answer)))


def _refusal(status: int) -> str | None:
    """Why an answer does not count as taken; None where it does."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if status < HTTPStatus.BAD_REQUEST:
        return f"answered {status}: redirects are not followed"
    return f"answered {status}"


def _pause(tried: Delivery, answer: Answer | None) -> int:
    planned = BACKOFF_SECONDS[tried.attempts - 1]
    asked = min(answer.retry_after or 0, LONGEST_PAUSE) if answer else 0
    dice = hashlib.sha256(f"{tried.id}.{tried.attempts}".encode()).digest()[0] / 256
    return round(max(planned, asked) * (1 + SPREAD * dice))
