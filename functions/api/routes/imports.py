"""Imports: projects and finished runs of an earlier installation, taken over under their own ids and dates."""

from __future__ import annotations

from datetime import UTC, datetime

from api.access import IMPORT
from api.requests import tenant_of
from api.resolver import Router
from api.routes.projects import require_fitting
from codex_swarm.models import ImportCreate, ImportRead
from swarm.errors import InvalidRequest, TooLarge
from swarm.ids import valid_project_id
from swarm.lifecycle import importing
from swarm.records.backend import backend
from swarm.sizes import of_text

MAX_RUN_BYTES = 250_000
"""Of what is said of a run, which stands in its item; steps and files come as uploads."""

router = Router()


@router.post("/projects/<project_id>/imports", summary="Take over a finished run", tags=["runs"], security=IMPORT)
def import_run(project_id: str, body: ImportCreate) -> ImportRead:
    """For keys with the scope `import`. What is here already stays as it is, so the same again changes nothing."""
    tenant_id = tenant_of(router)
    valid_project_id(project_id)
    run = body.run
    if run is not None and not run.status.final:
        raise InvalidRequest(
            "only a run that has ended can be taken over; its status is succeeded, failed or cancelled"
        )
    if run is not None and (size := of_text(run.model_dump_json())) > MAX_RUN_BYTES:
        raise TooLarge(f"the run has {size} bytes besides its files; at most {MAX_RUN_BYTES} are taken")
    require_fitting(body.project.domain_config)
    importing.take_project(backend(), tenant_id, project_id, body.project)
    if run is None:
        return ImportRead(project_id=project_id, imported=True)
    imported = importing.take_run(backend(), tenant_id, project_id, run, now=datetime.now(UTC))
    return ImportRead(project_id=project_id, run_id=run.id, imported=imported)
