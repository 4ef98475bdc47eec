"""Webhooks: the signing secret, and what became of the deliveries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Query

from api.access import MANAGE, READ
from api.paging import MAX_PAGE, HeaderCursor, paged, weight
from api.requests import caller_of, tenant_of
from api.resolver import Router
from codex_swarm.models import SecretRotation, WebhookDelivery, WebhookPingCreate, WebhookSecret
from swarm.errors import DeliveryNotFound, NoCallbackUrl
from swarm.ids import valid_project_id
from swarm.lifecycle.asked import checked_callback
from swarm.records.backend import backend
from swarm.records.deliveries import Delivery, DeliveryStatus
from swarm.records.listing import Page, Wanted
from swarm.records.webhook_secrets import SigningSecrets

NEVER_STORED = {"Cache-Control": "no-store"}

router = Router()


@router.get("/webhooks/secret", summary="The secret that signs webhooks", tags=["webhooks"], security=MANAGE)
def get_webhook_secret() -> Response[WebhookSecret]:
    return _secret(200, backend().webhook_secrets.get(tenant_of(router), datetime.now(UTC)))


@router.post(
    "/webhooks/secret/rotate", status_code=201, summary="A new signing secret", tags=["webhooks"], security=MANAGE
)
def rotate_webhook_secret(body: SecretRotation = SecretRotation()) -> Response[WebhookSecret]:
    """Until `previous_valid_until` deliveries carry a signature by either secret."""
    overlap = timedelta(seconds=body.overlap_seconds)
    return _secret(201, backend().webhook_secrets.rotate(tenant_of(router), overlap, datetime.now(UTC)))


def _secret(status: int, secrets: SigningSecrets) -> Response[WebhookSecret]:
    body = WebhookSecret(
        secret=secrets.current, created_at=secrets.created_at, previous_valid_until=secrets.previous_until
    )
    return Response(status, content_types.APPLICATION_JSON, body, dict(NEVER_STORED))


@router.post(
    "/projects/<project_id>/webhook/ping",
    status_code=202,
    summary="Send a test message to the receiver",
    tags=["webhooks"],
    security=MANAGE,
)
def ping_webhook(project_id: str, body: WebhookPingCreate = WebhookPingCreate()) -> WebhookDelivery:
    """It is signed and shaped as that of a run's end, has the type `ping`, and is tried once."""
    tenant_id = tenant_of(router)
    project = backend().projects.get(tenant_id, valid_project_id(project_id))
    url = checked_callback(backend(), body.callback_url) or project.callback_url
    if url is None:
        raise NoCallbackUrl(project_id)
    return _read(backend().outbox.ping(tenant_id, project_id, url, datetime.now(UTC)))


@router.get("/webhooks/deliveries", summary="Deliveries, newest first", tags=["webhooks"], security=READ)
def list_webhook_deliveries(
    status: Annotated[DeliveryStatus | None, Query(description="Only those that stand so.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Deliveries a page, at most.")] = 100,
    cursor: HeaderCursor = None,
) -> Response[list[WebhookDelivery]]:
    caller = caller_of(router)
    wanted = Wanted[Delivery](limit, lambda one: weight(_read(one)), cursor, caller.shows(lambda one: one.project_id))
    found = backend().outbox.listed(caller.tenant_id, status, wanted)
    return paged(router, Page([_read(one) for one in found.items], found.next_cursor))


@router.get("/webhooks/deliveries/<delivery_id>", summary="One delivery", tags=["webhooks"], security=READ)
def get_webhook_delivery(delivery_id: str) -> WebhookDelivery:
    return _read(_seen(delivery_id))


@router.post(
    "/webhooks/deliveries/<delivery_id>/redeliver",
    status_code=202,
    summary="Try a dead delivery again, under the same id",
    tags=["webhooks"],
    security=MANAGE,
)
def redeliver_webhook(delivery_id: str) -> WebhookDelivery:
    delivery = _seen(delivery_id)
    return _read(backend().outbox.redeliver(delivery.tenant_id, delivery_id, datetime.now(UTC)))


def _seen(delivery_id: str) -> Delivery:
    """The delivery, if the caller's key is for its project. Raises `DeliveryNotFound`."""
    caller = caller_of(router)
    delivery = backend().outbox.get(caller.tenant_id, delivery_id)
    if not caller.sees(delivery.project_id):
        raise DeliveryNotFound(delivery_id)
    return delivery


def _read(message: Delivery) -> WebhookDelivery:
    about_batch = message.batch_round is not None
    return WebhookDelivery(
        id=message.id,
        run_id="" if about_batch else message.run_id,
        batch_id=message.run_id if about_batch else None,
        project_id=message.project_id,
        type=message.type,
        url=message.url,
        status=message.status.value,
        attempts=message.attempts,
        created_at=message.created_at,
        last_attempt_at=message.last_attempt_at,
        last_status=message.last_status,
        last_error=message.last_error,
        next_attempt_at=message.next_attempt_at,
    )
