"""Differences between the files that a run had at two moments, made once and then kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from codex_swarm.models import DiffSummary
from swarm.aws import clients
from swarm.outputs.diff import Diff, compared_by_text, diff
from swarm.records.backend import Backend, area_of
from swarm.records.quotas import Kind
from swarm.runs.run import Run
from swarm.workspace.document_texts import DocumentText, DocumentTexts
from swarm.workspace.objects import DAY, ObjectMissing
from swarm.workspace.snapshot import FileChange, Snapshot, compare
from swarm.workspace.working_copy import read_blob

GOOD = DAY - timedelta(hours=1)
"""For how long a difference is handed out: somebody may still be fetching its patch for a while."""

LIFETIME = timedelta(seconds=35)
"""Of a difference's place: longer than the gateway lets a request take."""


MAX_DOCUMENTS = 50
"""Changed documents whose texts are compared."""


@dataclass(frozen=True, slots=True)
class KeptDiff:
    """A difference, and where its patch is; documents that were compared by their text, and those not read yet."""

    summary: DiffSummary
    patch: str
    by_text: Sequence[str] = ()
    unread: Sequence[str] = ()


def between(
    backend: Backend, run: Run, changes: Sequence[FileChange], texts: Mapping[str, DocumentText] | None = None
) -> Diff | None:
    """The difference that changes to this run's files make, documents by these texts; None where there are none."""
    if not changes:
        return None
    area = area_of(run.key)
    return diff(f"run/{run.run_id}", changes, lambda entry: read_blob(backend.objects, area, entry), texts)


def kept(
    backend: Backend, run: Run, old: Snapshot, new: Snapshot, now: datetime, recorded: KeptDiff | None = None
) -> KeptDiff | None:
    """The difference between two snapshots of this run, stored under their hash; None where they are the same.

    Documents are compared by their texts as far as they have been read; `recorded` is the same without texts, and good
    while none has been. It is kept for a day, and worked out again where its patch might go while somebody fetches it.
    Raises `TooManyUnderWay`.
    """
    if old.files == new.files:
        return None
    changes = compare(old, new)
    area = area_of(run.key)
    documents = [change for change in changes if compared_by_text(change.path)][:MAX_DOCUMENTS]
    entries = {side.sha256: side for change in documents for side in (change.before, change.after) if side}
    loaded = zip(entries, DocumentTexts(backend.objects, area).of(entries.values()), strict=True)
    texts = {sha256: text for sha256, text in loaded if text is not None}
    found = partial(_told, documents=documents, texts=texts)
    if recorded is not None and not texts:
        return found(recorded.summary, recorded.patch)
    name = hashlib.sha256(f"{old.digest} {new.digest} {' '.join(sorted(texts))}".encode()).hexdigest()
    summary_key = area.of_run(run.run_id, "diffs", f"{name}.json")
    patch_key = area.of_run(run.run_id, "diffs", f"{name}.patch")
    stored = clients.object_stat(backend.settings.bucket_name, patch_key)
    if stored is not None and now - stored.stored_at < GOOD:
        with suppress(ObjectMissing):
            return found(DiffSummary.model_validate_json(backend.objects.get(summary_key)), patch_key)
    with backend.places.one(run.key.tenant_id, Kind.DIFFS, now, LIFETIME):
        made = between(backend, run, changes, texts)
        if made is None:
            return None
        backend.objects.put(summary_key, made.summary.model_dump_json().encode(), expires=True)
        backend.objects.put(patch_key, made.patch, expires=True)
        backend.projects.sweep_later(run.key.tenant_id, run.key.project_id, now + DAY)
    return found(made.summary, patch_key)


def _told(
    summary: DiffSummary, patch: str, *, documents: Sequence[FileChange], texts: Mapping[str, DocumentText]
) -> KeptDiff:
    sides = {each.path: [texts.get(side.sha256) for side in (each.before, each.after) if side] for each in documents}
    return KeptDiff(
        summary,
        patch,
        by_text=[path for path, known in sides.items() if all(text and not text.problem for text in known)],
        unread=[path for path, known in sides.items() if None in known],
    )
