"""The tool by which a model says that it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field, JsonValue

from swarm.agent.tools.tool import FINISH, Arguments, Tool

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


MAX_RESULT = 32_000
"""Characters of a result as JSON."""


class Finish(Arguments):
    """What `finish` takes."""

    summary: str = Field(
        description="What was done, which files hold the result, what could not be done. A few sentences."
    )


class FinishWithResult(Finish):
    """What `finish` takes of a run with a schema for its result; what fits that is looked at before."""

    result: JsonValue


def finish(args: Finish, _workspace: Workspace) -> str:
    """Accept the model's own word that it is done; the loop ends the run's work on it."""
    return f"finished, with a summary of {len(args.summary)} characters"


TOOL = Tool(
    name=FINISH,
    intent="finish",
    description="Say that the task is done, once every file is written and checked. Nothing can be done after it.",
    arguments=Finish,
    run=finish,
    reads=(),
    writes=(),
)


def finish_with(schema: Mapping[str, JsonValue]) -> Tool[FinishWithResult]:
    """The tool of a run that has to end with a result of this schema."""
    summary: JsonValue = {"type": "string", "description": str(Finish.model_fields["summary"].description)}
    return Tool(
        name=FINISH,
        intent=TOOL.intent,
        description=f"{TOOL.description} `result` is what was asked for, exactly as its schema says.",
        arguments=FinishWithResult,
        run=finish,
        reads=(),
        writes=(),
        schema={
            "type": "object",
            "properties": {"summary": summary, "result": dict(schema)},
            "required": ["summary", "result"],
            "additionalProperties": False,
        },
    )
