"""Tenants: for operators, whose calls go to the functions of a stack and not by a key."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

from pydantic import JsonValue

from codex_swarm.calls.base import Calls, of_tenant
from codex_swarm.connection import parse
from codex_swarm.errors import InvalidArgument
from codex_swarm.listing import Page, items, page_of
from codex_swarm.models import ErasureRead, ExportRead, TenantErase, TenantPatch, TenantRead
from codex_swarm.shaping import one_text, shaped

_TENANTS = "/tenants"


class TenantCalls(Calls):
    """Tenants, their settings, export and erasure. They need the scope `operator`, which no API key has."""

    async def list_tenants(self) -> list[TenantRead]:
        """Every tenant, by id."""
        return [tenant async for tenant in self.iter_tenants()]

    async def iter_tenants(self) -> AsyncGenerator[TenantRead, None]:
        """As `list_tenants`, page by page as they are asked for."""
        async for tenant in items(self._connection, TenantRead, _TENANTS):
            yield tenant

    async def page_tenants(self, *, limit: int | None = None, cursor: str | None = None) -> Page[TenantRead]:
        """One page of them, for a list of one's own: `cursor` is the `next_cursor` of the page before."""
        return await page_of(self._connection, TenantRead, _TENANTS, None, limit, cursor)

    async def get_tenant(self, tenant_id: str) -> TenantRead:
        """One tenant: what it may have, and what it has."""
        return await self._connection.read(TenantRead, of_tenant(tenant_id))

    async def set_tenant(self, tenant_id: str, settings: Mapping[str, JsonValue]) -> TenantRead:
        """Changes settings by their names, those of `TenantPatch`: None is what the deployment says."""
        if not isinstance(settings, Mapping):
            raise InvalidArgument("settings takes a mapping of names and values")
        wanted = shaped(TenantPatch, **{one_text(name, "settings"): value for name, value in settings.items()})
        body = wanted.model_dump(mode="json", include=wanted.model_fields_set)
        return parse(TenantRead, await self._connection.request("PATCH", of_tenant(tenant_id), body=body))

    async def export_tenant(
        self, tenant_id: str, *, project_id: str | None = None, cursor: str | None = None
    ) -> ExportRead:
        """A page of what is kept of the tenant, or of one project: records, then objects with signed addresses."""
        params = {"project_id": project_id, "cursor": cursor}
        query = {name: one_text(value, name) for name, value in params.items() if value is not None}
        return await self._connection.read(ExportRead, of_tenant(tenant_id, "export"), params=query)

    async def erase_tenant(self, tenant_id: str) -> ErasureRead:
        """Erases the tenant, for good, as far as one call goes: ask again until the answer is `done`."""
        body = shaped(TenantErase, confirm=one_text(tenant_id, "tenant_id")).model_dump(mode="json")
        return parse(ErasureRead, await self._connection.request("POST", of_tenant(tenant_id, "erase"), body=body))
