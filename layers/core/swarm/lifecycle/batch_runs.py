"""The runs of a batch: a few at a time, each end of one lets the next begin.

What is to be started is decided by a change of the batch, and done after it. Whoever dies in between leaves an item
that counts as under way and has no run, which reconciliation starts (`swarm.lifecycle.batches.mend`): it has the same
id, whoever starts it. Each end is told before the run leaves the index of active runs, so that it is told by somebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from codex_swarm.models import RunStatus
from swarm.adapters import adapter
from swarm.errors import BatchNotFound, CallerError, TenantBusy, TooManyQueuedRuns
from swarm.ids import RunKey
from swarm.lifecycle import creation
from swarm.lifecycle.asked import new_run
from swarm.lifecycle.describing import described
from swarm.logs import log
from swarm.records.backend import Backend
from swarm.runs.batch_template import BatchRequest
from swarm.runs.batches import Batch, BatchItem, Row
from swarm.runs.requests import undecided
from swarm.runs.run import Run
from swarm.sizes import json_text, of_text
from swarm.text import clip

MAX_AT_ONCE = 50
"""Runs of one batch that are under way; fewer where the tenant may have fewer active ones."""

MAX_WORDS, MAX_RESULT_BYTES = 300, 1_000
"""Of what was said or went wrong, and of a result, in the report: a thousand rows go into one answer."""

FULL = (TenantBusy, TooManyQueuedRuns)
"""Refusals that pass by themselves."""


def load_request(backend: Backend, batch: Batch) -> BatchRequest:
    """What the batch was asked to do."""
    return adapter(BatchRequest).validate_json(backend.objects.get(batch.request))


def go_on(backend: Backend, tenant_id: str, batch_id: str, now: datetime) -> Batch:
    """Start as many of its runs as may be under way. The batch after it. Raises `BatchNotFound`, `BatchBusy`."""
    at_once = max(1, min(MAX_AT_ONCE, backend.tenants.get(tenant_id).max_active))
    batch = backend.batches.get(tenant_id, batch_id)
    if batch.held_up and not start(backend, batch, missing(backend, batch), now):
        return batch
    while True:
        before, batch = backend.batches.change(
            tenant_id, batch_id, lambda latest: latest.started(latest.to_start(at_once))
        )
        places = before.to_start(at_once)
        if not places or not start(backend, batch, places, now):
            return backend.batches.get(tenant_id, batch_id)


def missing(backend: Backend, batch: Batch) -> list[int]:
    """The items that count as under way and have no run."""
    return [place for place in batch.at_work if backend.runs.find(batch.tenant_id, batch.item(place).run_id) is None]


def start(backend: Backend, batch: Batch, places: Sequence[int], now: datetime) -> bool:
    """Start the runs of items that count as under way; whether there was room for all. Again changes nothing."""
    held_up = bool(places) and not _started(backend, batch, places, now)
    if held_up or batch.held_up:
        backend.batches.change(batch.tenant_id, batch.id, lambda latest: replace(latest, held_up=held_up))
    return not held_up


def _started(backend: Backend, batch: Batch, places: Sequence[int], now: datetime) -> bool:
    request = load_request(backend, batch)
    for place in places:
        item = batch.item(place)
        try:
            _start(backend, batch, request, item, now)
        except FULL as full:
            log.warning("runs of a batch were not started yet", batch_id=batch.id, error=str(full))
            return False
        except CallerError as refused:
            # Somebody else may have started it before whatever it begins with was gone.
            if backend.runs.find(batch.tenant_id, item.run_id) is None:
                _told(backend, batch, _row(item, RunStatus.FAILED, error=f"not started: {refused}"), now)
    return True


def _start(backend: Backend, batch: Batch, request: BatchRequest, item: BatchItem, now: datetime) -> None:
    project = backend.projects.get(batch.tenant_id, batch.project_id)
    key = RunKey(tenant_id=batch.tenant_id, project_id=batch.project_id, run_id=item.run_id)
    wanted = new_run(backend, request.run(item.place))
    run, files = described(backend, project, key, wanted, now)
    creation.open_run(backend, replace(run, batch_item=item), wanted.limits, files, named=wanted.model is not None)


def is_unwanted(backend: Backend, run: Run) -> bool:
    """Whether the run is of a batch that was cancelled, or goes on without it."""
    if run.batch_item is None:
        return False
    batch = backend.batches.find(run.key.tenant_id, run.batch_item.batch_id)
    return batch is None or batch.cancelled_at is not None or not batch.waits_for(run.batch_item)


def tell_batch(backend: Backend, run: Run) -> None:
    """Tell the batch of an ended run of its end; again changes nothing."""
    item = run.batch_item
    if item is None or run.ended_at is None:
        return
    batch = backend.batches.find(run.key.tenant_id, item.batch_id)
    if batch is not None and batch.waits_for(item):
        _told(backend, batch, _row_of(run, item), run.ended_at)


def go_on_after(backend: Backend, run: Run, at: datetime) -> None:
    """Let the next run of the batch begin, if the run is of one; again changes nothing.

    Where this fails, or never comes to be, reconciliation does it: the end of a run must not fail for it.
    """
    if run.batch_item is None:
        return
    try:
        batch = backend.batches.get(run.key.tenant_id, run.batch_item.batch_id)
        if batch.ended_at is None:
            go_on(backend, batch.tenant_id, batch.id, at)
    except CallerError as full:
        log.warning("a batch could not go on", batch_id=run.batch_item.batch_id, error=str(full))


def tell_wait(backend: Backend, run: Run) -> None:
    """Let another run of the batch begin while this one waits for people; again changes nothing."""
    item = run.batch_item
    if item is None:
        return
    with suppress(BatchNotFound):
        backend.batches.change(
            run.key.tenant_id,
            item.batch_id,
            lambda batch: batch.asking(item.place) if batch.waits_for(item) else batch,
        )
    go_on_after(backend, run, max(request.asked_at for request in undecided(run.requests)))


def end_effects(backend: Backend, batch: Batch) -> None:
    """Do what the end of a batch entails: note whom to tell, count it no longer. Again changes nothing."""
    backend.outbox.announce_batch(batch)
    backend.outbox.start_batch(batch)
    # Last, because by it an unfinished end is found again.
    backend.tenants.leave_batch(batch.tenant_id, batch.id)


def _told(backend: Backend, batch: Batch, row: Row, at: datetime) -> Batch:
    """The batch with the end of an item, which is in the report before it counts."""
    item = BatchItem(batch_id=batch.id, place=row.place, round=row.round)
    backend.batches.note(batch, row)
    _, after = backend.batches.change(
        batch.tenant_id,
        batch.id,
        lambda latest: latest.told(item, row.status, row.usage, at) if latest.waits_for(item) else latest,
    )
    if after.ended_at is not None:
        end_effects(backend, after)
    return after


def tell_cancelled(backend: Backend, batch: Batch, item: BatchItem, at: datetime) -> None:
    """Count an item as cancelled whose run was never begun, and now comes to nothing (`is_unwanted`)."""
    _told(backend, batch, _row(item, RunStatus.CANCELLED), at)


def _row_of(run: Run, item: BatchItem) -> Row:
    error = run.errors[-1] if run.errors else None
    return replace(
        _row(item, run.status, error=f"{error.error_type}: {error.message}" if error else None),
        run_id=run.run_id,
        closing_words=run.closing_words and clip(run.closing_words, MAX_WORDS),
        result=run.result if of_text(json_text(run.result)) <= MAX_RESULT_BYTES else None,
        usage=run.usage,
        ended_at=run.ended_at,
    )


def _row(item: BatchItem, status: RunStatus, error: str | None = None) -> Row:
    return Row(place=item.place, round=item.round, status=status, error=error and clip(error, MAX_WORDS))
