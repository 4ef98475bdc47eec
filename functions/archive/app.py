"""Packs a workspace into a zip file, where that takes longer than a request may."""

from __future__ import annotations

from aws_lambda_powertools.utilities.typing import LambdaContext

from swarm.adapters import adapter
from swarm.logs import log
from swarm.outputs import archive
from swarm.outputs.archive import ArchiveRequest
from swarm.records.backend import backend
from swarm.records.quotas import Kind


@log.inject_lambda_context
def handler(event: object, context: LambdaContext) -> dict[str, int]:
    """How many bytes the archive has. An event that comes twice makes the same archive twice."""
    request = adapter(ArchiveRequest).validate_python(event)
    log.append_keys(run_id=request.run.run_id, project_id=request.run.project_id)
    try:
        size = archive.pack(backend(), request.run, backend().snapshot(request.snapshot))
    finally:
        backend().places.give_back(request.run.tenant_id, Kind.ARCHIVES, request.place)
    log.info("packed", size=size)
    return {"size": size}
