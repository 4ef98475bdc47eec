"""The tools that work on documents. They run in the convert function, where nothing in a file can do harm."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import Field

from swarm.agent.tools.tool import Arguments, Part, Tool
from swarm.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swarm.workspace.working_copy import Workspace

MAX_BATCH = 500
"""So many files one call can have converted."""


class ConvertDocument(Arguments):
    """What `convert_document` takes."""

    source: str = Field(description="The document to convert: a path relative to the workspace, such as docs/a.md.")
    target: str = Field(
        description="The file to make. Its suffix is the format: .md .docx .pdf .html .odt .rtf .epub .tex .rst .ipynb"
        " .pptx .txt; from .xlsx, .csv or .tsv also to each other."
    )
    reference_document: str | None = Field(
        default=None,
        description="A docx, odt or pptx of the workspace whose styles a target of the same format takes. Null for the"
        " standard ones.",
    )
    table_of_contents: bool | None = Field(default=None, description="Whether to begin with a table of contents.")
    title: str | None = Field(default=None, description="Title in place of the source's own. Null to keep that.")
    author: str | None = Field(default=None, description="Author; several separated by semicolons. Null to keep.")
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


class ReadDocument(Arguments):
    """What `read_document` takes."""

    path: str = Field(description="The document: a path relative to the workspace, such as uploads/contract.pdf.")
    start_page: int | None = Field(
        default=None,
        description="Page of a pdf, or part of another document, to begin with, from 1. Null for the beginning.",
    )


class ConvertDocuments(Arguments):
    """What `convert_documents` takes."""

    pattern: str = Field(
        description="Which files: a pattern for whole paths in which * stands for anything, folders included, such as"
        " *.md or uploads/*.docx."
    )
    target_suffix: str = Field(description="The format to make of each, such as .pdf.")
    target_folder: str | None = Field(
        default=None,
        description="Folder for what is made, with the subfolders that the pattern spans. Null to put each file"
        " beside its source.",
    )
    table_of_contents: bool | None = Field(default=None, description="Whether each begins with a table of contents.")


def one_for_each(arguments: ConvertDocuments, workspace: Workspace) -> list[Part]:
    """The conversion of every file that matches, in the order of their paths. Raises `InvalidRequest`."""
    suffix, pattern = f".{arguments.target_suffix.strip().removeprefix('.')}", arguments.pattern.removeprefix("./")
    sources = [path for path in workspace.paths() if fnmatchcase(path, pattern) and not path.endswith(suffix)]
    if len(sources) > MAX_BATCH:
        raise InvalidRequest(
            f"{len(sources)} files match; at most {MAX_BATCH} are converted at once, so narrow the pattern"
        )
    made: set[str] = set()
    parts: list[Part] = []
    for source in sources:
        path = PurePosixPath(source)
        folder = _folder(path, pattern, arguments.target_folder)
        target = str(folder / f"{path.stem}{suffix}")
        if target in made:
            # notes.md and notes.rst must not become one file.
            target = str(folder / f"{path.stem}-{path.suffix.removeprefix('.')}{suffix}")
        made.add(target)
        contents = arguments.table_of_contents
        single = ConvertDocument(source=source, target=target, table_of_contents=contents)
        parts.append(("convert_document", single.model_dump(mode="json")))
    return parts


def _folder(path: PurePosixPath, pattern: str, target_folder: str | None) -> PurePosixPath:
    """Where the file made of this one goes; a folder that was asked for gets the folders that the pattern spans."""
    if target_folder is None:
        return path.parent
    fixed = re.split(r"[*?[]", pattern)[0].rpartition("/")[0]
    return PurePosixPath(target_folder) / path.parent.relative_to(fixed)


_TOOLS: tuple[Tool[Any], ...] = (
    Tool(
        "convert_documents",
        "convert",
        "Convert every file that matches a pattern, several at a time. The result reports each file; one that cannot be"
        " converted does not stop the others.",
        ConvertDocuments,
        runs="convert",
        expand=one_for_each,
    ),
    Tool(
        "convert_document",
        "convert",
        "Convert a document into another format. Images that the source embeds or names by a relative path go along;"
        " nothing is fetched from URLs. The result says what was written and what could not be taken over.",
        ConvertDocument,
        runs="convert",
    ),
    Tool(
        "read_document",
        "read",
        "Read the text of a docx, pdf, pptx, xlsx, odt, epub, rtf or ipynb file, as Markdown, a pdf with page markers."
        " A long document comes in parts; the result says how to go on. Of an image you get kind and size.",
        ReadDocument,
        runs="convert",
    ),
)

DOCUMENT_TOOLS: Mapping[str, Tool[Any]] = MappingProxyType({tool.name: tool for tool in _TOOLS})
"""Every tool that runs in the convert function, by name."""
