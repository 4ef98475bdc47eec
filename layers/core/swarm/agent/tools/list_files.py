"""Lists the files of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from swarm.agent.tools.tool import Arguments, Tool
from swarm.text import clip_lines
from swarm.workspace.document_texts import is_document

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace


MAX_LISTED = 1_000
MAX_SIZED = 100
"""Documents whose pages or words are shown: each is a request to storage, until it was read once."""


class ListFiles(Arguments):
    """What `list_files` takes."""

    prefix: str | None = Field(
        default=None, description="Only paths that begin with this, such as docs/. Null for all files."
    )


def list_files(args: ListFiles, workspace: Workspace) -> str:
    """One line a file: path, size in bytes, type; of documents whose text is known also pages or words."""
    prefix = (args.prefix or "").removeprefix("./").lstrip("/")
    paths = [path for path in workspace.paths() if path.startswith(prefix)]
    if not paths:
        return f"no file begins with {prefix}" if prefix else "the workspace is empty"
    entries = [(path, workspace.entry(path)) for path in paths[:MAX_LISTED]]
    documents = [(path, entry) for path, entry in entries if is_document(path)][:MAX_SIZED]
    texts = workspace.texts.of([entry for _, entry in documents])
    sizes = {path: f"  {text.size}" for (path, _), text in zip(documents, texts, strict=True) if text}
    lines = [f"{path}  {entry.size} bytes  {entry.type}{sizes.get(path, '')}" for path, entry in entries]
    if len(paths) > MAX_LISTED:
        lines.append(f"[{len(paths) - MAX_LISTED} of {len(paths)} files not shown; list a narrower prefix]")
    return clip_lines(lines, 1)


TOOL = Tool(
    name="list_files",
    intent="list",
    description="List the files of the workspace with size and type.",
    arguments=ListFiles,
    run=list_files,
    writes=(),
)
