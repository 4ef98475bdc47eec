"""What runs may use, as the operator says."""

from __future__ import annotations

from datetime import UTC, datetime

from api.access import READ
from api.requests import tenant_of
from api.resolver import Router
from codex_swarm.models import ModelRead, ModelsRead
from swarm.records.backend import backend

router = Router()


@router.get("/models", summary="Models that runs may use", tags=["service"], security=READ)
def list_models() -> ModelsRead:
    """Those that the caller's tenant may use."""
    catalogue, allowed = backend().models, backend().tenants.get(tenant_of(router)).models
    return ModelsRead(
        models=[
            ModelRead(
                name=name,
                provider=entry.provider,
                context=entry.context,
                efforts=list(entry.efforts),
                effort=entry.effort,
                default=name == catalogue.default,
                default_for=list(entry.default_for),
                hosted_tools=list(catalogue.hosted_for(name)),
                priced=entry.price(datetime.now(UTC).date()) is not None,
            )
            for name, entry in catalogue.models.items()
            if not allowed or name in allowed
        ]
    )
