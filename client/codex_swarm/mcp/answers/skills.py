"""What tools for skills answer."""

from __future__ import annotations

from pydantic import BaseModel, Field


class SkillLine(BaseModel):
    """A skill that runs can use."""

    name: str
    description: str
    scope: str = Field(description="`project`, or `tenant` for all projects.")


class SkillList(BaseModel):
    """What runs of a project can use, by name."""

    skills: list[SkillLine]
