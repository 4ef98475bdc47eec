"""Converts every file that matches a pattern: one call that stands for many."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pydantic import Field

from codex_swarm.models import DocumentTemplate
from swarm.agent.tools import convert_document
from swarm.agent.tools.convert_document import ConvertDocument
from swarm.agent.tools.tool import Arguments, Tool
from swarm.errors import InvalidRequest
from swarm.tasks.templates import TEMPLATES, suits

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


MAX_BATCH = 500
"""How many files one call can convert."""


class ConvertDocuments(Arguments):
    """What `convert_documents` takes."""

    pattern: str = Field(
        description="Which files: a pattern for whole paths in which * stands for anything, folders included, such as"
        " *.md or uploads/*.docx."
    )
    target_suffix: str = Field(description="The format to make of each, such as .pdf.")
    target_folder: str | None = Field(
        default=None,
        description="Folder for what is made, with the subfolders that the pattern spans. Null to put each file"
        " beside its source.",
    )
    table_of_contents: bool | None = Field(default=None, description="Whether each begins with a table of contents.")
    template: str | None = Field(default=None, description=f"A look for each: {TEMPLATES}. Null for the standard.")

    def in_template(self, template: DocumentTemplate | None) -> ConvertDocuments:
        """The same, with the run's template where the call names none and its targets take that one."""
        if self.template or not suits(template, self.pattern, self.suffix):
            return self
        return self.model_copy(update={"template": template})

    @property
    def suffix(self) -> str:
        """Of the targets, with its dot."""
        return f".{self.target_suffix.strip().removeprefix('.')}"


def one_for_each(arguments: ConvertDocuments, workspace: Workspace) -> list[ConvertDocument]:
    """The conversion of every file that matches, in the order of their paths. Raises `InvalidRequest`."""
    suffix, pattern = arguments.suffix, arguments.pattern.removeprefix("./")
    sources = [path for path in workspace.paths() if fnmatchcase(path, pattern) and not path.endswith(suffix)]
    if len(sources) > MAX_BATCH:
        raise InvalidRequest(
            f"{len(sources)} files match; at most {MAX_BATCH} are converted at once, so narrow the pattern"
        )
    made: set[str] = set()
    parts: list[ConvertDocument] = []
    for source in sources:
        path = PurePosixPath(source)
        folder = _folder(path, pattern, arguments.target_folder)
        target = str(folder / f"{path.stem}{suffix}")
        if target in made:
            # notes.md and notes.rst must not become one file.
            target = str(folder / f"{path.stem}-{path.suffix.removeprefix('.')}{suffix}")
        made.add(target)
        contents = arguments.table_of_contents
        looks = arguments.template
        parts.append(ConvertDocument(source=source, target=target, table_of_contents=contents, template=looks))
    return parts


def _folder(path: PurePosixPath, pattern: str, target_folder: str | None) -> PurePosixPath:
    """Where the file made of this one goes; a folder that was asked for gets the folders that the pattern spans."""
    if target_folder is None:
        return path.parent
    fixed = re.split(r"[*?[]", pattern)[0].rpartition("/")[0]
    return PurePosixPath(target_folder) / path.parent.relative_to(fixed)


TOOL = Tool(
    name="convert_documents",
    intent="convert",
    description=(
        "Convert every file that matches a pattern, several at a time. The result reports each file; one that cannot be"
        " converted does not stop the others."
    ),
    arguments=ConvertDocuments,
    executor="convert",
    expand=one_for_each,
    expands_to=convert_document.TOOL,
)
