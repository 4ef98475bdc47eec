"""Differences between the files that a run had at two moments, made once and then kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from codex_swarm.models import DiffSummary
from swarm.aws import clients
from swarm.outputs.diff import Diff, diff
from swarm.records.backend import Backend, area_of
from swarm.records.quotas import Kind
from swarm.runs.run import Run
from swarm.workspace.objects import DAY, ObjectMissing
from swarm.workspace.snapshot import FileChange, Snapshot, compare
from swarm.workspace.working_copy import read_blob

GOOD = DAY - timedelta(hours=1)
"""For how long a difference is handed out: somebody may still be fetching its patch for a while."""

LIFETIME = timedelta(seconds=35)
"""Of a difference's place: longer than the gateway lets a request take."""


@dataclass(frozen=True, slots=True)
class KeptDiff:
    """A difference, and where its patch is."""

    summary: DiffSummary
    patch: str


def between(backend: Backend, run: Run, changes: Sequence[FileChange]) -> Diff | None:
    """The difference that changes to this run's files make; None where there are none."""
    if not changes:
        return None
    area = area_of(run.key)
    return diff(f"run/{run.run_id}", changes, lambda entry: read_blob(backend.objects, area, entry))


def kept(backend: Backend, run: Run, old: Snapshot, new: Snapshot, now: datetime) -> KeptDiff | None:
    """The difference between two snapshots of this run, stored under their hash; None where they are the same.

    It is kept for a day, and worked out again where its patch might go while somebody fetches it. Raises
    `TooManyUnderWay`.
    """
    if old.files == new.files:
        return None
    name = hashlib.sha256(f"{old.digest} {new.digest}".encode()).hexdigest()
    area = area_of(run.key)
    summary_key = area.of_run(run.run_id, "diffs", f"{name}.json")
    patch_key = area.of_run(run.run_id, "diffs", f"{name}.patch")
    stored = clients.object_stat(backend.settings.bucket_name, patch_key)
    if stored is not None and now - stored.stored_at < GOOD:
        with suppress(ObjectMissing):
            return KeptDiff(DiffSummary.model_validate_json(backend.objects.get(summary_key)), patch_key)
    with backend.places.one(run.key.tenant_id, Kind.DIFFS, now, LIFETIME):
        made = between(backend, run, compare(old, new))
        if made is None:
            return None
        backend.objects.put(summary_key, made.summary.model_dump_json().encode(), expires=True)
        backend.objects.put(patch_key, made.patch, expires=True)
        backend.projects.sweep_later(run.key.tenant_id, run.key.project_id, now + DAY)
    return KeptDiff(made.summary, patch_key)
