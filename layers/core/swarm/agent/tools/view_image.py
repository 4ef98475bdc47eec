"""Shows the model an image of the workspace, in a size that bounds what looking costs."""

from __future__ import annotations

from pydantic import Field

from swarm.agent.tools.tool import Arguments, Tool


class ViewImage(Arguments):
    """What `view_image` takes."""

    path: str = Field(description="An image: a path relative to the workspace, such as uploads/chart.png.")


TOOL = Tool(
    name="view_image",
    intent="read",
    description=(
        "Look at an image of the workspace: png, jpg, gif, webp, svg, bmp or tiff. You see it in the next turn only;"
        " call it again to see it again."
    ),
    arguments=ViewImage,
    executor="convert",
    reads=("path",),
    writes=(),
)
