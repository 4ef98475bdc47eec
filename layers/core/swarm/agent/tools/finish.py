"""The tool by which a model says that it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import FINISH, Arguments, Tool

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


class Finish(Arguments):
    """What `finish` takes."""

    summary: str = Field(
        description="What was done, which files hold the result, what could not be done. A few sentences."
    )


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
