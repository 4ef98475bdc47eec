"""Projects: the stable workspaces of DraftPunk, kept one item each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from codex_swarm.models import ProjectRead, TaskType
from swarm.errors import ProjectBeingDeleted, ProjectNotFound
from swarm.records.keys import pending_cleanups, project_key, projects_of_tenant, sortable
from swarm.records.listing import Page, Range, Wanted, page_of
from swarm.records.table import VISIBLE, ConditionFailed, Filter, Item, Table
from swarm.runs.house_style import house_style

_QUEUED = "GSI3PK = :queue, GSI3SK = :due, tenant_id = :tenant"


@dataclass(frozen=True, slots=True)
class PendingCleanup:
    """A project that something is to be done for: it was deleted at `hidden_at`, or has unused files."""

    tenant_id: str
    project_id: str
    hidden_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """What is said of a project, and which of it: what is not among `given` stays, and is taken for a new project."""

    name: str
    task_type: TaskType
    domain_config: JsonValue
    callback_url: str | None
    given: frozenset[str]
    model: str | None = None
    effort: str | None = None
    hosted_tools: tuple[str, ...] | None = None


class Projects:
    """The projects in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, tenant_id: str, project_id: str, change: ProjectChange, now: datetime) -> ProjectRead:
        """Create the project, or change it and keep its `created_at`: one update either way.

        Raises `ProjectBeingDeleted`.
        """
        try:
            return self._change(tenant_id, project_id, change, now, VISIBLE)
        except ConditionFailed as hidden:
            raise ProjectBeingDeleted(project_id) from hidden

    def patch(self, tenant_id: str, project_id: str, change: ProjectChange, now: datetime) -> ProjectRead:
        """Change a project that there is. Raises `ProjectNotFound`."""
        try:
            return self._change(tenant_id, project_id, change, now, f"attribute_exists(PK) AND {VISIBLE}")
        except ConditionFailed as missing:
            raise ProjectNotFound(project_id) from missing

    def _change(
        self, tenant_id: str, project_id: str, change: ProjectChange, now: datetime, condition: str
    ) -> ProjectRead:
        listed = projects_of_tenant(tenant_id, sortable(now), project_id)
        said = {
            "name": change.name,
            "task_type": change.task_type.value,
            "domain_config": json.dumps(change.domain_config, ensure_ascii=False),
            "callback_url": change.callback_url or "",
            "model": change.model or "",
            "effort": change.effort or "",
            "hosted_tools": "" if change.hosted_tools is None else json.dumps(change.hosted_tools),
        }
        changes = [
            f"#{name} = :{name}" if name in change.given else f"#{name} = if_not_exists(#{name}, :{name})"
            for name in said
        ]
        item = self._table.update(
            project_key(tenant_id, project_id),
            f"SET project_id = :id, {', '.join(changes)}, created_at = if_not_exists(created_at, :now), "
            "#schema = :schema, GSI2PK = :listed, GSI2SK = if_not_exists(GSI2SK, :order)",
            names={"#schema": "schema", **{f"#{name}": name for name in said}},
            values={
                **{f":{name}": {"S": value} for name, value in said.items()},
                ":id": {"S": project_id},
                ":now": {"S": sortable(now)},
                ":schema": {"N": "1"},
                ":listed": {"S": listed.pk},
                ":order": {"S": listed.sk},
            },
            condition=condition,
        )
        return _decode(item)

    def get(self, tenant_id: str, project_id: str) -> ProjectRead:
        """The project. Raises `ProjectNotFound`, also for one that was deleted."""
        item = self._table.get(project_key(tenant_id, project_id))
        if item is None or "hidden_at" in item:
            raise ProjectNotFound(project_id)
        return _decode(item)

    def find(self, tenant_id: str, project_id: str) -> ProjectRead | None:
        """The project, or None."""
        try:
            return self.get(tenant_id, project_id)
        except ProjectNotFound:
            return None

    def hide(self, tenant_id: str, project_id: str, now: datetime) -> None:
        """Show the project to nobody any more, and have it cleared away. Raises `ProjectNotFound`."""
        change = f"SET hidden_at = :now, {_QUEUED}"
        try:
            self._queue_cleanup(tenant_id, project_id, now, change, {":now": {"S": sortable(now)}})
        except ConditionFailed as gone:
            raise ProjectNotFound(project_id) from gone

    def show(self, tenant_id: str, project_id: str) -> None:
        """Take back `hide`."""
        with suppress(ConditionFailed):
            key, change = project_key(tenant_id, project_id), "REMOVE hidden_at, GSI3PK, GSI3SK"
            self._table.update(key, change, values={}, condition="attribute_exists(hidden_at)")

    def sweep_later(self, tenant_id: str, project_id: str, due: datetime) -> None:
        """Have the project's unused files cleared away, unless something is to be done for it already."""
        with suppress(ConditionFailed):
            self._queue_cleanup(tenant_id, project_id, due, f"SET {_QUEUED}", {}, "attribute_not_exists(GSI3PK)")

    def pending_cleanups(self, now: datetime) -> Iterator[PendingCleanup]:
        """The projects that something is to be done for by now, in the order in which it came to be due."""
        for item in self._table.index("GSI3", pending_cleanups().pk, last=sortable(now)):
            hidden = datetime.fromisoformat(item["hidden_at"]["S"]) if "hidden_at" in item else None
            yield PendingCleanup(item["tenant_id"]["S"], item["project_id"]["S"], hidden)

    def done(self, cleanup: PendingCleanup) -> None:
        """Nothing is left to do for the project for now."""
        with suppress(ConditionFailed):
            key = project_key(cleanup.tenant_id, cleanup.project_id)
            self._table.update(key, "REMOVE GSI3PK, GSI3SK", values={}, condition=f"attribute_exists(PK) AND {VISIBLE}")

    def remove(self, cleanup: PendingCleanup) -> int:
        """Delete all that the table has of the project itself but its own item; how many items that was."""
        own = project_key(cleanup.tenant_id, cleanup.project_id)
        return self._table.delete_all(key for key in self._table.keys(own.pk) if key != own)

    def release(self, cleanup: PendingCleanup) -> None:
        """Delete the project's own item: its id can be used again."""
        self._table.delete(project_key(cleanup.tenant_id, cleanup.project_id))

    def _queue_cleanup(
        self, tenant_id: str, project_id: str, due: datetime, change: str, values: Item, unless: str = ""
    ) -> None:
        queued = pending_cleanups(sortable(due), tenant_id, project_id)
        given: dict[str, Any] = {
            ":queue": {"S": queued.pk},
            ":due": {"S": queued.sk},
            ":tenant": {"S": tenant_id},
            **values,
        }
        condition = " AND ".join(filter(None, ["attribute_exists(PK)", VISIBLE, unless]))
        self._table.update(project_key(tenant_id, project_id), change, values=given, condition=condition)

    def listed(self, tenant_id: str, wanted: Wanted[ProjectRead]) -> Page[ProjectRead]:
        """A page of the tenant's projects, oldest first. Raises `InvalidCursor`."""
        listed = Range(index="GSI2", pk=projects_of_tenant(tenant_id).pk, only=Filter(VISIBLE))
        return page_of(self._table, listed, _decode, wanted)


def _decode(item: Item) -> ProjectRead:
    # An earlier version let numbers in that no JSON has, and so no listing that shows them.
    config = json.loads(item["domain_config"]["S"], parse_constant=lambda _: None)
    return ProjectRead(
        id=item["project_id"]["S"],
        name=item["name"]["S"],
        task_type=item["task_type"]["S"],
        domain_config=config,
        house_style=house_style(config),
        has_skills="has_skills" in item,
        callback_url=_text(item, "callback_url"),
        model=_text(item, "model"),
        effort=_text(item, "effort"),
        hosted_tools=json.loads(_text(item, "hosted_tools") or "null"),
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
    )


def _text(item: Item, name: str) -> str | None:
    """What is said; None also where an earlier version did not know of it."""
    return item[name]["S"] or None if name in item else None
