"""The keys of the one table: what each item is found by. `docs/table.md` lists every access pattern with its key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef as Attribute
else:
    Attribute = Any

META = "META"


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key, or that of an index."""

    pk: str
    sk: str

    def attributes(self, index: str = "") -> dict[str, Attribute]:
        """As attributes of an item; `index` is GSI1, GSI2, GSI3 or nothing for the table itself."""
        return {f"{index}PK": {"S": self.pk}, f"{index}SK": {"S": self.sk}}


def tenant_key(tenant_id: str) -> Key:
    """A tenant's quota and active runs."""
    return Key(f"T#{tenant_id}", META)


def api_key_key(key_id: str) -> Key:
    """An API key, by its id; of one that was made before keys had ids, by its hash."""
    return Key(f"KEY#{key_id}", META)


def keys_of_tenant(tenant_id: str, created_at: str = "", key_id: str = "") -> Key:
    """GSI2: a tenant's API keys by time; those of earlier versions, which have none, stand first."""
    return Key(f"T#{tenant_id}#KEY", f"{created_at}#{key_id}")


def token_key(sha256: str) -> Key:
    """A token of a browser, by its hash."""
    return Key(f"TOKEN#{sha256}", META)


def project_key(tenant_id: str, project_id: str) -> Key:
    """A project."""
    return Key(f"T#{tenant_id}#P#{project_id}", META)


def projects_of_tenant(tenant_id: str, created_at: str = "", project_id: str = "") -> Key:
    """GSI2: a tenant's projects by time."""
    return Key(f"T#{tenant_id}#P", f"{created_at}#{project_id}")


def pattern_key(tenant_id: str, project_id: str, task_type: str = "", created_at: str = "", run_id: str = "") -> Key:
    """What one run of a project taught, by task type and by time; less gives what keys begin with."""
    parts = [part for part in ("PATTERN", task_type, created_at, run_id) if part]
    return Key(f"T#{tenant_id}#P#{project_id}", "#".join(parts) + ("" if run_id else "#"))


def skill_key(tenant_id: str, project_id: str | None, name: str = "") -> Key:
    """A skill of a project, or of a tenant beside its projects; without a name what their keys begin with."""
    owner = tenant_key(tenant_id) if project_id is None else project_key(tenant_id, project_id)
    return Key(owner.pk, f"SKILL#{name}")


def schedule_key(tenant_id: str, project_id: str, name: str = "") -> Key:
    """A schedule of a project; without a name what their keys begin with."""
    return Key(project_key(tenant_id, project_id).pk, f"SCHEDULE#{name}")


def due_schedules(due: str = "", tenant_id: str = "", project_id: str = "", name: str = "") -> Key:
    """Schedules of all tenants, by when they are due. In GSI3."""
    return Key("SCHEDULES", f"{due}#{tenant_id}#{project_id}#{name}")


def run_key(tenant_id: str, run_id: str) -> Key:
    """A run, as folded from its log."""
    return Key(f"T#{tenant_id}#R#{run_id}", META)


def slot_key(tenant_id: str, run_id: str, slot: int) -> Key:
    """One slot of a run's log."""
    return Key(f"T#{tenant_id}#R#{run_id}", f"L#{slot:08}")


def watch_key(tenant_id: str, run_id: str) -> Key:
    """Until when somebody watches a run. Right behind its log, so that one query tells of both."""
    return Key(f"T#{tenant_id}#R#{run_id}", "LIVE")


def draft_key(tenant_id: str, run_id: str) -> Key:
    """What the model of a run is writing. Right behind the mark of its watchers."""
    return Key(f"T#{tenant_id}#R#{run_id}", "LIVE#DRAFT")


def runs_of_project(tenant_id: str, project_id: str, created_at: str = "", run_id: str = "") -> Key:
    """GSI1: a project's runs by time."""
    return Key(f"T#{tenant_id}#P#{project_id}", f"{created_at}#{run_id}")


def runs_of_tenant(tenant_id: str, created_at: str = "", run_id: str = "") -> Key:
    """GSI2: a tenant's runs by time."""
    return Key(f"T#{tenant_id}#R", f"{created_at}#{run_id}")


def all_tenants(tenant_id: str = "") -> Key:
    """GSI3: every tenant that ever started a run."""
    return Key("TENANT", tenant_id)


def pending_cleanups(due: str = "", tenant_id: str = "", project_id: str = "") -> Key:
    """GSI3, sparse: projects that the janitor has something to do for, by when it is due."""
    return Key("JANITOR", f"{due}#{tenant_id}#{project_id}")


def active_runs(run_id: str, created_at: str = "") -> Key:
    """GSI3, sparse: runs that have not ended, spread over sixteen partitions by the first digit of their id."""
    return Key(f"ACTIVE#{run_id[:1]}", f"{created_at}#{run_id}")


def deleted_runs(tenant_id: str, hidden_at: str = "", run_id: str = "") -> Key:
    """GSI3, sparse: runs that somebody deleted, until the janitor has removed them."""
    return Key(f"T#{tenant_id}#DELETED", f"{hidden_at}#{run_id}")


def delivery_key(tenant_id: str, run_id: str, wait: int | None = None) -> Key:
    """The webhook that tells of a run's end, or of its n-th wait for people; it goes with the run."""
    return Key(f"T#{tenant_id}#R#{run_id}", "WEBHOOK" if wait is None else f"WEBHOOK#{wait:04}")


def deliveries_of_tenant(tenant_id: str, status: str = "", created_at: str = "", run_id: str = "") -> Key:
    """GSI1 with a status, GSI2 without: a tenant's webhooks by time."""
    return Key(f"T#{tenant_id}#WEBHOOK" + (f"#{status}" if status else ""), f"{created_at}#{run_id}")


def outbox(run_id: str, created_at: str = "") -> Key:
    """GSI3, sparse: webhooks that are still to be delivered, spread like active runs."""
    return Key(f"OUTBOX#{run_id[:1]}", f"{created_at}#{run_id}")


def batch_key(tenant_id: str, batch_id: str) -> Key:
    """A batch: how far each of its items is."""
    return Key(f"T#{tenant_id}#B#{batch_id}", META)


def batch_row_key(tenant_id: str, batch_id: str, place: int | None = None) -> Key:
    """What the report of a batch has of one item; without a place what their keys begin with."""
    return Key(f"T#{tenant_id}#B#{batch_id}", "ROW#" if place is None else f"ROW#{place:04}")


def batch_delivery_key(tenant_id: str, batch_id: str, round_: int) -> Key:
    """The webhook that tells of the end of a batch's n-th round; it goes with the batch."""
    return Key(f"T#{tenant_id}#B#{batch_id}", f"WEBHOOK#{round_:04}")


def batches_of_project(tenant_id: str, project_id: str, created_at: str = "", batch_id: str = "") -> Key:
    """GSI1: a project's batches by time."""
    return Key(f"T#{tenant_id}#BATCH#P#{project_id}", f"{created_at}#{batch_id}")


def batches_of_tenant(tenant_id: str, created_at: str = "", batch_id: str = "") -> Key:
    """GSI2: a tenant's batches by time."""
    return Key(f"T#{tenant_id}#BATCH", f"{created_at}#{batch_id}")


def deleted_batches(tenant_id: str, hidden_at: str = "", batch_id: str = "") -> Key:
    """GSI2: batches that somebody deleted, until the janitor has removed them."""
    return Key(f"T#{tenant_id}#BATCH#DELETED", f"{hidden_at}#{batch_id}")


def places_key(tenant_id: str) -> Key:
    """What a tenant has under way."""
    return Key(f"T#{tenant_id}", "PLACES")


def rate_key(tenant_id: str) -> Key:
    """The bucket of a tenant's requests."""
    return Key(f"T#{tenant_id}", "RATE")


def usage_key(tenant_id: str, day: str, run_id: str = "", model: str = "") -> Key:
    """What a run used of a model on a day such as 2026-01-31, a partition a month; without a run how the day begins."""
    return Key(f"T#{tenant_id}#USAGE#{day[:7]}", f"{day}#" + (f"{run_id}#{model}" if run_id else ""))


def budget_key(tenant_id: str, project_id: str | None = None) -> Key:
    """What a tenant may spend, or a project of it."""
    owner = tenant_key(tenant_id) if project_id is None else project_key(tenant_id, project_id)
    return Key(owner.pk, "BUDGET")


def webhook_secrets_key(tenant_id: str) -> Key:
    """A tenant's secrets that sign webhooks."""
    return Key(f"T#{tenant_id}", "WEBHOOK")


def sortable(at: datetime) -> str:
    """A time as text of one width, so that texts sort as times do."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
