"""Skills: how certain tasks are to be done."""

from typing import Literal

from pydantic import Field

from codex_swarm.models.files import InlineFile
from codex_swarm.models.wire import Asked, Timestamp, Wire


class SkillPut(Asked):
    """The folder of a skill: `SKILL.md`, and what goes with it."""

    files: list[InlineFile] = Field(
        default_factory=list, description="Small text files: at most 100, and 512,000 bytes together."
    )
    uploads: list[str] = Field(default_factory=list, max_length=10, description="Ids of uploads with further files.")
    project_id: str | None = Field(
        default=None, description="Of a skill for all projects: the project that the uploads were made for."
    )


class SkillFile(Wire):
    """A file of a skill."""

    path: str = Field(description="In the skill's folder.")
    size: int = Field(description="In bytes.")


class SkillRead(Wire):
    """A skill: how certain tasks are to be done, for every run that begins."""

    name: str
    description: str = Field(description="As `SKILL.md` says it; all that an agent sees before it reads the skill.")
    version: str = Field(description="Made of the files: the same files have the same version.")
    scope: Literal["project", "tenant"] = Field(description="Whose runs have it: one project's, or all of the tenant.")
    files: list[SkillFile] = Field(default_factory=list)
    bytes: int = Field(description="Of all files together.")
    changed_at: Timestamp


class SkillUse(Wire):
    """A skill that a run could use."""

    name: str
    version: str
