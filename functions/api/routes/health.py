"""`GET /healthz` and the API's own description; both open to everybody."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from codex_swarm.models import Health

router = APIGatewayHttpRouter()


@router.get("/healthz", summary="Whether the service answers", tags=["service"])
def healthz() -> Health:
    return Health()
