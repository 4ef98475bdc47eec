"""Tenants in the table: whose runs are counted, wait or are refused, and what each may use.

A tenant is one item, so that whether a run is counted, waits, or is refused is decided by one conditional write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from swarm.errors import (
    LegalHold,
    ProjectBeingDeleted,
    StorageFull,
    TenantBusy,
    TooManyActiveRuns,
    TooManyBatches,
    TooManyQueuedRuns,
)
from swarm.ids import RunKey
from swarm.records.keys import all_tenants, sortable, tenant_key
from swarm.records.listing import Page, Range, Wanted, page_of
from swarm.records.quotas import Quotas
from swarm.records.table import ConditionFailed, Item, Table
from swarm.records.tenant import Tenant, Waiting, digest_of, tenant_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef as Attribute
else:
    Attribute = Any

ATTEMPTS = 20
"""So often a write that others were quicker than is tried again."""

MAX_ASKING = 1_000
"""Runs of a tenant that wait for people without counting as active; each takes room in the tenant's item."""

MAX_BATCHES = 50
"""Batches of a tenant that are under way; each takes room in the tenant's item."""

HAS_ROOM = (
    "(attribute_not_exists(active)"
    " OR (attribute_exists(max_active) AND size(active) < max_active)"
    " OR (attribute_not_exists(max_active) AND size(active) < :max_active))"
    " AND (attribute_not_exists(max_active) OR max_active > :none)"
)
NOBODY_WAITS = "(attribute_not_exists(waiting) OR size(waiting) = :none)"
QUEUE_HAS_ROOM = (
    "((attribute_exists(max_queued) AND size(waiting) < max_queued)"
    " OR (attribute_not_exists(max_queued) AND size(waiting) < :max_queued))"
)
STAYS = "NOT contains(deleting, :project)"
HAS_SPACE = (
    "(attribute_not_exists(stored_bytes)"
    " OR (attribute_exists(max_stored_bytes) AND stored_bytes < max_stored_bytes)"
    " OR (attribute_not_exists(max_stored_bytes) AND stored_bytes < :max_stored_bytes))"
)


SettingValue = int | str | tuple[str, ...] | None
OWN = frozenset(
    {
        *("max_active", "max_queued", "retention_days", "limits", "models", "own_keys", "hosted_tools"),
        *(f"max_{each.name}" for each in fields(Quotas)),
    }
)
"""What a tenant may have otherwise than the deployment says, as attributes of its item."""


class Tenants:
    """Quotas, active and waiting runs in the table."""

    def __init__(self, table: Table, max_active: int, max_queued: int, quotas: Quotas) -> None:
        self._table = table
        self._max_active = max_active
        self._max_queued = max_queued
        self._quotas = quotas

    def get(self, tenant_id: str) -> Tenant:
        """The tenant as it stands."""
        return self._decode(tenant_id, self._table.get(tenant_key(tenant_id)) or {})

    def require_no_hold(self, tenant_id: str, instead: str = "ask the operator") -> None:
        """Raises `LegalHold`, which says what else can be done, while nothing of the tenant may be deleted."""
        if self.get(tenant_id).hold is not None:
            raise LegalHold(instead)

    def enter(self, key: RunKey, at: datetime, *, again: bool = False) -> Tenant:
        """Count the run as active, or let it wait for its turn; twice is once. The tenant after it.

        With `again` it was active before, and waits for its turn also where there is room for no new one.

        Raises `TooManyQueuedRuns`, `TooManyActiveRuns` where the tenant may run nothing at all, `StorageFull`,
        `ProjectBeingDeleted`.
        """
        for _ in range(ATTEMPTS):
            try:
                return self._activate(key)
            except ConditionFailed as full:
                found = full.item
            tenant = self._decode(key.tenant_id, found)
            if key.run_id in tenant.waiting:
                return tenant
            if key.project_id in tenant.deleting:
                raise ProjectBeingDeleted(key.project_id)
            if tenant.max_active <= 0:
                raise TooManyActiveRuns
            if not again:
                tenant.require_space()
            if not again and len(tenant.waiting) >= tenant.max_queued:
                raise TooManyQueuedRuns(tenant.max_queued)
            if "waiting" not in found:
                # Stored by a version that had no queue.
                self._table.update(
                    tenant_key(key.tenant_id),
                    "SET waiting = if_not_exists(waiting, :empty)",
                    values={":empty": {"M": {}}},
                )
            with suppress(ConditionFailed):
                waiting = self._wait(key, at, again=again)
                return replace(tenant, waiting={**tenant.waiting, key.run_id: waiting})
        raise TenantBusy

    def _activate(self, key: RunKey) -> Tenant:
        listed = all_tenants(key.tenant_id)
        item = self._table.update(
            tenant_key(key.tenant_id),
            "DELETE asking :runs ADD active :runs, revision :one "
            "SET GSI3PK = :listed, GSI3SK = :id, waiting = if_not_exists(waiting, :empty)",
            values={
                ":runs": {"SS": [key.run_id]},
                ":run": {"S": key.run_id},
                ":one": {"N": "1"},
                ":none": {"N": "0"},
                ":empty": {"M": {}},
                ":max_active": {"N": str(self._max_active)},
                ":max_stored_bytes": {"N": str(self._quotas.stored_bytes)},
                ":project": {"S": key.project_id},
                ":listed": {"S": listed.pk},
                ":id": {"S": listed.sk},
            },
            condition=f"contains(active, :run) OR ({HAS_ROOM} AND {NOBODY_WAITS} AND {STAYS} AND {HAS_SPACE})",
        )
        return self._decode(key.tenant_id, item)

    def _wait(self, key: RunKey, at: datetime, *, again: bool) -> Waiting:
        held = f"attribute_exists(waiting) AND {STAYS}"
        room: Item = {} if again else {":max_queued": {"N": str(self._max_queued)}}
        waiting = Waiting(sortable(at), digest_of(key.project_id))
        # Told of nothing: the item is long where many wait, and was read just now.
        self._table.note(
            tenant_key(key.tenant_id),
            "DELETE asking :runs ADD revision :one SET waiting.#run = if_not_exists(waiting.#run, :waiting)",
            names={"#run": key.run_id},
            values={
                ":runs": {"SS": [key.run_id]},
                ":one": {"N": "1"},
                **room,
                ":project": {"S": key.project_id},
                ":waiting": {"S": " ".join(waiting)},
            },
            condition=held if again else f"{held} AND {QUEUE_HAS_ROOM}",
        )
        return waiting

    def admit_next(self, tenant: Tenant) -> tuple[str | None, Tenant]:
        """Make the run whose turn it is an active one: its id, and the tenant after it.

        None where there is no room or nobody waits, with the tenant as it was found. Whoever changes that later admits
        for himself. Where others are quicker each time, they see to whoever waits.
        """
        for _ in range(ATTEMPTS):
            if not tenant.waiting or not tenant.has_room:
                break
            run_id = tenant.queue[0]
            served = {project: {"N": str(number)} for project, number in tenant.served_after(run_id).items()}
            try:
                item = self._table.update(
                    tenant_key(tenant.id),
                    "ADD active :runs REMOVE waiting.#run SET served = :served",
                    names={"#run": run_id},
                    values={
                        ":runs": {"SS": [run_id]},
                        ":none": {"N": "0"},
                        ":max_active": {"N": str(self._max_active)},
                        ":served": {"M": served},
                    },
                    condition=f"attribute_exists(waiting.#run) AND {HAS_ROOM}",
                )
            except ConditionFailed as changed:
                tenant = self._decode(tenant.id, changed.item)
            else:
                return run_id, self._decode(tenant.id, item)
        return None, tenant

    def release(self, tenant_id: str, run_id: str, stored: int = 0) -> Tenant:
        """Count the run no longer, and let it wait no longer; twice is once. The tenant after it.

        `stored` is how many bytes an active run has stored.
        """
        key = tenant_key(tenant_id)
        values: Item = {":runs": {"SS": [run_id]}}
        change = "DELETE active :runs, suspects :runs, asking :runs"
        if stored:
            with suppress(ConditionFailed):
                counted: Item = {**values, ":stored": {"N": str(stored)}, ":run": {"S": run_id}}
                held = "attribute_exists(waiting) AND contains(active, :run)"
                item = self._table.update(key, f"{change} ADD stored_bytes :stored", values=counted, condition=held)
                return self._decode(tenant_id, item)
        try:
            item = self._table.update(
                key,
                f"{change} REMOVE waiting.#run",
                names={"#run": run_id},
                values=values,
                condition="attribute_exists(waiting)",
            )
        except ConditionFailed:
            item = self._table.update(key, change, values=values)
        return self._decode(tenant_id, item)

    def pause(self, tenant_id: str, run_id: str, *, always: bool = False) -> Tenant:
        """Count an active run no longer while it waits for others; twice is once. The tenant after it.

        Where `MAX_ASKING` wait already it goes on being counted; `always` is for one that waits for its children, which
        would wait for its place. Those are bounded by what bounds their children.
        """
        room = "" if always else " AND (attribute_not_exists(asking) OR size(asking) < :most)"
        bound: Item = {} if always else {":most": {"N": str(MAX_ASKING)}}
        values: Item = {":runs": {"SS": [run_id]}, ":run": {"S": run_id}, **bound}
        try:
            item = self._table.update(
                tenant_key(tenant_id),
                "DELETE active :runs ADD asking :runs",
                values=values,
                condition=f"contains(active, :run){room}",
            )
        except ConditionFailed as as_before:
            item = as_before.item
        return self._decode(tenant_id, item)

    def enter_batch(self, tenant_id: str, project_id: str, batch_id: str, at: datetime) -> None:
        """Count a batch as under way; twice is once. Raises `TooManyBatches`, `StorageFull`, `ProjectBeingDeleted`."""
        listed = all_tenants(tenant_id)
        for _ in range(ATTEMPTS):
            try:
                self._table.update(
                    tenant_key(tenant_id),
                    "ADD revision :one SET batches.#batch = :since, GSI3PK = :listed, GSI3SK = :id",
                    names={"#batch": batch_id},
                    values={
                        ":one": {"N": "1"},
                        ":since": {"S": f"{sortable(at)} {digest_of(project_id)}"},
                        ":listed": {"S": listed.pk},
                        ":id": {"S": listed.sk},
                        ":project": {"S": project_id},
                        ":most": {"N": str(MAX_BATCHES)},
                        ":max_stored_bytes": {"N": str(self._quotas.stored_bytes)},
                    },
                    condition=f"attribute_exists(batches) AND {STAYS} AND (attribute_exists(batches.#batch)"
                    f" OR (size(batches) < :most AND {HAS_SPACE}))",
                )
            except ConditionFailed as full:
                found = full.item
            else:
                return
            tenant = self._decode(tenant_id, found)
            if project_id in tenant.deleting:
                raise ProjectBeingDeleted(project_id)
            if "batches" in found:
                tenant.require_space()
                if len(tenant.batches) >= MAX_BATCHES:
                    raise TooManyBatches(MAX_BATCHES)
                continue
            values: Item = {":none": {"M": {}}}
            self._table.update(tenant_key(tenant_id), "SET batches = if_not_exists(batches, :none)", values=values)
        raise TenantBusy

    def leave_batch(self, tenant_id: str, batch_id: str) -> None:
        """Count a batch as under way no longer; twice is once."""
        with suppress(ConditionFailed):
            self._table.update(
                tenant_key(tenant_id),
                "REMOVE batches.#batch",
                names={"#batch": batch_id},
                values={},
                condition="attribute_exists(batches)",
            )

    def close(self, tenant: Tenant, project_id: str) -> bool:
        """Let no run into the project any more, if none has come since the tenant was read."""
        listed = all_tenants(tenant.id)
        values: Item = {
            ":projects": {"SS": [project_id]},
            ":listed": {"S": listed.pk},
            ":id": {"S": listed.sk},
            **({":seen": {"N": str(tenant.revision)}} if tenant.revision else {}),
        }
        try:
            self._table.update(
                tenant_key(tenant.id),
                "ADD deleting :projects SET GSI3PK = :listed, GSI3SK = :id",
                values=values,
                condition="revision = :seen" if tenant.revision else "attribute_not_exists(revision)",
            )
        except ConditionFailed:
            return False
        return True

    def reopen(self, tenant_id: str, project_id: str) -> None:
        """Let runs into a project of this id again."""
        values: Item = {":projects": {"SS": [project_id]}}
        self._table.update(tenant_key(tenant_id), "DELETE deleting :projects", values=values)

    def promise(self, tenant_id: str, size: int) -> None:
        """Count bytes that are going to be stored. Raises `StorageFull` where there is no room for all of them."""
        tenant, listed = self.get(tenant_id), all_tenants(tenant_id)
        most = tenant.quotas.stored_bytes
        values: Item = {
            ":size": {"N": str(size)},
            ":room": {"N": str(most - size)},
            ":none": {"N": "0"},
            ":listed": {"S": listed.pk},
            ":id": {"S": listed.sk},
        }
        try:
            self._table.update(
                tenant_key(tenant_id),
                "ADD stored_bytes :size SET GSI3PK = :listed, GSI3SK = :id",
                values=values,
                condition="(attribute_not_exists(stored_bytes) AND :room >= :none) OR stored_bytes <= :room",
            )
        except ConditionFailed as full:
            raise StorageFull(self._decode(tenant_id, full.item).stored, most, size) from full

    def take_back(self, tenant_id: str, size: int) -> None:
        """Take back bytes that were promised, and that nobody is going to store."""
        self._table.update(tenant_key(tenant_id), "ADD stored_bytes :less", values={":less": {"N": str(-size)}})

    def measured(self, tenant: Tenant, stored: int, now: datetime) -> None:
        """So many bytes were found since the tenant was read; what was counted meanwhile stays counted."""
        values: Item = {":more": {"N": str(stored - tenant.stored)}, ":now": {"S": sortable(now)}}
        self._table.update(tenant_key(tenant.id), "ADD stored_bytes :more SET measured_at = :now", values=values)

    def suspect(self, tenant_id: str, run_ids: Iterable[str], now: datetime) -> None:
        """Remember these ids, and only these, and since when."""
        ids = sorted(run_ids)
        if ids:
            values: Item = {":ids": {"SS": ids}, ":now": {"S": sortable(now)}}
            self._table.update(tenant_key(tenant_id), "SET suspects = :ids, suspected_at = :now", values=values)
        else:
            self._table.update(tenant_key(tenant_id), "REMOVE suspects, suspected_at", values={})

    def set(self, tenant_id: str, wanted: Mapping[str, SettingValue]) -> Tenant:
        """Set what is the tenant's own, by the names of the item's attributes; None is the deployment's again."""
        there = {name: value for name, value in wanted.items() if value not in (None, ())}
        gone = [name for name in wanted if name not in there]
        listed = all_tenants(tenant_id)
        names = {f"#{name}": name for name in wanted}
        change = ", ".join(["GSI3PK = :listed", "GSI3SK = :id", *(f"#{name} = :{name}" for name in there)])
        remove = f" REMOVE {', '.join(f'#{name}' for name in gone)}" if gone else ""
        values: Item = {":listed": {"S": listed.pk}, ":id": {"S": listed.sk}}
        values = {**values, **{f":{name}": _attribute(value) for name, value in there.items()}}
        item = self._table.update(tenant_key(tenant_id), f"SET {change}{remove}", names=names, values=values)
        return self._decode(tenant_id, item)

    def known(self, tenant_id: str) -> bool:
        """Whether there is such a tenant."""
        return self._table.get(tenant_key(tenant_id)) is not None

    def own(self, tenant_id: str) -> Mapping[str, str]:
        """What is the tenant's own, as texts by the names of the item's attributes; of a set without what is in it."""
        item = self._table.get(tenant_key(tenant_id)) or {}
        return {name: item[name].get("N") or item[name].get("S") or "" for name in item if name in OWN}

    def page(self, wanted: Wanted[Tenant]) -> Page[Tenant]:
        """A page of all tenants, in the order of ids. Raises `InvalidCursor`."""
        listed = Range(index="GSI3", pk=all_tenants().pk)
        return page_of(self._table, listed, lambda item: self._decode(item["GSI3SK"]["S"], item), wanted)

    def all(self) -> Iterator[Tenant]:
        """Every tenant that ever started a run."""
        for item in self._table.index("GSI3", all_tenants().pk):
            yield self._decode(item["GSI3SK"]["S"], item)

    def _decode(self, tenant_id: str, item: Item) -> Tenant:
        return tenant_of(tenant_id, item, self._max_active, self._max_queued, self._quotas)


def _attribute(value: SettingValue) -> Attribute:
    if isinstance(value, tuple):
        return {"SS": sorted(set(value))}
    return {"N": str(value)} if isinstance(value, int) else {"S": str(value)}
