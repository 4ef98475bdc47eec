"""A workspace as one zip file: the same files give the same bytes, made once and kept under the run.

A small one is made while the caller waits. A large one takes longer than a request may, so it is made by a function
of its own, and the caller asks again.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

from swarm.aws import clients
from swarm.ids import RunKey
from swarm.records.backend import Backend, area_of
from swarm.records.quotas import Kind
from swarm.workspace.multipart import ObjectWriter
from swarm.workspace.objects import DAY
from swarm.workspace.snapshot import FileEntry, Snapshot
from swarm.workspace.working_copy import read_blob

MAX_AWAITED_BYTES = 64 * 1024 * 1024
MAX_AWAITED_FILES = 1_000
"""What is packed while the caller waits; some seconds of work."""

PATIENCE = timedelta(minutes=10)
"""How long a packing may take before it is begun once more: what the template gives the function."""

GOOD = DAY - timedelta(hours=1)
"""For how long an archive is handed out: somebody may still be fetching it for a while."""

READERS = 16
BATCH_BYTES = 32 * 1024 * 1024
BATCH_FILES = 200
"""What is read ahead of being packed; a single file may have 50 MiB."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip can tell. The files of a workspace have none."""

_PACKED_ALREADY = frozenset({"image", "archive", "docx", "xlsx", "pptx", "odt", "epub"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRequest:
    """What the archive function is told: whose workspace, and which snapshot of it. `snapshot` is a key.

    `place` is the tenant's, to be given back when the archive is made.
    """

    run: RunKey
    snapshot: str
    place: str = ""


def key_of(key: RunKey, files: Snapshot) -> str:
    """Where the archive of these files is, once there is one."""
    return area_of(key).of_run(key.run_id, "archives", f"{files.digest}.zip")


def ready(backend: Backend, run: RunKey, files: Snapshot, snapshot: str | None, now: datetime) -> int | None:
    """The size of the archive in bytes; None while it is still being made, which this sees to.

    It is kept for a day, and made again where it might go while somebody fetches it. Raises `TooManyUnderWay`.
    """
    key, tenant_id = key_of(run, files), run.tenant_id
    made = clients.object_stat(backend.settings.bucket_name, key)
    if made is not None and now - made.stored_at < GOOD:
        return made.size
    if snapshot is None or (files.size <= MAX_AWAITED_BYTES and len(files.files) <= MAX_AWAITED_FILES):
        with backend.places.one(tenant_id, Kind.ARCHIVES, now, PATIENCE):
            backend.projects.sweep_later(tenant_id, run.project_id, now + DAY)
            return pack(backend, run, files)
    mark = f"{key}.begun"
    begun = clients.object_stat(backend.settings.bucket_name, mark)
    if begun is not None and now - begun.stored_at < PATIENCE:
        return None
    place = backend.places.take(tenant_id, Kind.ARCHIVES, now, PATIENCE)
    # Two that find nobody at it may both begin: they make the same archive.
    backend.objects.put(mark, b"", expires=True)
    backend.projects.sweep_later(tenant_id, run.project_id, now + DAY)
    request = json.dumps(asdict(ArchiveRequest(run=run, snapshot=snapshot, place=place)))
    clients.functions().invoke(
        FunctionName=backend.settings.archive_function, InvocationType="Event", Payload=request.encode()
    )
    return None


def pack(backend: Backend, run: RunKey, files: Snapshot) -> int:
    """Store the archive of these files; its size in bytes."""
    with ObjectWriter(clients.s3(), backend.settings.bucket_name, key_of(run, files)) as target:
        read = partial(read_blob, backend.objects, area_of(run))
        with zipfile.ZipFile(target, "w", compresslevel=6) as archive, ThreadPoolExecutor(READERS) as pool:
            for batch in _batches(files):
                contents = pool.map(read, [entry for _, entry in batch])
                for (path, entry), data in zip(batch, contents, strict=True):
                    archive.writestr(_member(path, entry), data)
        target.complete()
        return target.size


def _batches(files: Snapshot) -> Iterator[Sequence[tuple[str, FileEntry]]]:
    batch: list[tuple[str, FileEntry]] = []
    size = 0
    for path in files.paths:
        entry = files.files[path]
        if batch and (len(batch) == BATCH_FILES or size + entry.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((path, entry))
        size += entry.size
    if batch:
        yield batch


def _member(path: str, entry: FileEntry) -> zipfile.ZipInfo:
    # Paths of a snapshot were checked when they were written: relative, no dots, no backslash, no control character.
    member = zipfile.ZipInfo(path, EPOCH)
    member.create_system = 3
    member.external_attr = entry.mode << 16
    member.compress_type = zipfile.ZIP_STORED if entry.type in _PACKED_ALREADY else zipfile.ZIP_DEFLATED
    return member
