"""Reads the text of a document in the convert function, where nothing in a file can do harm."""

from __future__ import annotations

from pydantic import Field

from swarm.agent.tools.tool import Arguments, Tool


class ReadDocument(Arguments):
    """What `read_document` takes."""

    path: str = Field(description="The document: a path relative to the workspace, such as uploads/contract.pdf.")
    changes: str | None = Field(
        default=None,
        description="What to show of a Word file's tracked changes: accept, reject or all. Null for all, as"
        " {++inserted++} and {--deleted--}.",
    )
    start_page: int | None = Field(
        default=None,
        description="Page of a pdf, or part of another document, to begin with, from 1. Null for the beginning.",
    )


TOOL = Tool(
    name="read_document",
    intent="read",
    description=(
        "Read the text of a docx, pdf, pptx, xlsx, odt, epub, rtf or ipynb file, as Markdown, a pdf with page markers."
        " A long document comes in parts; the result says how to go on. Of an image you get kind and size."
    ),
    arguments=ReadDocument,
    executor="convert",
    reads=("path",),
    writes=(),
)
