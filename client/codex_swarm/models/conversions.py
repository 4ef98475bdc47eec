"""Conversions: documents made from others, without a model."""

from typing import Annotated, Literal

from pydantic import Field

from codex_swarm.models.files import InlineFile
from codex_swarm.models.run_requests import Metadata
from codex_swarm.models.wire import MAX_TURN, Asked, DocumentTemplate, PlainText, Wire

MAX_PATH = 1_024
"""Characters of a path in a request; a workspace's rules for paths are stricter."""

MAX_PROPERTY = 1_000
"""Characters of a document's property, such as its title."""

ConvertedPath = Annotated[PlainText, Field(min_length=1, max_length=MAX_PATH)]

DocumentProperty = Annotated[PlainText, Field(max_length=MAX_PROPERTY)]


class Conversion(Wire):
    """One document made from another, without a model."""

    source: ConvertedPath = Field(description="The document: its path in the workspace.")
    target: ConvertedPath = Field(description="The file to make; its suffix is the format, such as `.pdf`.")
    reference_document: ConvertedPath | None = Field(
        default=None, description="A docx, odt or pptx of the workspace whose styles the target takes."
    )
    template: DocumentTemplate | None = Field(default=None, description="In its place a look by name.")
    changes: Literal["accept", "reject", "all"] | None = Field(
        default=None, description="What becomes of a Word file's tracked changes; accepted when left out."
    )
    table_of_contents: bool = Field(default=False, description="Whether to begin with a table of contents.")
    title: DocumentProperty | None = Field(default=None, description="In place of the source's own.")
    author: DocumentProperty | None = Field(default=None, description="Several are separated by semicolons.")
    subject: DocumentProperty | None = Field(default=None, description="In the file's properties.")
    date: DocumentProperty | None = Field(default=None, description="As it is to be printed.")
    bibliography: ConvertedPath | None = Field(
        default=None, description="A .bib, .json, .yaml or .ris file of the workspace, for citations such as `[@key]`."
    )
    citation_style: ConvertedPath | None = Field(default=None, description="A .csl file of the workspace.")
    language: Annotated[PlainText, Field(max_length=60)] | None = Field(
        default=None,
        description="A tag such as `de-CH`, named in the target where the source names no language of its own.",
    )


class ConversionCreate(Conversion, Asked):
    """Converts one document: a run that no model works on."""

    name: PlainText = Field(default="", max_length=200, description="For people; made of the paths when left out.")
    from_run_id: str | None = Field(default=None, description="The documents are in this run's workspace.")
    from_turn: int | None = Field(default=None, ge=0, le=MAX_TURN, description="As this turn of it left them.")
    uploads: list[str] = Field(
        default_factory=list, max_length=100, description="Ids of uploads with the documents, in place of a run or too."
    )
    files: list[InlineFile] = Field(
        default_factory=list, description="Small text files, too: at most 100, and 512,000 bytes together."
    )
    metadata: Metadata = Field(default_factory=dict, description="The caller's own notes, to find the run by.")
    callback_url: str | None = Field(
        default=None, max_length=2_048, description="Told of the end by a signed POST; https."
    )
