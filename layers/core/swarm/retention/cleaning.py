"""One round of the janitor. Any number of rounds may overlap or break off: each does again what is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from swarm.logs import log
from swarm.records.backend import Backend
from swarm.records.projects import PendingCleanup
from swarm.retention.measuring import measure
from swarm.retention.removal import Enough, clear_project
from swarm.retention.sweeping import MARGIN, drop_old_skills, expire, retire, retire_batches, sweep
from swarm.workspace.objects import DAY, ProjectArea

RESERVE_SECONDS = 30.0
"""Nothing new is begun when less time than this is left."""


@dataclass
class Cleared:
    """What a round came to: projects gone for good, runs gone, unused versions of files gone, cleanups that failed."""

    projects: int = 0
    runs: int = 0
    files: int = 0
    failed: int = 0


def clean(backend: Backend, now: datetime, seconds_left: Callable[[], float]) -> Cleared:
    """Do what is due, as far as the time goes."""
    cleared = Cleared()

    def enough() -> bool:
        return seconds_left() < RESERVE_SECONDS

    tenants = list(backend.tenants.all())
    held = {tenant.id for tenant in tenants if tenant.hold is not None}
    for cleanup in backend.projects.pending_cleanups(now):
        if enough():
            return cleared
        if cleanup.tenant_id in held:
            continue
        try:
            _run(backend, cleanup, now, enough, cleared)
        except Exception:  # noqa: BLE001  whatever is wrong with one project must not keep the others from being cleared
            log.exception("a project could not be cleared", project_id=cleanup.project_id)
            cleared.failed += 1
    for tenant in tenants:
        measured = measure(backend, tenant, now, enough)
        if tenant.hold is not None:
            continue
        if measured and tenant.has_skills:
            cleared.files += drop_old_skills(backend, tenant.id, None, now)
        for area in retire(backend, tenant, now, enough):
            cleared.runs += 1
            backend.projects.sweep_later(area.tenant_id, area.project_id, now + MARGIN)
        retire_batches(backend, tenant, now, enough)
    return cleared


def _run(backend: Backend, cleanup: PendingCleanup, now: datetime, enough: Enough, cleared: Cleared) -> None:
    if cleanup.hidden_at is not None:
        cleared.projects += clear_project(backend, cleanup, cleanup.hidden_at, now, enough)
        return
    area = ProjectArea(cleanup.tenant_id, cleanup.project_id)
    expired, later = expire(backend, area, now)
    deleted = sweep(backend, area, now, enough)
    old_skills = drop_old_skills(backend, area.tenant_id, area.project_id, now)
    cleared.files += expired + (deleted or 0) + old_skills
    if deleted is None:
        log.warning("there was no time to sweep the whole project", project_id=cleanup.project_id)
        return
    backend.projects.done(cleanup)
    if later:
        backend.projects.sweep_later(area.tenant_id, area.project_id, now + DAY)
