"""The tool by which a reviewer says which criteria the work meets, and what shows it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import JUDGE, Arguments, Tool
from swarm.runs.acceptance import MAX_EVIDENCE

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


class Finding(Arguments):
    """What was found of one criterion."""

    criterion: int = Field(description="Its number.")
    met: bool = Field(description="Whether the work meets it. False where you found nothing that shows it.")
    evidence: str = Field(
        description="What shows it: a file, the place in it, and the words that stand there; of one that is not met,"
        f" what is missing or wrong. At most {MAX_EVIDENCE} characters."
    )


class Judge(Arguments):
    """What `judge` takes."""

    findings: list[Finding] = Field(description="One for each criterion.")


def faults_of(findings: Collection[Finding], numbers: Collection[int]) -> str | None:
    """What is wrong with these findings on the criteria of these numbers, and how to mend it."""
    given = [finding.criterion for finding in findings]
    listed = ", ".join(map(str, sorted(numbers)))
    if sorted(given) != sorted(numbers):
        return (
            f"give one finding for each of the criteria {listed}; these are for {', '.join(map(str, given)) or 'none'}"
        )
    if bare := next((finding.criterion for finding in findings if not finding.evidence.strip()), None):
        return f"criterion {bare} has no evidence; say what shows your finding"
    return None


def judge(args: Judge, _workspace: Workspace) -> str:
    """Take the findings; whether they are complete is for the review to say, which knows the criteria."""
    return f"{len(args.findings)} findings"


TOOL = Tool(
    name=JUDGE,
    intent="judge",
    description="Say of each criterion whether the work meets it, once you have looked. This ends your review.",
    arguments=Judge,
    run=judge,
    reads=(),
    writes=(),
)
