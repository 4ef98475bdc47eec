"""One round of the janitor. Any number of rounds may overlap or break off: each does again what is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from swarm.logs import log
from swarm.records.backend import Backend
from swarm.records.projects import Errand
from swarm.retention.removal import Enough, clear_project
from swarm.retention.sweeping import MARGIN, retire, sweep
from swarm.workspace.objects import ProjectArea

RESERVE_SECONDS = 30.0
"""Nothing new is begun when less time than this is left."""


@dataclass
class Cleared:
    """What a round came to: projects gone for good, runs gone, unused versions of files gone, errands that failed."""

    projects: int = 0
    runs: int = 0
    files: int = 0
    failed: int = 0


def clean(backend: Backend, now: datetime, seconds_left: Callable[[], float]) -> Cleared:
    """Do what is due, as far as the time goes."""
    cleared = Cleared()

    def enough() -> bool:
        return seconds_left() < RESERVE_SECONDS

    for errand in backend.projects.errands(now):
        if enough():
            return cleared
        try:
            _run(backend, errand, now, enough, cleared)
        except Exception:  # noqa: BLE001  whatever is wrong with one project must not keep the others from being cleared
            log.exception("a project could not be cleared", project_id=errand.project_id)
            cleared.failed += 1
    for tenant in backend.tenants.all():
        for area in retire(backend, tenant.id, now, enough):
            cleared.runs += 1
            backend.projects.sweep_later(area.tenant_id, area.project_id, now + MARGIN)
    return cleared


def _run(backend: Backend, errand: Errand, now: datetime, enough: Enough, cleared: Cleared) -> None:
    if errand.hidden_at is not None:
        cleared.projects += clear_project(backend, errand, errand.hidden_at, now, enough)
        return
    deleted = sweep(backend, ProjectArea(errand.tenant_id, errand.project_id), now, enough)
    if deleted is None:
        log.warning("there was no time to sweep the whole project", project_id=errand.project_id)
        return
    cleared.files += deleted
    backend.projects.done(errand)
