"""What makes two requests one: the id that goes with an idempotency key, and what has to be equal in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType

from codex_swarm.models import DECISION_SECONDS, ProjectRead
from swarm.errors import IdempotencyKeyReused, UploadNotFound
from swarm.ids import RunKey, new_id
from swarm.lifecycle.describing import NewRun
from swarm.lifecycle.inputs import upload_of
from swarm.records.backend import Backend
from swarm.runs.run import Run
from swarm.workspace.objects import ProjectArea

_LATER: Mapping[str, object] = MappingProxyType(
    {
        "interactive": False,
        "require_approval": (),
        "decision_seconds": DECISION_SECONDS,
        "tools": (),
        "result_schema": None,
        "acceptance": None,
        "from_turn": None,
        "keep_conversation": False,
        "document_template": None,
        "conversion": None,
        "model": None,
        "effort": None,
        "hosted_tools": (),
    }
)


def key_for(tenant_id: str, project: ProjectRead, idempotency_key: str | None) -> RunKey:
    """A key of its own for each run; with an idempotency key always the same one, while the project lives."""
    return RunKey(
        tenant_id=tenant_id, project_id=project.id, run_id=id_for(tenant_id, project, idempotency_key) or new_id()
    )


def id_for(tenant_id: str, project: ProjectRead, idempotency_key: str | None, *kind: str) -> str | None:
    """The id that goes with an idempotency key; None without one.

    A project that is made again under its old id is another: the execution that an old key named is not started twice.
    """
    if idempotency_key is None:
        return None
    scope = json.dumps([tenant_id, project.id, project.created_at.isoformat(), idempotency_key, *kind])
    return hashlib.sha256(scope.encode()).hexdigest()[:32]


def fingerprint_of(backend: Backend, area: ProjectArea, wanted: NewRun) -> str:
    """What makes two requests the same. A form that is sent again uploads its files again: what counts is what is in
    them, where the upload promised it, and not the upload's id.
    """
    # What a caller does not ask for is as earlier versions knew it: a request that is sent again after an update is the
    # same.
    asked = {name: value for name, value in asdict(wanted).items() if name not in _LATER or value != _LATER[name]}
    fields = asked | {
        "limits": wanted.limits.model_dump() if wanted.limits else None,
        "uploads": contents_of(backend, area, wanted.uploads),
    }
    if wanted.acceptance is not None:
        fields["acceptance"] = wanted.acceptance.model_dump(mode="json", exclude_defaults=True)
    if wanted.conversion is not None:
        fields["conversion"] = wanted.conversion.model_dump(mode="json", exclude_defaults=True)
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def contents_of(backend: Backend, area: ProjectArea, upload_ids: Sequence[str]) -> list[str | list[tuple[str, str]]]:
    """What is in each upload, as far as it was promised; else its id."""
    return [_content_of(backend, area, upload_id) for upload_id in upload_ids]


def _content_of(backend: Backend, area: ProjectArea, upload_id: str) -> str | list[tuple[str, str]]:
    try:
        files = upload_of(backend, area, upload_id).files
    except UploadNotFound:
        return upload_id
    promised = [(file.path, file.sha256.lower()) for file in files if file.sha256 is not None]
    return sorted(promised) if len(promised) == len(files) else upload_id


def same_request(earlier: Run, fingerprint: str | None) -> Run:
    """The run that an earlier request made. Raises `IdempotencyKeyReused` where that was another request."""
    if earlier.fingerprint != fingerprint:
        raise IdempotencyKeyReused(earlier.run_id)
    return earlier
