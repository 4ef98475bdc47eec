"""Has all text of a document made, once for its content: a call that no model makes, but tools that need the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import PATH_DESCRIPTION, Arguments, Tool
from swarm.jobs.batch import DOCUMENT_TEXT, JobCall

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


class ReadWhole(Arguments):
    """What `document_text` takes."""

    path: str = Field(description=PATH_DESCRIPTION)
    sha256: str = Field(description="The hash of its content.")


TOOL = Tool(
    name=DOCUMENT_TEXT,
    intent="read",
    description="Make the text of a document.",
    arguments=ReadWhole,
    executor="convert",
    reads=("path",),
    writes=(),
)


def missing(workspace: Workspace, paths: Sequence[str]) -> list[str]:
    """Which of these documents have no text yet; of those with equal bytes only the first."""
    entries = [(path, workspace.entry(path)) for path in paths]
    unread = workspace.texts.missing({entry.sha256 for _, entry in entries})
    first: dict[str, str] = {}
    for path, entry in entries:
        if entry.sha256 in unread:
            first.setdefault(entry.sha256, path)
    return list(first.values())


def calls_for(call_id: str, workspace: Workspace, paths: Sequence[str]) -> list[JobCall]:
    """The parts of a tool call that make these texts."""
    return [
        JobCall(
            call_id=f"{call_id}/{number:04}",
            tool=DOCUMENT_TEXT,
            arguments={"path": path, "sha256": workspace.entry(path).sha256},
            reads=[path],
        )
        for number, path in enumerate(paths)
    ]
