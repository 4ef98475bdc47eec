"""Hands parts of the task to agents of their own, which work side by side; the run waits until they are done."""

from __future__ import annotations

from pydantic import Field

from swarm.agent.tools.tool import DELEGATE, Arguments, Tool
from swarm.runs.children import MAX_AT_ONCE, MAX_CHILDREN, MAX_TASK


class DelegatedTask(Arguments):
    """One part of the task."""

    title: str = Field(description="What it is, in a few words.")
    instructions: str = Field(
        description="All that the other agent has to know: it sees the files, and nothing of this conversation. Which"
        f" files it is to write, and what it is to leave to others. At most {MAX_TASK:,} characters."
    )
    files: list[str] | None = Field(
        default=None, description="Paths of files that it is about; null where the instructions say enough."
    )


class Delegate(Arguments):
    """What `delegate` takes."""

    tasks: list[DelegatedTask] = Field(description=f"From 1 to {MAX_AT_ONCE} parts.")


TOOL = Tool(
    name=DELEGATE,
    intent="delegate",
    description=(
        "Hand large parts of the task that do not depend on one another, such as the chapters of a book, to other"
        " agents that work at the same time. Each begins with a copy of the files as they are now. You get what each"
        " says at its end, and their files are merged: let each write files of its own. Not for small things: each"
        f" agent reads for itself what it needs. At most {MAX_AT_ONCE} at once, and {MAX_CHILDREN} a run."
    ),
    arguments=Delegate,
)
