"""A tenant as its item tells of it: what it may use, and which of its runs are active or wait for their turn.

What waits is admitted fairly over the tenant's projects: each project's n-th waiting run comes before the (n+1)-th of
any other, and among equals who asked first. `served` says how many of its runs a project has had since others wait too,
so that one which keeps on asking goes to the back.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from swarm.errors import StorageFull
from swarm.records.quotas import Quotas
from swarm.records.table import Item
from swarm.runs.limits import Allowance, allowance_of


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

    def place(self, run_id: str) -> int | None:
        """The run's place in the queue, from 1 on; None where it does not wait."""
        return self.queue.index(run_id) + 1 if run_id in self.waiting else None

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


def tenant_of(tenant_id: str, item: Item, max_active: int, max_queued: int, quotas: Quotas) -> Tenant:
    """The tenant that an item of the table tells of; what it does not say is what the deployment lets each have."""
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
        max_active=_number(item, "max_active", max_active),
        max_queued=_number(item, "max_queued", max_queued),
        revision=_number(item, "revision", 0),
        stored=_number(item, "stored_bytes", 0),
        measured_at=datetime.fromisoformat(item["measured_at"]["S"]) if "measured_at" in item else None,
        quotas=quotas.granted(item),
        allowance=allowance_of(item["limits"]["S"]) if "limits" in item else None,
        has_skills="has_skills" in item,
        retention_days=int(item["retention_days"]["N"]) if "retention_days" in item else None,
        models=_members(item, "models"),
        own_keys=_members(item, "own_keys"),
        hold=item["hold"]["S"] if "hold" in item else None,
        erasing_since=datetime.fromisoformat(item["erasing_since"]["S"]) if "erasing_since" in item else None,
        hosted_tools=_names(item["hosted_tools"]["S"]) if "hosted_tools" in item else None,
    )


def waits_for(tenant: Tenant, project_id: str) -> str | None:
    """A run that waits for its turn in this project."""
    digest = digest_of(project_id)
    return next((run_id for run_id, waiting in tenant.waiting.items() if waiting.project == digest), None)


def batch_in(tenant: Tenant, project_id: str) -> str | None:
    """A batch of this project that is under way."""
    digest = digest_of(project_id)
    return next((batch_id for batch_id, entered in tenant.batches.items() if entered.project == digest), None)


def digest_of(project_id: str) -> str:
    """How a project is named in its tenant's item, which has a bounded size."""
    return hashlib.sha256(project_id.encode()).hexdigest()[:16]


def _names(text: str) -> frozenset[str]:
    """Names with commas, as an operator writes them."""
    return frozenset(filter(None, (name.strip() for name in text.split(","))))


def _map(item: Item, name: str) -> Mapping[str, Any]:
    return item[name]["M"] if name in item else {}


def _members(item: Item, name: str) -> frozenset[str]:
    return frozenset(item[name]["SS"]) if name in item else frozenset()


def _number(item: Item, name: str, default: int) -> int:
    return int(item[name]["N"]) if name in item else default
