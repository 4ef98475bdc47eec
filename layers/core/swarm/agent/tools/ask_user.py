"""Asks the people whom the run works for; the run waits for their answer."""

from __future__ import annotations

from pydantic import Field

from swarm.agent.tools.tool import ASK_USER, Arguments, Tool


class AskUser(Arguments):
    """What `ask_user` takes."""

    question: str = Field(description="One question, with what is needed to answer it. At most 2,000 characters.")
    options: list[str] | None = Field(
        default=None, description="Answers to choose from, at most 10 short ones; null where any answer will do."
    )
    default: str | None = Field(
        default=None, description="What to go on with if nobody answers for days; null where you cannot go on without."
    )


TOOL = Tool(
    name=ASK_USER,
    intent="ask",
    description=(
        "Ask the people whom you work for, and wait for their answer. Only what you cannot find out yourself, and what"
        " would make you do something else. Ask several questions in one turn rather than one after the other."
    ),
    arguments=AskUser,
    reads=(),
    writes=(),
)
