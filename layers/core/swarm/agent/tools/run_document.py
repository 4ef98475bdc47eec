"""Runs the code in a document, in the sandbox function, and puts what it gives into the document."""

from __future__ import annotations

from pydantic import Field

from swarm.agent.tools.tool import RUN_DOCUMENT, Arguments, Tool


class RunDocument(Arguments):
    """What `run_document` takes."""

    path: str = Field(
        description="The document: .smd, .md, .qmd or .Rmd with fences such as ```python exec or ```{python},"
        " .ipynb, or .json of Stencila's."
    )
    target: str | None = Field(
        default=None,
        description="Where to write it with its outputs, in the same format. Null for itself.",
    )
    keep_going: bool | None = Field(
        default=None,
        description="Whether to run on behind an error, and write the document with the errors in it. Null to stop"
        " there and write nothing.",
    )
    timeout_seconds: int | None = Field(
        default=None, description="Seconds after which it is ended. Null for as long as one turn allows."
    )


TOOL = Tool(
    name=RUN_DOCUMENT,
    intent="run",
    description=(
        "Run the code chunks of a document, in order, in one Python (or in a shell, for bash), and write what they"
        " print, show and draw behind each, in place of what the last run left. Paths are relative to the workspace;"
        " charts of matplotlib become pictures. An error names its chunk and line. convert_document makes Word, PDF"
        " and others of the result."
    ),
    arguments=RunDocument,
    executor="sandbox",
)
