"""Converts a document in the convert function, where nothing in a file can do harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from codex_swarm.models import DocumentTemplate
from swarm.agent.tools.tool import Arguments, Tool
from swarm.runs.house_style import language_tag, styled_like
from swarm.tasks.templates import TEMPLATES, suits

if TYPE_CHECKING:
    from codex_swarm.models import HouseStyle
    from swarm.workspace.working_copy import Workspace


class ConvertDocument(Arguments):
    """What `convert_document` takes."""

    source: str = Field(description="The document to convert: a path relative to the workspace, such as docs/a.md.")
    target: str = Field(
        description="The file to make. Its suffix is the format: .md .docx .pdf .html .odt .rtf .epub .tex .rst .ipynb"
        " .pptx .txt .jats .smd .json (Stencila's); from .xlsx, .csv or .tsv also to each other."
    )
    reference_document: str | None = Field(
        default=None,
        description="A docx, odt or pptx of the workspace whose styles a target of the same format takes; a pdf takes"
        " page, margins, type, header, footer and logo of a docx. Null for the standard ones.",
    )
    template: str | None = Field(
        default=None, description=f"In place of reference_document, a look by name: {TEMPLATES}. Null for the standard."
    )
    changes: str | None = Field(
        default=None,
        description="What becomes of a Word file's tracked changes: accept, reject, or all to show them and the"
        " comments. Null to accept.",
    )
    table_of_contents: bool | None = Field(default=None, description="Whether to begin with a table of contents.")
    title: str | None = Field(default=None, description="Title in place of the source's own. Null to keep that.")
    author: str | None = Field(default=None, description="Author; several separated by semicolons. Null to keep.")
    language: str | None = Field(
        default=None,
        description="Language of the text as a tag such as de-CH, for a source that names none. Null otherwise.",
    )
    subject: str | None = Field(default=None, description="Subject in the file's properties. Null to keep.")
    date: str | None = Field(default=None, description="Date as it is to be printed. Null to keep.")
    bibliography: str | None = Field(
        default=None,
        description="A .bib, .json, .yaml or .ris file of the workspace: citations such as [@key] are resolved, and the"
        " works cited are listed at the end. Null to leave citations alone.",
    )
    citation_style: str | None = Field(
        default=None, description="A .csl file of the workspace for the citations. Null for Chicago author-date."
    )

    def in_template(self, template: DocumentTemplate | None) -> ConvertDocument:
        """The same, with the run's template where the call names no look of its own and its target takes that one."""
        if self.template or self.reference_document or not suits(template, self.source, self.target):
            return self
        return self.model_copy(update={"template": template})


def in_house_style(arguments: Arguments, style: HouseStyle | None, workspace: Workspace) -> Arguments:
    """The call with what the project's style says of documents, where the call itself says nothing."""
    if style is None or not isinstance(arguments, ConvertDocument):
        return arguments
    said: dict[str, str] = {}
    reference = styled_like(style, arguments.target)
    if reference and workspace.has(reference) and not (arguments.reference_document or arguments.template):
        said["reference_document"] = reference
    if (language := language_tag(style)) and not arguments.language:
        said["language"] = language
    return arguments.model_copy(update=said)


TOOL = Tool(
    name="convert_document",
    intent="convert",
    description=(
        "Convert a document into another format. Images that the source embeds or names by a relative path go along;"
        " nothing is fetched from URLs. The result says what was written and what could not be taken over."
    ),
    arguments=ConvertDocument,
    executor="convert",
    reads=("source", "reference_document", "bibliography", "citation_style"),
    # Which pictures a document shows is found out where it is safe to look inside.
    reads_images=True,
    writes=("target",),
)
