"""Writes job documents: what an untrusted function may read, must do, and where it puts the result.

Everything in a document is a presigned URL for one object, good for an hour; the function that gets it has no
permission of its own. The result is bound to one key and to a size.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TypedDict

from pydantic import JsonValue

from swarm.aws.presigning import Presigner
from swarm.jobs.batch import Job, job_key, result_key
from swarm.records.backend import Backend, area_of
from swarm.runs.run import Run
from swarm.workspace.snapshot import FileEntry, Snapshot
from swarm.workspace.working_copy import MIB

SCHEMA = 1

STATE_BYTES = 200_000
"""What the jobs may fill of a state, which takes 256 KiB and has to hold the cause of an error besides."""


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


def issue(
    backend: Backend, run: Run, slot: str, jobs: Iterable[Job], signer: Presigner, limits: JobLimits
) -> list[IssuedJob]:
    """Write the documents of these jobs, in order, as many as fit into one state. The first always does."""
    files = backend.files_of(run)
    issued: list[IssuedJob] = []
    room = STATE_BYTES
    for job in jobs:
        key = job_key(run, slot, job.id)
        item = IssuedJob(place=job.executor, run_id=run.run_id, job_id=job.id, slot=slot, job_url=signer.get(key))
        room -= len(json.dumps(item)) + 1
        if issued and room < 0:
            break
        document = _document(run, slot, job, files, signer, limits)
        backend.objects.put(key, json.dumps(document, separators=(",", ":")).encode())
        issued.append(item)
    return issued


def _document(
    run: Run, slot: str, job: Job, files: Snapshot, signer: Presigner, limits: JobLimits
) -> dict[str, JsonValue]:
    area = area_of(run.key)
    url, fields = signer.post(result_key(run, slot, job.id), limits.result_bytes)
    return {
        "schema": SCHEMA,
        "job_id": job.id,
        "files": [
            {"path": path, "sha256": entry.sha256, "size": entry.size, "url": signer.get(area.blob(entry.sha256))}
            for path, entry in _readable(job, files)
        ],
        "calls": [
            {"call_id": call.call_id, "tool": call.tool, "arguments": dict(call.arguments)} for call in job.calls
        ],
        "limits": asdict(limits),
        "result": {"url": url, "fields": dict(fields)},
    }


def _readable(job: Job, files: Snapshot) -> Iterator[tuple[str, FileEntry]]:
    """The files that a job's calls may open."""
    if any(call.reads is None for call in job.calls):
        named = set(files.paths)
    else:
        named = {path for call in job.calls for path in call.reads or ()}
    images = any(call.reads_images for call in job.calls)
    for path in files.paths:
        entry = files.files[path]
        if path in named or (images and entry.type == "image"):
            yield path, entry
