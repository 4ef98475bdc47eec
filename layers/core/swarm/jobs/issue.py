"""Writes job documents: what an untrusted function may read, must do, and where it puts the result.

Everything in a document is a presigned URL for one object, good for an hour; the function that gets it has no
permission of its own. The result is bound to one key and to a size.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TypedDict

from swarm.agent.document_tools import files_needed
from swarm.backend import Backend, area_of
from swarm.jobs.batch import Batch, Job, job_key, load_outcome, result_key
from swarm.presign import Presigner
from swarm.run import Run
from swarm.workspace.snapshot import FileEntry, Snapshot
from swarm.workspace.working_copy import MIB

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class JobLimits:
    """What a job may use (see `docs/sandbox.md`); sizes in bytes, times in seconds."""

    seconds: int = 540
    cpu_seconds: int = 540
    memory_bytes: int = 1_500 * MIB
    file_bytes: int = 50 * MIB
    workspace_bytes: int = 2_048 * MIB
    new_files: int = 5_000
    processes: int = 64
    output_chars: int = 30_000

    @property
    def result_bytes(self) -> int:
        """The largest result that S3 takes from a job."""
        return 512 * MIB


class IssuedJob(TypedDict):
    """An item of the state machine's Map, and the untrusted function's whole event."""

    place: str
    run_id: str
    job_id: str
    slot: str
    job_url: str


def issue(backend: Backend, run: Run, batch: Batch, signer: Presigner, limits: JobLimits) -> list[IssuedJob]:
    """Write the documents of all jobs that have no outcome yet."""
    files = backend.files_of(run)
    open_jobs = [job for job in batch.jobs if load_outcome(backend, run, batch.slot, job.id) is None]
    return [_issued(backend, run, batch.slot, job, files, signer, limits) for job in open_jobs]


def _issued(
    backend: Backend, run: Run, slot: str, job: Job, files: Snapshot, signer: Presigner, limits: JobLimits
) -> IssuedJob:
    area = area_of(run.key)
    url, fields = signer.post(result_key(run, slot, job.id), limits.result_bytes)
    document = {
        "schema": SCHEMA,
        "job_id": job.id,
        "files": [
            {"path": path, "sha256": entry.sha256, "size": entry.size, "url": signer.get(area.blob(entry.sha256))}
            for path, entry in _needed(job, files)
        ],
        "calls": [asdict(call) for call in job.calls],
        "limits": asdict(limits),
        "result": {"url": url, "fields": fields},
    }
    key = job_key(run, slot, job.id)
    backend.blobs.put(key, json.dumps(document).encode())
    return IssuedJob(place=job.place, run_id=run.run_id, job_id=job.id, slot=slot, job_url=signer.get(key))


def _needed(job: Job, files: Snapshot) -> Iterable[tuple[str, FileEntry]]:
    """Commands see the whole workspace; a conversion what it names, and the pictures that may be in it."""
    needed = set(files.paths)
    if job.place == "convert":
        needed = {path for call in job.calls for path in files_needed(call.arguments, files.paths)}
    return ((path, files.files[path]) for path in files.paths if path in needed)
