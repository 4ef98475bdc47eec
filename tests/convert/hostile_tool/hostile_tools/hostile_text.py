"""A document that has taken over the process that reads it: a Python program in the place of the document."""

from __future__ import annotations

from pathlib import Path

from convert.tool import Answer, Context, Tool
from convert.tools.document_text import WholeText, whole_text


def run(request: WholeText, context: Context) -> Answer:
    """Run the program, which knows the workspace, its own folder, and how to leave a text there."""

    def leave(text: str) -> None:
        (context.scratch / "text.json").write_text(text)

    names = {"workspace": context.workspace, "scratch": context.scratch, "leave": leave, "Path": Path}
    exec((context.workspace / request.path).read_text(), names)  # noqa: S102 - this is what it is for
    return Answer("read")


TOOL = Tool(request=whole_text, answer=run, keeps_text=True)
