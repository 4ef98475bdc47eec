"""Garbage collection: the blobs that no snapshot refers to any more.

Blobs are shared by all runs of a project, so removing a run removes none. They are found by mark and sweep: every
snapshot of every stored run is read (those between its turns too, for every turn can be revisited), and what none of
them names is deleted, if it is older than `MARGIN`. Runs go on meanwhile, and clones are made. Why none of them loses
a file:

1. A run refers to a blob because it stored it, or because a snapshot that it began with does.
2. Stored: blobs are put before the snapshot that names them, by the same process, once for each working copy, and by
   a plain put, also when the same bytes are there already. So a blob of a snapshot that marking missed was put less
   than a process's lifetime before marking began, or later. Both are far within `MARGIN`, which counts from when
   marking began: such a blob is not looked at. A put that comes after the look makes a new version of the object, and
   versions are what is deleted, each by its id: the new one stays. (The bucket is versioned for this, too.)
3. Inherited, by the run's next turn or by a clone: then the earlier snapshot names the blob as well. Snapshots of a
   stored run are never deleted one by one, so it is marked there, unless that whole run is removed. A run is removed
   only `SETTLED` after it was hidden, and a hidden run cannot be cloned. Whoever had read it before has had its whole
   lifetime to write a snapshot of its own, and that one is there when marking begins after the removal. If marking
   began before, it saw the old one.
4. A snapshot that cannot be read stops the sweep of its project. In doubt nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import chain, islice

from swarm.records.backend import Backend
from swarm.records.tenant import Tenant
from swarm.retention.removal import Enough, remove_batch, remove_run
from swarm.workspace.document_texts import still_needed
from swarm.workspace.inventory import Version
from swarm.workspace.manifests import hashes_in
from swarm.workspace.objects import DAY, ProjectArea, skills_of

MARGIN = timedelta(days=1)
"""Longer than any run may take (five hours and what it waits for the provider), and so than any process."""

SETTLED = timedelta(hours=1)
"""From hiding a run to removing it: longer than any process that may have read it before."""

_PARALLEL = 16

_EXPIRING = frozenset({"archives", "diffs"})
"""Kinds of a run's objects that can be made again."""


def expire(backend: Backend, area: ProjectArea, now: datetime) -> tuple[int, bool]:
    """Delete what is kept for a day only: uploads, archives and differences, every version of them.

    How many versions, and whether there are some whose time will come.
    """
    versions = chain(
        backend.inventory.versions(area.uploads),
        (each for each in backend.inventory.versions(area.run()) if _kind(each.key, area) in _EXPIRING),
    )
    later = False

    def over() -> Iterator[Version]:
        nonlocal later
        for version in versions:
            if version.stored_at < now - DAY:
                yield version
            else:
                later = True

    deleted = sum(backend.inventory.delete_versions(over()))
    return deleted, later


def drop_old_skills(backend: Backend, tenant_id: str, project_id: str | None, now: datetime) -> int:
    """Delete what is stored of skills that nothing names any more; how many versions.

    A run that is beginning may have read the record a moment before, so it is left for `MARGIN`.
    """
    kept = {skill.key for skill in backend.skills.of(tenant_id, project_id)}
    stored = backend.inventory.versions(skills_of(tenant_id, project_id))
    old = (version for version in stored if version.stored_at < now - MARGIN and version.key not in kept)
    return sum(backend.inventory.delete_versions(old))


def sweep(backend: Backend, area: ProjectArea, now: datetime, enough: Enough) -> int | None:
    """Delete the project's unused blobs and their texts, for good; how many versions, or None where there was no time.

    `now` is a time before this was called. Raises `CorruptObject` where a snapshot cannot be read.
    """
    live = _mark(backend, area, enough)
    if live is None:
        return None
    # A text goes with its blob, with that of one it was packed with, or when a newer reader has come: it can be made
    # again, so no one loses anything.
    needed = still_needed(area, live)
    told = chain(
        ((each, each.key.removeprefix(area.blobs) in live) for each in backend.inventory.versions(area.blobs)),
        ((each, needed(each.key)) for each in backend.inventory.versions(area.texts)),
    )
    unused = (version for version, wanted in told if version.stored_at < now - MARGIN and not wanted)
    deleted = 0
    for number in backend.inventory.delete_versions(unused):
        deleted += number
        if enough():
            return None
    return deleted


def _mark(backend: Backend, area: ProjectArea, enough: Enough) -> set[str] | None:
    """The hashes that any snapshot names; None where there was no time to read them all."""
    keys = (key for key in backend.inventory.keys(area.run()) if _kind(key, area) == "snapshots")
    live: set[str] = set()
    with ThreadPoolExecutor(_PARALLEL) as pool:
        while some := list(islice(keys, 4 * _PARALLEL)):
            for data in pool.map(backend.objects.get, some):
                live.update(hashes_in(data))
            if enough():
                return None
    return live


def _kind(key: str, area: ProjectArea) -> str:
    """Of an object of a run: snapshots, archives and so on."""
    return key.removeprefix(area.run()).split("/")[1]


def retire(backend: Backend, tenant: Tenant, now: datetime, enough: Enough) -> Iterator[ProjectArea]:
    """Let go of the tenant's runs that were deleted, or ended longer ago than they are kept.

    Gives the projects that lost one for good.

    A run is hidden in one round, and removed in a later one (see above).
    """
    kept_from = now - timedelta(days=tenant.retention_days or backend.settings.retention_days)
    for stored in chain(backend.runs.deleted(tenant.id), backend.runs.made_before(tenant.id, kept_from)):
        # A run that was taken over is kept for as long as one that ended when it was.
        key, ended_at = stored.run.key, stored.run.imported_at or stored.run.ended_at
        if enough():
            return
        if stored.hidden_at is None:
            if ended_at is not None and ended_at < kept_from:
                backend.runs.hide(key, now)
        elif now - stored.hidden_at >= SETTLED:
            backend.patterns.remove(stored.run)
            if remove_run(backend, key, enough):
                yield ProjectArea(key.tenant_id, key.project_id)


def retire_batches(backend: Backend, tenant: Tenant, now: datetime, enough: Enough) -> int:
    """Remove the tenant's batches that were deleted, or ended longer ago than runs are kept; how many."""
    kept_from = now - timedelta(days=tenant.retention_days or backend.settings.retention_days)
    old = (
        batch
        for batch in backend.batches.made_before(tenant.id, kept_from)
        if batch.ended_at is not None and batch.ended_at < kept_from
    )
    removed = 0
    for batch in chain(backend.batches.deleted(tenant.id), old):
        if enough():
            break
        removed += remove_batch(backend, batch, enough)
    return removed
