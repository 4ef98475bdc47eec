"""Tenants as an operator sees them: what they may have, their erasure and their export."""

from typing import Annotated

from pydantic import Field, JsonValue

from codex_swarm.models.run_requests import RunLimits
from codex_swarm.models.wire import Asked, HostedToolName, ModelName, PlainText, Timestamp, Wire


class TenantLimits(Wire):
    """Limits of runs: of those that name none, and those that no run goes over."""

    defaults: RunLimits = Field(default_factory=RunLimits)
    ceilings: RunLimits = Field(default_factory=RunLimits)


class TenantPatch(Asked):
    """Changes what a tenant may have: what is left out stays, null is what the deployment says."""

    max_active: int | None = Field(default=None, ge=0, le=1_000, description="Runs that are worked on.")
    max_queued: int | None = Field(default=None, ge=0, le=3_000, description="Runs that wait for their turn.")
    max_stored_bytes: int | None = Field(default=None, ge=0, le=10**15)
    max_requests_per_second: int | None = Field(default=None, ge=0, le=10_000, description="0 for any number.")
    max_watchers: int | None = Field(default=None, ge=0, le=1_000)
    max_uploads: int | None = Field(default=None, ge=0, le=1_000)
    max_archives: int | None = Field(default=None, ge=0, le=100)
    max_previews: int | None = Field(default=None, ge=0, le=100)
    max_diffs: int | None = Field(default=None, ge=0, le=100)
    limits: TenantLimits | None = Field(default=None, description="Limits of its runs.")
    retention_days: int | None = Field(default=None, ge=1, le=3_650, description="Days for which ended runs are kept.")
    models: list[ModelName] | None = Field(
        default=None, max_length=50, description="Those of `GET /models` that its runs may use; null for all."
    )
    own_keys: list[Annotated[str, Field(max_length=40, pattern="^[a-z][a-z0-9-]*$")]] | None = Field(
        default=None,
        max_length=20,
        description="Providers that are asked with the tenant's own key, from the secret `PREFIX/tenants/ID/PROVIDER`.",
    )
    hosted_tools: list[HostedToolName] | None = Field(
        default=None, max_length=20, description="Those of the provider's own that its runs may use; null for all."
    )
    daily_usd: float | None = Field(default=None, ge=0, le=1e9, description="What the operator lets it spend a day.")
    monthly_usd: float | None = Field(default=None, ge=0, le=1e9, description="The same for a month.")
    hold: Annotated[PlainText, Field(min_length=1, max_length=500)] | None = Field(
        default=None, description="Why nothing of it may be deleted, such as the case; null for no hold."
    )


class TenantRead(Wire):
    """A tenant as an operator sees it. `own` are the settings in which it differs from the deployment."""

    id: str
    own: list[str] = Field(default=[], description="Names of settings that are its own.")
    max_active: int
    max_queued: int
    max_stored_bytes: int
    max_requests_per_second: int
    max_watchers: int
    max_uploads: int
    max_archives: int
    max_previews: int
    max_diffs: int
    limits: TenantLimits | None = None
    retention_days: int
    models: list[str] | None = Field(default=None, description="Models that it may use; null for all.")
    own_keys: list[str] = Field(default=[])
    hosted_tools: list[str] | None = Field(default=None, description="Those that it may use; null for all.")
    daily_usd: float | None = None
    monthly_usd: float | None = None
    hold: str | None = Field(default=None, description="Why nothing of it may be deleted.")
    erasing_since: Timestamp | None = Field(default=None, description="Since when it is being erased.")
    active_runs: int
    queued_runs: int
    stored_bytes: int
    measured_at: Timestamp | None = None


class TenantErase(Asked):
    """Confirms that a tenant is to be erased."""

    confirm: str = Field(min_length=1, max_length=64, description="The tenant's id, once more.")


class StoreReceipt(Wire):
    """What one store had of the tenant, and what became of it."""

    store: str
    deleted: int = Field(description="By this call.")
    kept: int = 0
    gone_by: Timestamp | None = Field(default=None, description="By when what cannot be deleted goes by itself.")
    note: str = ""


class ErasureRead(Wire):
    """How far the erasure of a tenant has come."""

    tenant_id: str
    done: bool = Field(description="Nothing is left. Otherwise ask again, after a while where nothing was deleted.")
    began_at: Timestamp
    at: Timestamp
    stores: list[StoreReceipt]


class ExportedObject(Wire):
    """A stored object, with an address that is good for a quarter of an hour."""

    key: str
    size: int
    url: str


class ExportRead(Wire):
    """A page of what is kept: records first, then objects."""

    records: list[dict[str, JsonValue]] = Field(default=[])
    objects: list[ExportedObject] = Field(default=[])
    next_cursor: str | None = None
