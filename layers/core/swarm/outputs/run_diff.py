"""Differences between the files that a run had at two moments, made once and then kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from codex_swarm.models import DiffSummary
from swarm.outputs.diff import Diff, diff
from swarm.records.backend import Backend, area_of
from swarm.runs.run import Run
from swarm.workspace.objects import ObjectMissing
from swarm.workspace.snapshot import FileChange, Snapshot, compare
from swarm.workspace.working_copy import read_blob


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


def kept(backend: Backend, run: Run, old: Snapshot, new: Snapshot) -> KeptDiff | None:
    """The difference between two snapshots of this run, stored under their hash; None where they are the same."""
    name = hashlib.sha256(f"{old.digest} {new.digest}".encode()).hexdigest()
    area = area_of(run.key)
    summary_key = area.of_run(run.run_id, "diffs", f"{name}.json")
    patch_key = area.of_run(run.run_id, "diffs", f"{name}.patch")
    try:
        return KeptDiff(DiffSummary.model_validate_json(backend.objects.get(summary_key)), patch_key)
    except ObjectMissing:
        made = between(backend, run, compare(old, new))
    if made is None:
        return None
    # The patch first: whoever finds the summary finds the patch too.
    backend.objects.put(patch_key, made.patch)
    backend.objects.put(summary_key, made.summary.model_dump_json().encode())
    return KeptDiff(made.summary, patch_key)
