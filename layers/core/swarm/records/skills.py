"""Skills: an item each, of a project or of a tenant beside its projects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from swarm.adapters import adapter
from swarm.errors import ProjectNotFound, SkillNotFound
from swarm.records.keys import Key, all_tenants, project_key, skill_key, sortable, tenant_key
from swarm.records.table import VISIBLE, ConditionFailed, Item, Table
from swarm.runs.skills import Skill

_DROPPED = "hidden_at"


class Skills:
    """The skills in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, skill: Skill) -> None:
        """Keep the skill in place of the one that had its name. Raises `ProjectNotFound`.

        Runs look for skills only where their owner's item says that there may be some. That is said first, and never
        taken back.
        """
        listed = all_tenants(skill.tenant_id)
        try:
            if skill.project_id is None:
                # The tenant's first request may be this one, and the janitor has to find it.
                values: Item = {":yes": {"BOOL": True}, ":listed": {"S": listed.pk}, ":id": {"S": listed.sk}}
                change = "SET has_skills = :yes, GSI3PK = :listed, GSI3SK = :id"
                self._table.update(tenant_key(skill.tenant_id), change, values=values)
            else:
                owner, values = project_key(skill.tenant_id, skill.project_id), {":yes": {"BOOL": True}}
                there = f"attribute_exists(PK) AND {VISIBLE}"
                self._table.update(owner, "SET has_skills = :yes", values=values, condition=there)
        except ConditionFailed as missing:
            raise ProjectNotFound(str(skill.project_id)) from missing
        body = adapter(Skill).dump_json(skill).decode()
        self._table.put({**_key(skill).attributes(), "body": {"S": body}, "schema": {"N": "1"}})

    def get(self, tenant_id: str, project_id: str | None, name: str) -> Skill:
        """The skill. Raises `SkillNotFound`."""
        item = self._table.get(skill_key(tenant_id, project_id, name))
        if item is None or _DROPPED in item:
            raise SkillNotFound(name)
        return adapter(Skill).validate_json(item["body"]["S"])

    def drop(self, skill: Skill, now: datetime) -> None:
        """Runs that begin from now on have it no more. A mark stays: whoever serves requests deletes no items."""
        self._table.put({**_key(skill).attributes(), _DROPPED: {"S": sortable(now)}})

    def of(self, tenant_id: str, project_id: str | None) -> Iterator[Skill]:
        """The skills of the project alone, or of the tenant beside its projects, by name."""
        every = skill_key(tenant_id, project_id)
        for item in self._table.range(every.pk, every.sk, f"{every.sk}\uffff"):
            if _DROPPED not in item:
                yield adapter(Skill).validate_json(item["body"]["S"])

    def offered(self, tenant_id: str, project_id: str) -> list[Skill]:
        """What a run of the project can use, by name: a project's skill hides the tenant's of its name."""
        found = {skill.name: skill for owner in (None, project_id) for skill in self.of(tenant_id, owner)}
        return [found[name] for name in sorted(found)]


def _key(skill: Skill) -> Key:
    return skill_key(skill.tenant_id, skill.project_id, skill.name)
