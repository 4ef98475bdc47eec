"""Projects: the stable workspaces of DraftPunk, kept one item each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from codex_swarm.models import ProjectRead, TaskType
from swarm.errors import ProjectNotFound
from swarm.listing import Page, Range, Wanted, page_of
from swarm.table import VISIBLE, Filter, Item, Table, project_key, projects_of_tenant, sortable


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """What `PUT` says of a project."""

    name: str
    task_type: TaskType
    domain_config: JsonValue
    callback_url: str | None = None


class Projects:
    """The projects in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, tenant_id: str, project_id: str, change: ProjectChange, now: datetime) -> ProjectRead:
        """Create the project, or change it and keep its `created_at`: one update either way."""
        listed = projects_of_tenant(tenant_id, sortable(now), project_id)
        item = self._table.update(
            project_key(tenant_id, project_id),
            "SET project_id = :id, #name = :name, task_type = :task_type, domain_config = :config, "
            "callback_url = :callback, created_at = if_not_exists(created_at, :now), #schema = :schema, "
            "GSI2PK = :listed, GSI2SK = if_not_exists(GSI2SK, :order)",
            names={"#name": "name", "#schema": "schema"},
            values={
                ":id": {"S": project_id},
                ":name": {"S": change.name},
                ":task_type": {"S": change.task_type.value},
                ":config": {"S": json.dumps(change.domain_config, ensure_ascii=False)},
                ":callback": {"S": change.callback_url or ""},
                ":now": {"S": sortable(now)},
                ":schema": {"N": "1"},
                ":listed": {"S": listed.pk},
                ":order": {"S": listed.sk},
            },
        )
        return _decode(item)

    def get(self, tenant_id: str, project_id: str) -> ProjectRead:
        """The project. Raises `ProjectNotFound`."""
        item = self._table.get(project_key(tenant_id, project_id))
        if item is None:
            raise ProjectNotFound(project_id)
        return _decode(item)

    def listed(self, tenant_id: str, wanted: Wanted[ProjectRead]) -> Page[ProjectRead]:
        """A page of the tenant's projects, oldest first. Raises `InvalidCursor`."""
        listed = Range(index="GSI2", pk=projects_of_tenant(tenant_id).pk, only=Filter(VISIBLE))
        return page_of(self._table, listed, _decode, wanted)


def _decode(item: Item) -> ProjectRead:
    return ProjectRead(
        id=item["project_id"]["S"],
        name=item["name"]["S"],
        task_type=item["task_type"]["S"],
        domain_config=json.loads(item["domain_config"]["S"]),
        callback_url=item["callback_url"]["S"] or None if "callback_url" in item else None,
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
    )
