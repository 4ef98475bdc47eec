"""Tenants: what each may use, and which of its runs are active or wait for their turn.

A tenant is one item, so that whether a run is counted, waits, or is refused is decided by one conditional write. What
waits is admitted fairly over the tenant's projects: each project's n-th waiting run comes before the (n+1)-th of any
other, and among equals who asked first. `served` says how many of its runs a project has had since others wait too, so
that one which keeps on asking goes to the back.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from swarm.errors import (
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
from swarm.runs.limits import Allowance, allowance_of

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
    {"max_active", "max_queued", "retention_days", "limits", *(f"max_{each.name}" for each in fields(Quotas))}
)
"""What a tenant may have otherwise than the deployment says, as attributes of its item."""


class Waiting(NamedTuple):
    """A run that waits: since when (as `sortable` writes it), and for which project (a digest of its id)."""

    since: str
    project: str


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant's runs, and the projects that are being deleted.

    `asking` are runs that wait for people or for their children, and count for nothing.

    `hosted_tools` are those of the provider's own that it may use, all with None.

    `batches` are those under way, each since when and of which project.

    `retention_days` and `models` are its own, where it has any: how long its runs are kept, and which models they may
    use. It has keys of its own for the providers `own_keys`. While there is a `hold`, a reason of law, nothing of it is
    deleted; since `erasing_since` all of it is.

    `suspects` are ids among the runs for which at `suspected_at` no run was found; `revision` goes up with each run.
    """

    id: str
    active: frozenset[str] = frozenset()
    asking: frozenset[str] = frozenset()
    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    served: Mapping[str, int] = field(default_factory=dict)
    batches: Mapping[str, Waiting] = field(default_factory=dict)
    deleting: frozenset[str] = frozenset()
    suspects: frozenset[str] = frozenset()
    suspected_at: datetime | None = None
    max_active: int = 0
    max_queued: int = 0
    revision: int = 0
    stored: int = 0
    measured_at: datetime | None = None
    quotas: Quotas = field(default_factory=Quotas)
    allowance: Allowance | None = None
    has_skills: bool = False
    retention_days: int | None = None
    models: frozenset[str] = frozenset()
    own_keys: frozenset[str] = frozenset()
    hold: str | None = None
    erasing_since: datetime | None = None
    hosted_tools: frozenset[str] | None = None

    @property
    def has_room(self) -> bool:
        """Whether another run may become active."""
        return len(self.active) < self.max_active

    def require_space(self) -> None:
        """Raises `StorageFull`."""
        if self.stored >= self.quotas.stored_bytes:
            raise StorageFull(self.stored, self.quotas.stored_bytes)

    @property
    def queue(self) -> list[str]:
        """The runs that wait, the next one first."""
        of_project: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for run_id, waiting in self.waiting.items():
            of_project[waiting.project].append((waiting.since, run_id))
        turns = self.turns
        ranked = [
            (turns[project] + place, since, run_id)
            for project, runs in of_project.items()
            for place, (since, run_id) in enumerate(sorted(runs))
        ]
        return [run_id for _, _, run_id in sorted(ranked)]

    @property
    def turns(self) -> dict[str, int]:
        """How many turns each project that waits has had; one that comes begins with the least of the others."""
        projects = {waiting.project for waiting in self.waiting.values()}
        least = min((self.served[project] for project in projects if project in self.served), default=0)
        return {project: self.served.get(project, least) - least for project in projects}

    def served_after(self, run_id: str) -> dict[str, int]:
        """`served` once this run has been admitted."""
        project, turns = self.waiting[run_id].project, self.turns
        return {**turns, project: turns[project] + 1}


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
                return self._wait(key, at, again=again)
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

    def _wait(self, key: RunKey, at: datetime, *, again: bool) -> Tenant:
        held = f"attribute_exists(waiting) AND {STAYS}"
        room: Item = {} if again else {":max_queued": {"N": str(self._max_queued)}}
        item = self._table.update(
            tenant_key(key.tenant_id),
            "DELETE asking :runs ADD revision :one SET waiting.#run = if_not_exists(waiting.#run, :waiting)",
            names={"#run": key.run_id},
            values={
                ":runs": {"SS": [key.run_id]},
                ":one": {"N": "1"},
                **room,
                ":project": {"S": key.project_id},
                ":waiting": {"S": f"{sortable(at)} {_digest(key.project_id)}"},
            },
            condition=held if again else f"{held} AND {QUEUE_HAS_ROOM}",
        )
        return self._decode(key.tenant_id, item)

    def admit_next(self, tenant_id: str) -> str | None:
        """Make the run whose turn it is an active one; its id, or None where there is no room or nobody waits.

        Where others are quicker each time, they see to whoever waits.
        """
        for _ in range(ATTEMPTS):
            tenant = self.get(tenant_id)
            if not tenant.waiting or not tenant.has_room:
                return None
            run_id = tenant.queue[0]
            served = {project: {"N": str(number)} for project, number in tenant.served_after(run_id).items()}
            with suppress(ConditionFailed):
                self._table.update(
                    tenant_key(tenant_id),
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
                return run_id
        return None

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
                        ":since": {"S": f"{sortable(at)} {_digest(project_id)}"},
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
        """The numbers and limits that are the tenant's own, as texts by the names of the item's attributes."""
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
        waiting, served = _map(item, "waiting"), _map(item, "served")
        return Tenant(
            id=tenant_id,
            active=_members(item, "active"),
            asking=_members(item, "asking"),
            waiting={run_id: Waiting(*stored["S"].split(" ")) for run_id, stored in waiting.items()},
            served={project: int(number["N"]) for project, number in served.items()},
            batches={batch_id: Waiting(*stored["S"].split(" ")) for batch_id, stored in _map(item, "batches").items()},
            deleting=_members(item, "deleting"),
            suspects=_members(item, "suspects"),
            suspected_at=datetime.fromisoformat(item["suspected_at"]["S"]) if "suspected_at" in item else None,
            max_active=_number(item, "max_active", self._max_active),
            max_queued=_number(item, "max_queued", self._max_queued),
            revision=_number(item, "revision", 0),
            stored=_number(item, "stored_bytes", 0),
            measured_at=datetime.fromisoformat(item["measured_at"]["S"]) if "measured_at" in item else None,
            quotas=self._quotas.granted(item),
            allowance=allowance_of(item["limits"]["S"]) if "limits" in item else None,
            has_skills="has_skills" in item,
            retention_days=int(item["retention_days"]["N"]) if "retention_days" in item else None,
            models=_members(item, "models"),
            own_keys=_members(item, "own_keys"),
            hold=item["hold"]["S"] if "hold" in item else None,
            erasing_since=datetime.fromisoformat(item["erasing_since"]["S"]) if "erasing_since" in item else None,
            hosted_tools=_names(item["hosted_tools"]["S"]) if "hosted_tools" in item else None,
        )


def _names(text: str) -> frozenset[str]:
    """Names with commas, as an operator writes them."""
    return frozenset(filter(None, (name.strip() for name in text.split(","))))


def _digest(project_id: str) -> str:
    return hashlib.sha256(project_id.encode()).hexdigest()[:16]


def waits_for(tenant: Tenant, project_id: str) -> str | None:
    """A run that waits for its turn in this project."""
    digest = _digest(project_id)
    return next((run_id for run_id, waiting in tenant.waiting.items() if waiting.project == digest), None)


def batch_in(tenant: Tenant, project_id: str) -> str | None:
    """A batch of this project that is under way."""
    digest = _digest(project_id)
    return next((batch_id for batch_id, entered in tenant.batches.items() if entered.project == digest), None)


def _map(item: Item, name: str) -> Mapping[str, Any]:
    return item[name]["M"] if name in item else {}


def _attribute(value: SettingValue) -> Attribute:
    if isinstance(value, tuple):
        return {"SS": sorted(set(value))}
    return {"N": str(value)} if isinstance(value, int) else {"S": str(value)}


def _members(item: Item, name: str) -> frozenset[str]:
    return frozenset(item[name]["SS"]) if name in item else frozenset()


def _number(item: Item, name: str, default: int) -> int:
    return int(item[name]["N"]) if name in item else default
