"""Shows the model pages of a PDF as pictures, drawn in the convert function."""

from __future__ import annotations

from pydantic import Field

from swarm.agent.tools.tool import Arguments, Tool


class ViewPages(Arguments):
    """What `view_pages` takes."""

    path: str = Field(description="A pdf: a path relative to the workspace, such as out/report.pdf.")
    pages: list[int] | None = Field(
        default=None, description="Up to 4 page numbers, from 1. Null for the first pages of the document."
    )


TOOL = Tool(
    name="view_pages",
    intent="read",
    description=(
        "Look at pages of a pdf as pictures: a scan, a chart, handwriting, or the layout of a document that you made,"
        " before you finish. It costs more than read_document, so use it for what cannot be read as text. You see the"
        " pictures in the next turn only; call it again to see them again."
    ),
    arguments=ViewPages,
    executor="convert",
    reads=("path",),
    writes=(),
)
