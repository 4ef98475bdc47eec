"""`GET /healthz` and the API's own description; both open to everybody."""

from __future__ import annotations

from api.resolver import Router
from codex_swarm.models import Health

router = Router()


@router.get("/healthz", summary="Whether the service answers", tags=["service"])
def healthz() -> Health:
    return Health()
