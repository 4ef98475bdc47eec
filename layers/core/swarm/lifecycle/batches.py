"""How a batch comes to be, is cancelled, and tried again: checked whole before anything of it begins.

The batch counts as under way first, then its request is stored, then it exists, and only then its runs begin. Whoever
finds it half done (a request with the same key, or reconciliation) does the steps that are left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from codex_swarm.models import BatchCreate, ItemValue, ProjectRead
from swarm.adapters import adapter
from swarm.errors import (
    BatchAlreadyEnded,
    BatchNotEnded,
    CallerError,
    IdempotencyKeyReused,
    InvalidRequest,
    InvalidUpload,
    NothingToRetry,
    RunNotFound,
    TooLarge,
)
from swarm.ids import RunKey, new_id
from swarm.lifecycle import batch_runs, creation, transitions
from swarm.lifecycle.asked import checked_callback, new_run
from swarm.lifecycle.describing import NewRun, described
from swarm.lifecycle.idempotency import id_for
from swarm.lifecycle.inputs import upload_of, uploaded
from swarm.records.backend import Backend
from swarm.records.quotas import Kind
from swarm.runs.batch_template import BatchRequest, items_of_csv, require_closed
from swarm.runs.batches import MAX_ROUNDS, WAITING, Batch
from swarm.workspace.objects import ProjectArea

MAX_CSV_BYTES = 1_000_000
GRACE = timedelta(minutes=2)
"""Longer than any request takes: so long a batch may be counted and not be there, or not be under way yet."""

_PARALLEL = 8


@dataclass(frozen=True, slots=True)
class BatchCreation:
    """A batch that was asked for; `replayed` when an earlier request with the same key had made it."""

    batch: Batch
    replayed: bool = False


def create(
    backend: Backend,
    tenant_id: str,
    project_id: str,
    body: BatchCreate,
    *,
    now: datetime,
    idempotency_key: str | None = None,
) -> BatchCreation:
    """Check every item, create the batch and start its first runs. Raises `CallerError`s; then nothing has begun."""
    project = backend.projects.get(tenant_id, project_id)
    area = ProjectArea(tenant_id, project_id)
    batch_id = id_for(tenant_id, project, idempotency_key, "batch") or new_id()
    request = BatchRequest(body.template.model_dump(mode="json", exclude_unset=True), _items(backend, area, body))
    stored = adapter(BatchRequest).dump_json(request)
    fingerprint = hashlib.sha256(stored + f"{body.name}\0{body.callback_url}".encode()).hexdigest()
    batch = backend.batches.find(tenant_id, batch_id)
    made = None
    if batch is None:
        # Only here: one that was kept before this was looked at goes on.
        require_closed(request.template)
        _check(backend, tenant_id, project, request, now)
        callback_url = checked_callback(backend, body.callback_url) or project.callback_url
        key = f"{area.batch(batch_id)}{fingerprint}.json"
        backend.tenants.enter_batch(tenant_id, project_id, batch_id, now)
        backend.objects.put(key, stored)
        made = Batch(
            id=batch_id,
            tenant_id=tenant_id,
            project_id=project_id,
            name=body.name.strip(),
            created_at=now,
            request=key,
            states=WAITING * len(request.items),
            rounds=(0,) * len(request.items),
            fingerprint=fingerprint,
            callback_url=callback_url,
        )
        batch = backend.batches.create(made)
        if body.csv_upload is not None:
            # It is taken, and counts no longer; should this not come to be, it does so by itself after a day.
            upload = upload_of(backend, area, body.csv_upload)
            backend.places.give_back(tenant_id, Kind.UPLOADS, upload.place)
    if batch.fingerprint != fingerprint:
        raise IdempotencyKeyReused(batch_id)
    if batch.ended_at is None:
        batch_runs.go_on(backend, tenant_id, batch_id, now)
    return BatchCreation(backend.batches.get(tenant_id, batch_id), replayed=batch is not made)


def cancel(backend: Backend, tenant_id: str, batch_id: str, *, now: datetime) -> Batch:
    """Start no more of its runs, and cancel those under way. Raises `BatchNotFound`, `BatchAlreadyEnded`."""
    before, batch = backend.batches.change(
        tenant_id, batch_id, lambda latest: latest if latest.ended_at else latest.cancelled(now)
    )
    if before.ended_at is not None:
        raise BatchAlreadyEnded(batch_id, before.status.value)
    _cancel_runs(backend, batch, now)
    return backend.batches.get(tenant_id, batch_id)


def retry(backend: Backend, tenant_id: str, batch_id: str, *, now: datetime) -> Batch:
    """Begin again with every item whose run did not succeed. Raises `BatchNotFound`, `BatchNotEnded`,
    `NothingToRetry`, and what `Tenants.enter_batch` raises.
    """
    ended = backend.batches.get(tenant_id, batch_id)
    _require_retry(ended)
    backend.tenants.enter_batch(tenant_id, ended.project_id, batch_id, now)

    def again(latest: Batch) -> Batch:
        _require_retry(latest)
        return latest.again()

    backend.batches.change(tenant_id, batch_id, again)
    return batch_runs.go_on(backend, tenant_id, batch_id, now)


def mend(backend: Backend, tenant_id: str, batch_id: str, now: datetime, *, entered_at: datetime) -> None:
    """Do whatever is left to do for a batch that counts as under way; again changes nothing."""
    batch = backend.batches.find(tenant_id, batch_id)
    if batch is None or batch.ended_at is not None:
        if now - entered_at < GRACE:
            # It is just being created, or tried again.
            return
        if batch is None:
            backend.tenants.leave_batch(tenant_id, batch_id)
        else:
            batch_runs.end_effects(backend, batch)
        return
    if batch.cancelled_at is not None:
        _cancel_runs(backend, batch, now)
        return
    if batch_runs.start(backend, batch, batch_runs.missing(backend, batch), now):
        batch_runs.go_on(backend, tenant_id, batch_id, now)


def _items(backend: Backend, area: ProjectArea, body: BatchCreate) -> list[dict[str, ItemValue]]:
    if (body.items is None) == (body.csv_upload is None):
        raise InvalidRequest("a batch has either items or csv_upload; send one of them")
    if body.items is not None:
        return body.items
    upload = upload_of(backend, area, str(body.csv_upload))
    if len(upload.files) != 1:
        raise InvalidRequest(
            f"csv_upload takes an upload of one file; this one has {len(upload.files)}; upload the table by itself"
        )
    if upload.files[0].size > MAX_CSV_BYTES:
        raise TooLarge(
            f"a CSV file has at most {MAX_CSV_BYTES} bytes; this one has {upload.files[0].size}."
            " Make several batches of it"
        )
    try:
        [(_, data)] = uploaded(backend, area, upload)
    except InvalidUpload as wrong:
        raise InvalidRequest(f"csv_upload: {wrong}") from wrong
    return items_of_csv(data)


def _check(backend: Backend, tenant_id: str, project: ProjectRead, request: BatchRequest, now: datetime) -> None:
    """Raises `CallerError`s, which say for which item, where some run could not begin."""
    key = RunKey(tenant_id=tenant_id, project_id=project.id, run_id=new_id())
    tenant = backend.tenants.get(tenant_id)
    runs = []
    for place in range(len(request.items)):
        with _for_item(place):
            runs.append(new_run(backend, request.run(place)))

    def check(place: int) -> None:
        with _for_item(place):
            run, _ = described(backend, project, key, runs[place], now)
            creation.require_possible(backend, run, runs[place].limits, tenant, named=runs[place].model is not None)

    # What runs begin with is read from storage; what is the same for several items is looked at once.
    first: dict[object, int] = {}
    for place, wanted in enumerate(runs):
        first.setdefault(_inputs(wanted), place)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        list(pool.map(check, first.values()))


def _inputs(wanted: NewRun) -> object:
    return (wanted.from_run_id, wanted.reference_run_id, wanted.uploads, wanted.files, str(wanted.acceptance))


@contextmanager
def _for_item(place: int) -> Iterator[None]:
    """What is refused meanwhile says which item it is about."""
    try:
        yield
    except CallerError as refused:
        refused.args = (f"item {place + 1}: {refused}", *refused.args[1:])
        raise


def _require_retry(batch: Batch) -> None:
    if batch.ended_at is None:
        raise BatchNotEnded(batch.id, batch.left)
    if not batch.to_try_again:
        raise NothingToRetry(f"every run of batch {batch.id} has succeeded; there is nothing to try again")
    if batch.round + 1 >= MAX_ROUNDS:
        raise NothingToRetry(f"batch {batch.id} was tried {MAX_ROUNDS} times; start a batch of what is left")


def _cancel_runs(backend: Backend, batch: Batch, now: datetime) -> None:
    """Again changes nothing."""
    runs = []
    for item in map(batch.item, batch.at_work):
        try:
            runs.append(backend.runs.current(batch.tenant_id, item.run_id))
        except RunNotFound:
            batch_runs.tell_cancelled(backend, batch, item, now)
    transitions.cancel_all(backend, runs, now=now)
    latest = backend.batches.get(batch.tenant_id, batch.id)
    if latest.ended_at is not None:
        batch_runs.end_effects(backend, latest)
