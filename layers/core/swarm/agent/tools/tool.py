"""One tool of the agent: what a model is told of it, which function does its work, and which files it touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from codex_swarm.models import DocumentTemplate
from swarm.agent.model import ToolSpec
from swarm.agent.tools.strict_schema import strict_schema
from swarm.jobs.batch import Executor

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace

FINISH = "finish"
"""The tool by which a model says that it is done."""

ASK_USER = "ask_user"
"""The tool by which a model asks the people whom it works for."""

DELEGATE = "delegate"
"""The tool by which a model hands parts of its task to other agents."""

READ_SKILL = "read_skill"
"""The tool by which a model reads how such a task is to be done."""

JUDGE = "judge"
"""The tool by which a reviewer says which criteria the work meets."""

APPLY_PATCH = "apply_patch"

RUN_DOCUMENT = "run_document"

UPDATE_PLAN = "update_plan"
"""The tool by which a model says what it intends."""

PATH_DESCRIPTION = "Path relative to the workspace, such as docs/report.md."


class Arguments(BaseModel):
    """Base of the arguments of a tool: exactly the declared ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def in_template(self, template: DocumentTemplate | None) -> Arguments:  # noqa: ARG002 - for those that make documents
        """The same in the look that the run was given; most make nothing that has a look."""
        return self


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Done:
    """What a call came to that touches other files than its `path`: what the model is told, and which files."""

    output: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Generic[A]):
    """One tool.

    `intent` is the kind of thing a call means to do, as steps and patterns name it. `executor` is the function that
    does the work: the agent itself, which calls `run` for the output, or an untrusted function.

    `reads` and `writes` name the arguments that name files; None means any file of the workspace. `reads_images` adds
    every image. `expand` makes of one call the many that it stands for, each a call of `expands_to`.

    `texts` names the documents whose text `run` looks into; where some have none yet, they are read first, elsewhere.
    None of a call means that `run` cannot answer it, and the executor has to.

    `schema` is that of a tool of the application's own, which people's decisions answer.
    """

    name: str
    intent: str
    description: str
    arguments: type[A]
    executor: Executor = "agent"
    run: Callable[[A, Workspace], str | Done] | None = None
    reads: tuple[str, ...] | None = None
    reads_images: bool = False
    writes: tuple[str, ...] | None = None
    expand: Callable[[A, Workspace], Sequence[Arguments]] | None = None
    expands_to: Tool[Any] | None = None
    texts: Callable[[A, Workspace], Sequence[str] | None] | None = None
    schema: Mapping[str, JsonValue] | None = None

    @property
    def spec(self) -> ToolSpec:
        """The tool as the model sees it."""
        if self.schema is not None:
            return ToolSpec(self.name, self.description, self.schema, strict=False)
        return ToolSpec(self.name, self.description, strict_schema(self.arguments))

    @property
    def changes_files(self) -> bool:
        """Whether a call can change the workspace."""
        return self.writes != ()


def paths_in(arguments: Arguments, names: Sequence[str]) -> list[str]:
    """The paths that these arguments hold, as the workspace writes them."""
    values = [getattr(arguments, name) for name in names]
    return [str(value).removeprefix("./") for value in values if value]
