"""Skills: folders of instructions, templates and scripts that a tenant keeps for its runs, in the open format.

The format is that of https://agentskills.io/specification: a folder with a `SKILL.md`, which opens with YAML between
lines of `---` and goes on as Markdown. Of the YAML only `name` and `description` are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from codex_swarm.models import SkillUse
from swarm.errors import InvalidSkill
from swarm.workspace.paths import valid_path

FOLDER = ".skills"
"""Where a run finds the files of its skills. They are read there, never changed, and none of the run's own."""

MAIN = "SKILL.md"

MAX_NAME = 64
MAX_DESCRIPTION = 1_024
MAX_MAIN = 100_000
"""Characters of `SKILL.md`."""

MAX_FILES = 200
MAX_BYTES = 5_000_000
MAX_SKILLS = 20
"""Of a project, and of a tenant beside its projects."""

MAX_SHOWN = 400
"""Characters of a description in the prompt, which every request to the model carries."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillFile:
    """A file of a skill: its path in the skill's folder, and its size in bytes."""

    path: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """A skill as it stands. `version` is made of its files' paths and contents, `key` where they are stored together;
    `project_id` is None of one for all projects of its tenant.
    """

    tenant_id: str
    project_id: str | None
    name: str
    description: str
    version: str
    files: tuple[SkillFile, ...]
    key: str
    changed_at: datetime
    schema: int = 1

    @property
    def scope(self) -> Literal["project", "tenant"]:
        return "tenant" if self.project_id is None else "project"

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    @property
    def use(self) -> SkillUse:
        return SkillUse(name=self.name, version=self.version)


def valid_name(name: str) -> str:
    """The name, if a skill may have it. Raises `InvalidSkill`."""
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise InvalidSkill(
            f"the name of a skill has at most {MAX_NAME} lower-case letters, digits and single hyphens, such as"
            " monthly-report"
        )
    return name


def folder_of(name: str) -> str:
    """What the paths of a skill's files begin with in a run."""
    return f"{FOLDER}/{name}/"


def without_folder(paths: Iterable[str]) -> dict[str, str]:
    """Path in the skill's folder by the path as it was sent: the folder itself may have been sent along.

    Raises `InvalidSkill`, `InvalidPath`.
    """
    valid = {path: valid_path(path) for path in paths}
    tops = {path.partition("/")[0] for path in valid.values()}
    if MAIN not in valid.values() and len(tops) == 1 and f"{next(iter(tops))}/{MAIN}" in valid.values():
        valid = {path: inside.partition("/")[2] for path, inside in valid.items()}
    if MAIN not in valid.values():
        raise InvalidSkill(f"a skill is a folder with a file {MAIN}; send that along")
    return valid


def description_of(name: str, main: bytes) -> str:
    """What `SKILL.md` says the skill is for. Raises `InvalidSkill` where it is not of the format, or another's."""
    import yaml  # noqa: PLC0415 - only the route that takes skills needs it

    text = _text(main)
    front = _FRONT.match(text)
    if front is None:
        raise InvalidSkill(f"{MAIN} opens with YAML between two lines of ---, which has name and description")
    try:
        said = yaml.safe_load(front["yaml"])
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidSkill(
            f"the YAML of {MAIN} cannot be read: {' '.join(str(error).split())[:200]};"
            " put a text with a colon into quotes"
        ) from error
    fields = said if isinstance(said, dict) else {}
    if fields.get("name") != name:
        raise InvalidSkill(
            f"{MAIN} says that its name is {repr(fields.get('name'))[:80]}; it is {name!r} here; make them the same"
        )
    description = fields.get("description")
    if not isinstance(description, str) or not 0 < len(description.strip()) <= MAX_DESCRIPTION:
        raise InvalidSkill(f"the description in {MAIN} is a text of 1 to {MAX_DESCRIPTION} characters")
    return " ".join(description.split())


def offered(skills: Iterable[Skill]) -> Iterator[str]:
    """What the agent is told of them; nothing where there are none."""
    lines = [f"- {skill.name}: {_shown(skill.description)}" for skill in skills]
    if lines:
        opening = (
            "Skills: how the people whom you work for want certain tasks to be done. Where one fits the request, call"
            " read_skill with its name before you begin, and follow what it says."
        )
        yield "\n".join([opening, *lines])


def _shown(description: str) -> str:
    return description if len(description) <= MAX_SHOWN else f"{description[: MAX_SHOWN - 1]}…"


def _text(main: bytes) -> str:
    try:
        text = main.decode()
    except UnicodeDecodeError as error:
        raise InvalidSkill(f"{MAIN} is not UTF-8") from error
    if len(text) > MAX_MAIN or "\0" in text:
        raise InvalidSkill(f"{MAIN} is a text of at most {MAX_MAIN} characters; put what is longer into further files")
    return text
