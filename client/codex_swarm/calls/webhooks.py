"""Webhooks: the signing secret, and what became of the deliveries."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from codex_swarm.calls.base import Calls, of_project
from codex_swarm.connection import parse
from codex_swarm.listing import Page, items, page_of
from codex_swarm.models import SecretRotation, WebhookDelivery, WebhookPingCreate, WebhookSecret
from codex_swarm.shaping import one_text, seconds, segment, shaped

_DELIVERIES = "/webhooks/deliveries"

PING_POLL = 0.5
"""Seconds between two looks at what became of a ping."""


class WebhookCalls(Calls):
    """Secret and deliveries. To check a message that came in, see `codex_swarm.webhooks`."""

    async def get_webhook_secret(self) -> WebhookSecret:
        """The secret that signs webhooks. Keep it like a password."""
        return await self._connection.read(WebhookSecret, "/webhooks/secret")

    async def rotate_webhook_secret(self, overlap_seconds: int = 86_400) -> WebhookSecret:
        """A new secret; for so long deliveries are signed with the one before it, too. Is sent once."""
        body = shaped(SecretRotation, overlap_seconds=overlap_seconds).model_dump(mode="json")
        return parse(WebhookSecret, await self._connection.request("POST", "/webhooks/secret/rotate", body=body))

    async def ping_webhook(
        self, project_id: str, *, callback_url: str | None = None, timeout: float = 30.0
    ) -> WebhookDelivery:
        """Sends a signed message of the type `ping` to `callback_url`, or the project's, and says what became of it.

        It is tried once: `delivered`, or `dead` with `last_status` and `last_error`. One that is still `pending` after
        `timeout` seconds is returned as it is. Raises `BadRequest` where there is no address. Is sent once.
        """
        wanted = shaped(WebhookPingCreate, callback_url=callback_url).model_dump(mode="json")
        deadline = self._connection.clock() + seconds(timeout, "timeout")
        path = of_project(project_id, "webhook/ping")
        delivery = parse(WebhookDelivery, await self._connection.request("POST", path, body=wanted))
        while delivery.status == "pending" and self._connection.clock() + PING_POLL < deadline:
            await self._connection.transport.sleep(PING_POLL)
            delivery = await self.get_webhook_delivery(delivery.id)
        return delivery

    async def list_webhook_deliveries(self, status: str | None = None) -> list[WebhookDelivery]:
        """Deliveries, newest first: all, or those that are `pending`, `delivered` or `dead`."""
        return [delivery async for delivery in self.iter_webhook_deliveries(status)]

    async def iter_webhook_deliveries(self, status: str | None = None) -> AsyncGenerator[WebhookDelivery, None]:
        """As `list_webhook_deliveries`, page by page as they are asked for."""
        async for delivery in items(self._connection, WebhookDelivery, _DELIVERIES, _that_stand(status)):
            yield delivery

    async def page_webhook_deliveries(
        self, status: str | None = None, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[WebhookDelivery]:
        """One page of them, for a list of one's own: `cursor` is the `next_cursor` of the page before."""
        return await page_of(self._connection, WebhookDelivery, _DELIVERIES, _that_stand(status), limit, cursor)

    async def get_webhook_delivery(self, delivery_id: str) -> WebhookDelivery:
        """One delivery."""
        path = f"{_DELIVERIES}/{segment(delivery_id, 'delivery_id')}"
        return parse(WebhookDelivery, await self._connection.request("GET", path))

    async def redeliver_webhook(self, delivery_id: str) -> WebhookDelivery:
        """A dead delivery once more, under the same id; raises `Conflict` when it is not dead."""
        path = f"{_DELIVERIES}/{segment(delivery_id, 'delivery_id')}/redeliver"
        return parse(WebhookDelivery, await self._connection.request("POST", path))


def _that_stand(status: str | None) -> dict[str, str]:
    return {} if status is None else {"status": one_text(status, "status")}
