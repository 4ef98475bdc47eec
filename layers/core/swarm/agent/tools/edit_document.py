"""Changes a Word file in place in the convert function, where nothing in a file can do harm."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from swarm.agent.tools.tool import Arguments, Tool


class EditDocument(Arguments):
    """What `edit_document` takes."""

    path: str = Field(description="The Word file: a path relative to the workspace, such as uploads/contract.docx.")
    action: Literal[
        "replace", "delete", "comment", "insert_before", "insert_after", "fill", "add_row", "set_property"
    ] = Field(
        description="replace, delete or comment on the text of find; insert_before or insert_after the paragraph that"
        " it stands in; fill the content control, merge field or {{placeholder}} that find names; add_row to the table"
        " that says find; set_property title, author, subject, keywords, description or category."
    )
    find: str = Field(
        description="Text of one paragraph as read_document shows it, without its marks, with enough around it to occur"
        " only once; or the name of a field or property."
    )
    text: str | None = Field(
        default=None,
        description="The new text, comment or value; cells of a row separated by |, inserted paragraphs by line ends."
        " Null to delete.",
    )
    author: str | None = Field(
        default=None,
        description="Name under which the change is tracked, so that people can accept or reject it. Null for a change"
        " that is not tracked.",
    )
    everywhere: bool | None = Field(default=None, description="Whether to change every place where the text stands.")
    target: str | None = Field(default=None, description="Another file for the result. Null to change the file itself.")


TOOL = Tool(
    name="edit_document",
    intent="edit",
    description=(
        "Change one thing in a Word file and leave all else as it is: formatting, headers, comments, numbering. Use it"
        " instead of converting a document there and back. Read the document first."
    ),
    arguments=EditDocument,
    executor="convert",
    reads=("path",),
    writes=("path", "target"),
)
