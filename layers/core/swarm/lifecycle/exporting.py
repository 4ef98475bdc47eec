"""Everything that is kept of a tenant, or of a project, a page at a time: its records, then its objects.

Left out is what opens something: secrets that sign webhooks, and hashes of keys and tokens.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import JsonValue

from codex_swarm.models import ExportedObject, ExportRead
from swarm import sizes
from swarm.aws.presigning import Presigner
from swarm.errors import InvalidCursor, ProjectNotFound
from swarm.lifecycle.erasing import require_known
from swarm.records.backend import Backend
from swarm.records.keys import webhook_secrets_key
from swarm.records.table import Item
from swarm.workspace.objects import ProjectArea, everything_of

OBJECTS = 500
"""Of a page; each has a signed address."""

INDEXES = ("GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK", "GSI3PK", "GSI3SK")


def page(backend: Backend, signer: Presigner, tenant_id: str, project_id: str | None, cursor: str) -> ExportRead:
    """The page behind a cursor, empty for the first. Raises `TenantNotFound`, `ProjectNotFound`, `InvalidCursor`.

    A cursor is `records:` and how many partitions were told, or `objects:` and the last key.
    """
    require_known(backend, tenant_id)
    if project_id is not None and backend.projects.find(tenant_id, project_id) is None:
        raise ProjectNotFound(project_id)
    kind, _, place = (cursor or "records:0").partition(":")
    if kind == "records" and place.isdecimal():
        return _records(backend, tenant_id, project_id, int(place))
    if kind == "objects":
        return _objects(backend, signer, tenant_id, project_id, place)
    raise InvalidCursor


def _records(backend: Backend, tenant_id: str, project_id: str | None, first: int) -> ExportRead:
    """Records of as many partitions as an answer has room for, and of one at least."""
    found: list[dict[str, JsonValue]] = []
    size = 0
    for number, pk in enumerate(backend.partitions.of(tenant_id, project_id)):
        if number < first:
            continue
        records = [_shown(item) for item in backend.partitions.items(pk) if not _opens_something(item, tenant_id)]
        size += sum(sizes.answered(json.dumps(record)) for record in records)
        if found and size > sizes.PAGE:
            return ExportRead(records=found, next_cursor=f"records:{number}")
        found += records
    return ExportRead(records=found, next_cursor="objects:")


def _objects(backend: Backend, signer: Presigner, tenant_id: str, project_id: str | None, after: str) -> ExportRead:
    prefix = everything_of(tenant_id) if project_id is None else ProjectArea(tenant_id, project_id).everything
    if after and not after.startswith(prefix):
        raise InvalidCursor
    found = backend.inventory.page_of(prefix, after or prefix, OBJECTS)
    objects = [ExportedObject(key=key, size=size, url=signer.get(key)) for key, size in found]
    return ExportRead(objects=objects, next_cursor=f"objects:{found[-1][0]}" if len(found) == OBJECTS else None)


def _opens_something(item: Item, tenant_id: str) -> bool:
    secrets = webhook_secrets_key(tenant_id)
    return (item["PK"]["S"], item["SK"]["S"]) == (secrets.pk, secrets.sk)


def _shown(item: Item) -> dict[str, JsonValue]:
    """The record as plain JSON, without what it is found by in indexes."""
    shown = {name: _plain(value) for name, value in item.items() if name not in INDEXES}
    for name in ("body", "limits", "domain_config"):
        if isinstance(shown.get(name), str) and shown[name]:
            shown[name] = json.loads(str(shown[name]))
    return shown


def _plain(value: Any) -> JsonValue:
    [(kind, inner)] = value.items()
    match kind:
        case "N":
            return float(inner) if "." in inner else int(inner)
        case "M":
            return {name: _plain(each) for name, each in inner.items()}
        case "L":
            return [_plain(each) for each in inner]
        case "SS":
            return sorted(inner)
        case _:
            return inner if isinstance(inner, (str, bool)) else str(inner)
