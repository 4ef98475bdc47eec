"""Writes job documents: what an untrusted function may read, must do, and where it puts the result.

Everything in a document is a presigned URL for one object, good for a while; the function that gets it has no
permission of its own. The result is bound to one key and to a size.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from swarm.aws.presigning import Presigner
from swarm.jobs.batch import Batch, Job, JobRef, job_key, opened, refer, result_key
from swarm.records.backend import Backend, area_of
from swarm.runs.run import Run
from swarm.workspace.snapshot import FileEntry
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


class IssuedJob(JobRef):
    """The untrusted function's whole event."""

    job_url: str


def issue(backend: Backend, run: Run, batch: Batch, job: Job, signer: Presigner, limits: JobLimits) -> IssuedJob:
    """Write the job's document."""
    files = opened(job.calls, backend.files_of(run).files if batch.files is None else batch.files)
    key = job_key(run, batch.id, job.id)
    backend.objects.put(key, _document(run, batch.id, job, files, signer, limits))
    return IssuedJob(**refer(run, batch, job), job_url=signer.get(key))


def _document(
    run: Run, slot: str, job: Job, files: Mapping[str, FileEntry], signer: Presigner, limits: JobLimits
) -> bytes:
    """The document as JSON, written file by file: twenty thousand addresses take some 60 MB, once."""
    area = area_of(run.key)
    url, fields = signer.post(result_key(run, slot, job.id), limits.result_bytes)
    calls = [{"call_id": call.call_id, "tool": call.tool, "arguments": dict(call.arguments)} for call in job.calls]
    about = {
        "schema": SCHEMA,
        "job_id": job.id,
        "calls": calls,
        "limits": asdict(limits),
        "result": {"url": url, "fields": dict(fields)},
    }
    document = io.BytesIO()
    document.write(_compact(about)[:-1] + b',"files":[')
    for number, (path, entry) in enumerate(files.items()):
        told = {
            "path": path,
            "sha256": entry.sha256,
            "size": entry.size,
            "url": signer.get(area.blob(entry.sha256)),
            **({"executable": True} if entry.executable else {}),
        }
        document.write(b"," * (number > 0) + _compact(told))
    document.write(b"]}")
    return document.getvalue()


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
