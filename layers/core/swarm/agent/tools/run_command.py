"""Runs a command in the sandbox function, which has nothing that a command could take."""

from __future__ import annotations

from pydantic import Field

from swarm.agent.tools.tool import Arguments, Tool


class RunCommand(Arguments):
    """What `run_command` takes."""

    command: str = Field(description="A bash command line, run in the workspace's folder. Python is there as python3.")
    timeout_seconds: int | None = Field(
        default=None, description="Seconds after which it is ended. Null for as long as one turn allows."
    )


TOOL = Tool(
    name="run_command",
    intent="run",
    description=(
        "Run a command in the workspace, without network. Files that it creates, changes or deletes stay so. There is"
        " bash with coreutils, grep, sed and awk, and Python with pandas, matplotlib and libraries for documents. There"
        " is no find, ps, git, tar, compiler or package installer, and no shared memory, so no multiprocessing.Pool."
        " The result is what it printed, and of a command that failed its exit code. Commands of one turn run in order,"
        " in the same folder."
    ),
    arguments=RunCommand,
    executor="sandbox",
)
